//===- HoistFromScan.cpp - What a loop need not do in each trip ------------===//
//
// A weight's gradient is a sum over trips of small products. Where the operands of
// each trip stand in stacks, it is one product of these, whose sum goes over the
// trips, too:
//
//   sum = sum + einsum(a, b)   in each trip, a and b rows of A and B
//   sum = init + einsum(A, B)  behind the loop
//
// A weight lies once as the products of all trips read it:
//
//   z = einsum(x, w, "ni,oi->no")   w's rows lie along the sum, z's along o: each
//                                   trip would bring w into another order
//   z = einsum(x, v, "ni,io->no")   v = transpose(w), before the loop
//
// A wide one lies in panels, each with all of the sum, so that what a product reads at a
// time is one piece:
//
//   z = reshape(einsum(x, v, "ni,Aio->nAo"))
//
//===----------------------------------------------------------------------===//
#include "ir/BodyBuilder.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace agc::ir {

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// What is added to a carry in each trip, if nothing else is done with it.
static Operation *addend(ScanOp scan, unsigned carry) {
  BlockArgument sum = scan.getBody().getArgument(carry);
  if (!sum.hasOneUse())
    return nullptr;
  auto add = dyn_cast<AddOp>(*sum.user_begin());
  if (!add || !add.getResult().hasOneUse() || scan.getYielded()[carry] != add.getResult())
    return nullptr;
  Value other = add.getX() == sum ? add.getY() : add.getX();
  Operation *op = other.getDefiningOp();
  return op && other.hasOneUse() && isa<EinsumOp, ReduceSumOp>(op) ? op : nullptr;
}

/// The stack whose rows a value of the body is; null if there is none.
static Value stackOfRows(ScanOp scan, Value value) {
  unsigned carries = scan.getNumCarries();
  for (auto [argument, stack] : llvm::zip_equal(
           scan.getBody().getArguments().slice(carries, scan.getNumXs()), scan.getXs()))
    if (argument == value)
      return stack;
  for (auto [yielded, stack] :
       llvm::zip_equal(scan.getYielded().drop_front(carries), scan.getYs()))
    if (yielded == value)
      return stack;
  return nullptr;
}

/// Whether the body's value can be stacked at no more cost than the sum has, which
/// is read and written in each trip.
static bool isWorthStacking(ScanOp scan, Value value, Value sum) {
  auto numel = [](Value v) { return cast<RankedTensorType>(v.getType()).getNumElements(); };
  auto argument = dyn_cast<BlockArgument>(value);
  bool isConstant = argument && argument.getArgNumber() >= scan.getNumCarries();
  return !isConstant && numel(value) <= numel(sum);
}

/// A letter that names none of the dimensions.
static char unusedLetter(EinsumOp einsum) {
  char letter = 'a';
  while (einsum.getSpec().contains(letter))
    letter = letter == 'z' ? 'A' : letter + 1;
  return letter;
}

/// The op on stacks, its sum over the trips, too.
static Value overAllTrips(PatternRewriter &rewriter, Operation *op,
                          ArrayRef<Value> stacks) {
  if (auto sum = dyn_cast<ReduceSumOp>(op)) {
    SmallVector<int64_t> dimensions{0};
    for (int64_t d : sum.getDimensions())
      dimensions.push_back(d + 1);
    return ReduceSumOp::create(rewriter, op->getLoc(), sum.getType(), stacks[0],
                               dimensions);
  }
  auto einsum = cast<EinsumOp>(op);
  auto [x, y, z] = parseEinsum(einsum.getSpec());
  char trip = unusedLetter(einsum);
  std::string spec = (Twine(trip) + x + "," + Twine(trip) + y + "->" + z).str();
  return EinsumOp::create(rewriter, op->getLoc(), einsum.getType(), stacks[0], stacks[1],
                          spec);
}

bool hoistSums(ScanOp scan, PatternRewriter &rewriter) {
  // Of rows for which there was no trip, nobody knows what is in them.
  if (scan.getStops() || scan.getLimited())
    return false;
  SmallVector<unsigned> sums;
  llvm::SmallSetVector<Value, 4> missing;
  for (unsigned i = 0; i < scan.getNumCarries(); ++i) {
    Operation *op = addend(scan, i);
    if (!op || scan.getFinals()[i].use_empty())
      continue;
    auto isThere = [&](Value v) { return bool(stackOfRows(scan, v)); };
    if (!llvm::all_of(op->getOperands(), [&](Value v) {
          return isThere(v) || isWorthStacking(scan, v, op->getResult(0));
        }))
      continue;
    sums.push_back(i);
    for (Value operand : op->getOperands())
      if (!isThere(operand))
        missing.insert(operand);
  }
  if (sums.empty())
    return false;
  if (!missing.empty()) {
    ScanOp old = scan;
    scan = yieldAlso(rewriter, old, missing.getArrayRef());
    rewriter.eraseOp(old);
  }
  rewriter.setInsertionPointAfter(scan);
  for (unsigned i : sums) {
    Operation *op = addend(scan, i);
    SmallVector<Value> stacks;
    for (Value operand : op->getOperands())
      stacks.push_back(stackOfRows(scan, operand));
    Value all = overAllTrips(rewriter, op, stacks), init = scan.getInits()[i];
    if (!matchPattern(init, m_AnyZeroFloat()))
      all = AddOp::create(rewriter, op->getLoc(), init, all);
    rewriter.replaceAllUsesWith(scan.getFinals()[i], all);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

namespace {

/// With fewer rows the product reads its other operand as it lies.
constexpr int64_t manyRows = 16;
/// A panel's columns are few vectors on any machine; fewer columns are no reason for panels.
constexpr int64_t widthOfPanel = 64, minColumns = 128;

/// A product of the body that reads a constant of the loop across.
struct ReadAcross {
  EinsumOp product;
  OpOperand *weight = nullptr;
  SmallVector<int64_t> shape;       // of the weight, its columns cut into panels
  SmallVector<int64_t> permutation; // of that, as it should lie
  std::string spec;                 // of the product, then
  bool isInPanels = false;
};

} // namespace

static std::optional<ReadAcross> findReadAcross(ScanOp scan, EinsumOp product) {
  auto [x, y, z] = parseEinsum(product.getSpec());
  if (z.empty())
    return std::nullopt;
  char along = z.back();
  bool isX = x.contains(along);
  if (isX == y.contains(along)) // of both: a batch
    return std::nullopt;
  StringRef letters = isX ? x : y, others = isX ? y : x;
  OpOperand &weight = product->getOpOperand(isX ? 0 : 1);
  auto argument = dyn_cast<BlockArgument>(weight.get());
  if (!argument || argument.getOwner() != &scan.getBody().front() ||
      argument.getArgNumber() < scan.getNumCarries() + scan.getNumXs() ||
      z.contains(letters.back()))
    return std::nullopt;
  int64_t rows = 1;
  auto type = cast<RankedTensorType>(product->getOperand(isX ? 1 : 0).getType());
  for (auto [letter, size] : llvm::zip_equal(others, type.getShape()))
    rows *= z.contains(letter) ? size : 1;
  if (rows < manyRows)
    return std::nullopt;
  ReadAcross read{product, &weight, {}, {}, {}};
  llvm::append_range(read.shape, cast<RankedTensorType>(argument.getType()).getShape());
  std::string from = letters.str(), result = z.str();
  size_t column = from.find(along);
  int64_t columns = read.shape[column];
  read.isInPanels = columns >= minColumns && columns % widthOfPanel == 0;
  std::string order = from;
  order.erase(column, 1);
  if (read.isInPanels) {
    char panel = unusedLetter(product);
    read.shape[column] = widthOfPanel;
    read.shape.insert(read.shape.begin() + column, columns / widthOfPanel);
    from.insert(column, 1, panel);
    result.insert(result.size() - 1, 1, panel);
    order.insert(0, 1, panel);
  }
  order += along;
  for (char letter : order)
    read.permutation.push_back(from.find(letter));
  read.spec = (isX ? order + "," + y.str() : x.str() + "," + order) + "->" + result;
  return read;
}

/// The product's result has a dimension of panels then, of which who reads it knows nothing.
static void cutIntoPanels(PatternRewriter &rewriter, EinsumOp product) {
  auto type = product.getType();
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = widthOfPanel;
  shape.insert(shape.end() - 1, type.getShape().back() / widthOfPanel);
  product.getResult().setType(type.clone(shape));
  rewriter.setInsertionPointAfter(product);
  auto whole = ReshapeOp::create(rewriter, product.getLoc(), type, product);
  rewriter.replaceAllUsesExcept(product, whole, whole);
}

bool hoistTransposes(ScanOp scan, PatternRewriter &rewriter) {
  if (scan.getTrips() < 2)
    return false;
  SmallVector<ReadAcross> found;
  for (auto product : scan.getBody().front().getOps<EinsumOp>())
    if (auto one = findReadAcross(scan, product))
      found.push_back(*one);
  if (found.empty())
    return false;
  SmallVector<Value> inputs(scan.getInputs());
  for (ReadAcross &read : found) {
    auto argument = cast<BlockArgument>(read.weight->get());
    Location loc = read.product.getLoc();
    SmallVector<int64_t> shape;
    for (int64_t d : read.permutation)
      shape.push_back(read.shape[d]);
    rewriter.setInsertionPoint(scan);
    Value weight = scan.getBodyInputs()[argument.getArgNumber()];
    auto type = cast<RankedTensorType>(weight.getType());
    if (read.isInPanels)
      weight = ReshapeOp::create(rewriter, loc, type.clone(read.shape), weight);
    type = type.clone(shape);
    inputs.push_back(TransposeOp::create(rewriter, loc, type, weight, read.permutation));
    Value added = scan.getBody().front().addArgument(type, scan.getLoc());
    rewriter.modifyOpInPlace(read.product, [&] {
      read.weight->set(added);
      read.product.setSpec(read.spec);
      if (read.isInPanels)
        cutIntoPanels(rewriter, read.product);
    });
  }
  rewriter.modifyOpInPlace(scan, [&] { scan->setOperands(inputs); });
  return true;
}

} // namespace agc::ir
