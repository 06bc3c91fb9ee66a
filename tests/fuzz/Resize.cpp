//===- Resize.cpp - The same ops on smaller tensors ------------------------===//
//
// A dialect in which every op states its result's type can say nothing of the
// types that would follow from others. So this is told here, once for each op
// that has attributes about shapes; a program that does not verify afterwards is
// no candidate, which makes an op that is unknown here a weaker shrinker, no
// more.
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Shrink.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

#include <algorithm>

using namespace mlir;

namespace agc::fuzz {
namespace {

using Shape = SmallVector<int64_t>;

class Inference {
public:
  explicit Inference(std::function<int64_t(int64_t)> size) : size(std::move(size)) {}

  void run(Block &block) {
    for (Operation &op : block)
      infer(&op);
  }
  RankedTensorType mapped(Type type) const {
    auto tensor = cast<RankedTensorType>(type);
    Shape shape;
    for (int64_t n : tensor.getShape())
      shape.push_back(size(n));
    return tensor.clone(shape);
  }

private:
  std::function<int64_t(int64_t)> size;

  static ArrayRef<int64_t> shapeOf(Value value) { return typeOf(value).getShape(); }
  static void set(Value value, ArrayRef<int64_t> shape) {
    value.setType(typeOf(value).clone(shape));
  }
  void infer(Operation *op);
  void inferBodies(Operation *op);
  template <typename Op> static Shape convolved(Op op, ArrayRef<int64_t> x, ArrayRef<int64_t> w);
  template <typename Op> static Shape pooled(Op op, ArrayRef<int64_t> x);
};

} // namespace

template <typename Op>
Shape Inference::convolved(Op op, ArrayRef<int64_t> x, ArrayRef<int64_t> w) {
  Shape y{x[0], w[0]};
  for (size_t d = 2; d < x.size(); ++d)
    y.push_back((x[d] + op.getLow()[d - 2] + op.getHigh()[d - 2] -
                 op.getDilation()[d - 2] * (w[d] - 1) - 1) / op.getStrides()[d - 2] + 1);
  return y;
}

template <typename Op> Shape Inference::pooled(Op op, ArrayRef<int64_t> x) {
  Shape y{x[0], x[1]};
  for (size_t d = 2; d < x.size(); ++d)
    y.push_back((x[d] + op.getLow()[d - 2] + op.getHigh()[d - 2] - op.getWindow()[d - 2]) /
                    op.getStrides()[d - 2] + 1);
  return y;
}

/// Bodies take what their op takes; the op gives what they give.
void Inference::inferBodies(Operation *op) {
  auto scan = dyn_cast<ir::ScanOp>(op);
  if (scan)
    scan.setTrips(uint64_t(size(int64_t(scan.getTrips()))));
  for (Region &region : op->getRegions()) {
    Block &block = region.front();
    OperandRange operands = op->getOperands().take_back(block.getNumArguments());
    for (auto [i, pair] : llvm::enumerate(llvm::zip_equal(block.getArguments(), operands))) {
      auto [argument, operand] = pair;
      bool isStack = scan && i >= scan.getNumCarries() && i < scan.getNumCarries() + scan.getNumXs();
      argument.setType(isStack ? typeOf(operand).clone(shapeOf(operand).drop_front())
                               : typeOf(operand));
    }
    run(block);
    for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands())) {
      Shape shape(shapeOf(value));
      if (scan && i >= scan.getNumCarries())
        shape.insert(shape.begin(), int64_t(scan.getTrips()));
      set(op->getResult(unsigned(i)), shape);
    }
  }
}

void Inference::infer(Operation *op) {
  if (op->getNumResults() == 0 && op->getNumRegions() == 0)
    return;
  if (op->getNumRegions() > 0)
    return inferBodies(op);
  Value z = op->getResult(0);
  if (auto constant = dyn_cast<ir::ConstantOp>(op)) {
    RankedTensorType type = mapped(z.getType());
    if (constant.getData()) {
      auto old = constant.getElements();
      SmallVector<Attribute> elements;
      for (int64_t i = 0; i < type.getNumElements() && old.getNumElements(); ++i)
        elements.push_back(*(old.getValues<Attribute>().begin() + i % old.getNumElements()));
      if (int64_t(elements.size()) == type.getNumElements())
        constant.setDataAttr(DenseElementsAttr::get(ir::signless(type), elements));
    }
    z.setType(type);
  } else if (op->getNumOperands() == 0 || isa<ir::RandomUniformOp, ir::ReshapeOp>(op)) {
    z.setType(mapped(z.getType()));
  } else if (isa<ir::Scalarizes, ir::BarrierOp, ir::CheckRangeOp, ir::ReverseOp, ir::ScatterOp>(op)) {
    set(z, shapeOf(op->getOperand(0)));
  } else if (auto broadcast = dyn_cast<ir::BroadcastOp>(op)) {
    Shape shape(mapped(z.getType()).getShape());
    for (auto [d, n] : llvm::zip_equal(broadcast.getDimensions(), shapeOf(broadcast.getX())))
      shape[size_t(d)] = n;
    set(z, shape);
  } else if (auto transpose = dyn_cast<ir::TransposeOp>(op)) {
    Shape shape;
    for (int64_t d : transpose.getPermutation())
      shape.push_back(shapeOf(transpose.getX())[size_t(d)]);
    set(z, shape);
  } else if (auto slice = dyn_cast<ir::SliceOp>(op)) {
    Shape starts, limits, shape;
    for (auto [n, start, limit, stride, length] : llvm::zip_equal(shapeOf(slice.getX()), slice.getStarts(), slice.getLimits(), slice.getStrides(), slice.getType().getShape())) {
      starts.push_back(std::clamp<int64_t>(start, 0, std::max<int64_t>(n - 1, 0)));
      int64_t room = n - starts.back(), most = room ? (room - 1) / stride + 1 : 0;
      shape.push_back(std::min(size(length), most));
      limits.push_back(starts.back() + std::max<int64_t>(shape.back() - 1, 0) * stride + (shape.back() > 0));
      if (starts.back() == start && shape.back() == length && limit <= n)
        limits.back() = limit;
    }
    slice.setStarts(starts);
    slice.setLimits(limits);
    set(z, shape);
  } else if (auto pad = dyn_cast<ir::PadOp>(op)) {
    Shape shape;
    for (auto [n, low, high, interior] : llvm::zip_equal(shapeOf(pad.getX()), pad.getLow(), pad.getHigh(), pad.getInterior()))
      shape.push_back(low + high + n + std::max<int64_t>(n - 1, 0) * interior);
    set(z, shape);
  } else if (auto concat = dyn_cast<ir::ConcatOp>(op)) {
    Shape shape(shapeOf(concat.getXs()[0]));
    shape[size_t(concat.getDimension())] = 0;
    for (Value x : concat.getXs())
      shape[size_t(concat.getDimension())] += shapeOf(x)[size_t(concat.getDimension())];
    set(z, shape);
  } else if (auto reduced = op->getAttrOfType<DenseI64ArrayAttr>("dimensions")) {
    Shape shape;
    for (auto [d, n] : llvm::enumerate(shapeOf(op->getOperand(0))))
      if (!llvm::is_contained(reduced.asArrayRef(), int64_t(d)))
        shape.push_back(n);
    set(z, shape);
  } else if (auto argmax = dyn_cast<ir::ArgmaxOp>(op)) {
    Shape shape(shapeOf(argmax.getX()));
    shape.erase(shape.begin() + int64_t(argmax.getDimension()));
    set(z, shape);
  } else if (auto gather = dyn_cast<ir::GatherOp>(op)) {
    Shape shape(shapeOf(gather.getIndex()));
    llvm::append_range(shape, shapeOf(gather.getX()).drop_front(gather.getBatch() + 1));
    set(z, shape);
  } else if (auto einsum = dyn_cast<ir::EinsumOp>(op)) {
    auto [x, y, result] = ir::parseEinsum(einsum.getSpec());
    Shape shape;
    for (char letter : result)
      shape.push_back(x.contains(letter) ? shapeOf(einsum.getX())[x.find(letter)]
                                         : shapeOf(einsum.getY())[y.find(letter)]);
    set(z, shape);
  } else if (auto conv = dyn_cast<ir::ConvOp>(op)) {
    set(z, convolved(conv, shapeOf(conv.getX()), shapeOf(conv.getW())));
  } else if (auto pool = dyn_cast<ir::MaxPoolOp>(op)) {
    for (Value result : op->getResults())
      set(result, pooled(pool, shapeOf(pool.getX())));
  } else if (auto picked = dyn_cast<ir::MaxPoolGatherOp>(op)) {
    set(z, pooled(picked, shapeOf(picked.getX())));
  } else if (auto gradient = dyn_cast<ir::GradientOp>(op)) {
    for (auto [result, input] : llvm::zip_equal(op->getResults(), gradient.getInputs()))
      result.setType(input.getType());
  } else {
    z.setType(mapped(z.getType()));
  }
}

/// Whether all is a program again.
static bool settle(Graph &graph) {
  func::FuncOp function = graph.function();
  Block &block = function.getBody().front();
  function.setFunctionType(FunctionType::get(&context(), block.getArgumentTypes(),
                                             block.getTerminator()->getOperandTypes()));
  ScopedDiagnosticHandler quiet(&context(), [](Diagnostic &) { return success(); });
  return succeeded(verify(*graph.module));
}

bool resize(Graph &graph, int64_t from, int64_t to) {
  Inference inference([=](int64_t n) { return n == from ? to : n; });
  Block &block = graph.function().getBody().front();
  for (BlockArgument argument : block.getArguments())
    argument.setType(inference.mapped(argument.getType()));
  inference.run(block);
  return settle(graph);
}

bool simplifyAttributes(Graph &graph, unsigned number) {
  SmallVector<Operation *> ops;
  graph.module.get().walk([&](Operation *op) { ops.push_back(op); });
  Operation *op = ops[number];
  bool changed = false;
  for (auto [name, plain] : {std::pair("strides", 1), {"dilation", 1}, {"low", 0}, {"high", 0},
                             {"interior", 0}, {"starts", 0}})
    if (auto list = op->getAttrOfType<DenseI64ArrayAttr>(name)) {
      Shape simple(size_t(list.size()), plain);
      changed |= list.asArrayRef() != ArrayRef(simple);
      op->setAttr(name, DenseI64ArrayAttr::get(&context(), simple));
    }
  if (!changed)
    return false;
  Inference([](int64_t n) { return n; }).run(graph.function().getBody().front());
  return settle(graph);
}

} // namespace agc::fuzz
