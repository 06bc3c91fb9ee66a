//===- ScanConstants.cpp - A loop's weights as its products read them ------===//
//
//   z = einsum(x, w, "ni,oi->no")   w's rows lie along the sum, z's along o: each
//                                   trip would bring w into another order
//   z = einsum(x, v, "ni,io->no")   v = transpose(w), once before the loop
//
//===----------------------------------------------------------------------===//
#include "ir/BodyBuilder.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace agc::ir {
namespace {

/// With fewer rows the product reads its other operand as it lies.
constexpr int64_t manyRows = 16;

/// A product of the body that reads a constant of the loop across.
struct ReadAcross {
  EinsumOp product;
  OpOperand *weight = nullptr;
  std::string order; // the weight's letters, as they should lie
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
  std::string order = letters.str();
  order.erase(order.find(along), 1);
  return ReadAcross{product, &weight, order + along};
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
    auto [x, y, z] = parseEinsum(read.product.getSpec());
    bool isX = read.weight->getOperandNumber() == 0;
    StringRef letters = isX ? x : y;
    SmallVector<int64_t> permutation, shape;
    auto argument = cast<BlockArgument>(read.weight->get());
    auto type = cast<RankedTensorType>(argument.getType());
    for (char letter : read.order) {
      permutation.push_back(letters.find(letter));
      shape.push_back(type.getDimSize(permutation.back()));
    }
    rewriter.setInsertionPoint(scan);
    inputs.push_back(TransposeOp::create(rewriter, read.product.getLoc(),
                                         type.clone(shape),
                                         scan.getBodyInputs()[argument.getArgNumber()],
                                         permutation));
    std::string spec = (isX ? read.order + "," + y.str() : x.str() + "," + read.order) +
                       "->" + z.str();
    Value added = scan.getBody().front().addArgument(inputs.back().getType(), scan.getLoc());
    rewriter.modifyOpInPlace(read.product, [&] {
      read.weight->set(added);
      read.product.setSpec(spec);
    });
  }
  rewriter.modifyOpInPlace(scan, [&] { scan->setOperands(inputs); });
  return true;
}

} // namespace agc::ir
