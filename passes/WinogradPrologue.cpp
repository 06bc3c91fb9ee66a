//===- WinogradPrologue.cpp - Images that are computed where tiles are read ===//
//
// Takes: a function whose convolutions are transforms and products already.
// Gives: the same, where an image that need not be in memory is not: who reads it
// computes it again. A transform does so as it loads; its kernel is one with the op
// that makes what it reads, if that is read by nobody else (isPrologue).
//
// Weights are transformed from the order that they lie in: what would bring them into
// another is computed on the way, too. Images that come in another order are brought into
// theirs block by block, where they are taken so.
//
// So a normalization and its rectifier between two convolutions are in neither's
// way: forward, in the weights' gradient and in the mask of the backward they are
// computed from what the first convolution wrote.
//
//===----------------------------------------------------------------------===//
#include "ir/BodyBuilder.h"
#include "passes/ElementwiseGroup.h"
#include "passes/LowerToLinalg.h"
#include "passes/Winograd.h"

using namespace mlir;

namespace agc::winograd {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// What an additional op for each number costs in bytes that are not moved: a core
/// starts two on 64 bytes in a cycle, and waits a dozen for these from memory.
static constexpr double bytesOfOp = 4.0 / 24;

/// The map of an input in terms of the result's dimensions.
static AffineMap mapOf(linalg::GenericOp maker, OpOperand *input) {
  AffineMap result = maker.getIndexingMapMatchingResult(maker->getResult(0));
  return maker.getMatchingIndexingMap(input).compose(inversePermutation(result));
}

/// How often a transform reads an element of its image.
static double readsOfElement(ToPointsOp op) {
  ArrayRef<int64_t> image = typeOf(op.getX()).getShape(), tiles = op.getTiles();
  int64_t side = matrixOf(op.getOf(), op.getTiling(), true)->columns;
  return double(tiles[0] * tiles[1] * side * side) / double(image[1] * image[2]);
}

/// Whether an element-wise op makes an image of one other and of less, such as
/// numbers for each channel: what reads the one instead reads no more than before.
/// Images lie one after the other in both, and channels side by side.
static bool makesImageOfImage(linalg::GenericOp maker) {
  if (!isElementwise(maker) || maker->getNumResults() != 1 || maker.hasIndexSemantics() ||
      !maker.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>())
    return false;
  auto type = typeOf(maker->getResult(0));
  int numImages = 0;
  for (OpOperand *input : maker.getDpsInputOperands()) {
    AffineMap map = mapOf(maker, input);
    if (!map.isProjectedPermutation() || maker.getMatchingBlockArgument(input).use_empty())
      return false;
    for (auto [i, index] : llvm::enumerate(map.getResults())) {
      unsigned d = cast<AffineDimExpr>(index).getPosition();
      if ((d == 0 && i > 0) || (d + 1 == type.getRank() && i + 1 < map.getNumResults()))
        return false;
    }
    numImages += map.getNumResults() == type.getRank();
  }
  bool looksUp = llvm::any_of(*maker.getBody(), [](Operation &op) {
    return isa<tensor::ExtractOp>(op);
  });
  return numImages == 1 && !looksUp;
}

/// Where an op has its results from, four indices each, if it does no more than bring its one
/// operand into another order.
static std::optional<AffineMap> orderOf(linalg::GenericOp maker) {
  if (maker.getNumDpsInputs() != 1 || maker->getNumResults() != 1 ||
      !llvm::hasSingleElement(*maker.getBody()) || !isElementwise(maker) ||
      !maker.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>())
    return std::nullopt;
  OpOperand *operand = maker.getDpsInputOperand(0);
  AffineMap map = mapOf(maker, operand);
  bool isOrder = map.getNumResults() == 4 && map.isPermutation() &&
                 maker.getMatchingBlockArgument(operand).hasOneUse();
  return isOrder ? std::optional(map) : std::nullopt;
}

/// Whether that is windows of weights, whose elements lie side by side, for their transform.
static bool bringsWindows(linalg::GenericOp maker) {
  std::optional<AffineMap> order = orderOf(maker);
  return order && order->getResult(2).isFunctionOfDim(1) && order->getResult(3).isFunctionOfDim(2);
}

/// Whether that is images, each for itself.
static bool bringsImages(linalg::GenericOp maker) {
  std::optional<AffineMap> order = orderOf(maker);
  return order && order->getResult(0).isFunctionOfDim(0);
}

bool isPrologue(OpOperand &image) {
  auto transform = dyn_cast<ToPointsOp>(image.getOwner());
  auto maker = image.get().getDefiningOp<linalg::GenericOp>();
  if (!transform || !maker || !image.get().hasOneUse())
    return false;
  if (transform.getOf() == "window" || transform.getOf() == "mirrored")
    return bringsWindows(maker);
  // It is neither written nor read, for which one access less would pay. This is for one
  // reader, the decision for several is shouldCompute's.
  return makesImageOfImage(maker) &&
         double(workOf(maker)) * bytesOfOp * (readsOfElement(transform) - 1) < 4;
}

namespace {

/// The readers of one image.
class Readers {
public:
  explicit Readers(linalg::GenericOp maker) : maker(maker), image(maker->getResult(0)), b(maker) {}

  /// Whether all can compute the image themselves, and that costs less. One transform has
  /// it for itself already.
  bool shouldCompute();
  void compute();

private:
  linalg::GenericOp maker;
  Value image;
  IRRewriter b;
  unsigned numTransforms = 0;
  double saved = 0; // bytes for each element: not moved, less what is computed more often

  BlockArgument rowsOf(Operation *user);
  bool count(OpOperand &use);
  Value makeAgain(ValueRange inputs, RankedTensorType type);
  void computeInTransforms(Value read, ValueRange inputs);
  void computeInBody(BlockArgument row);
};

} // namespace

/// What a loop over blocks of images has of this one, if that is what the user is for and
/// transforms read it.
BlockArgument Readers::rowsOf(Operation *user) {
  auto stack = dyn_cast<tensor::ExpandShapeOp>(user);
  auto scan = stack && stack->hasOneUse() ? dyn_cast<ir::ScanOp>(*stack->user_begin()) : nullptr;
  // Loops of agc-winograd go from the first block to the last.
  if (!scan || scan.getReverse() || scan.getStops() || scan.getLimited() ||
      !llvm::is_contained(scan.getXs(), stack.getResult()))
    return {};
  unsigned position = llvm::find(scan.getInputs(), stack.getResult()) - scan.getInputs().begin();
  BlockArgument row = scan.getBody().getArgument(position);
  bool isBlock = typeOf(row).getRank() == 4 && typeOf(row).getShape().drop_front() ==
                                                   typeOf(image).getShape().drop_front();
  return isBlock && llvm::all_of(row.getUsers(), [](Operation *op) { return isa<ToPointsOp>(op); })
             ? row
             : BlockArgument();
}

bool Readers::count(OpOperand &use) {
  double work = double(workOf(maker)) * bytesOfOp;
  auto countTransform = [&](Operation *op) {
    ++numTransforms;
    saved -= work * readsOfElement(cast<ToPointsOp>(op));
  };
  if (isa<ToPointsOp>(use.getOwner())) {
    countTransform(use.getOwner());
    return true;
  }
  if (BlockArgument row = rowsOf(use.getOwner())) {
    llvm::for_each(row.getUsers(), countTransform);
    return true;
  }
  auto reader = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!reader || !canComputeIn(use))
    return false;
  saved -= work;
  // The other image it may read already.
  for (Value input : maker.getDpsInputs())
    if (typeOf(input).getNumElements() == typeOf(image).getNumElements() &&
        llvm::is_contained(reader.getDpsInputs(), input))
      saved += 4;
  return true;
}

bool Readers::shouldCompute() {
  // A block of images in another order stays in the caches.
  if (bringsImages(maker))
    return image.hasOneUse() && rowsOf(*image.user_begin());
  bool isForOneTransform = image.hasOneUse() && isa<ToPointsOp>(*image.user_begin());
  if (isForOneTransform || !makesImageOfImage(maker))
    return false;
  // What it is made of is not read for it, nor its place, and it is not written there.
  saved = 3 * 4 + double(workOf(maker)) * bytesOfOp;
  return llvm::all_of(image.getUses(), [&](OpOperand &use) { return count(use); }) &&
         numTransforms > 0 && saved > 0;
}

/// The maker of these inputs instead; constants that its body takes from outside are in it.
Value Readers::makeAgain(ValueRange inputs, RankedTensorType type) {
  Value empty = emptyTensor(b, maker.getLoc(), type);
  auto again = linalg::GenericOp::create(
      b, maker.getLoc(), type, inputs, empty, maker.getIndexingMapsArray(),
      maker.getIteratorTypesArray(), [&](OpBuilder &inner, Location loc, ValueRange values) {
        IRMapping mapping;
        mapping.map(maker.getBody()->getArguments(), values);
        for (Operation &op : *maker.getBody()) {
          for (Value operand : op.getOperands())
            if (!mapping.contains(operand))
              inner.clone(*operand.getDefiningOp(), mapping);
          inner.clone(op, mapping);
        }
      });
  return again->getResult(0);
}

/// Each transform of what is the image, or a block of it, has a maker of its own before it.
void Readers::computeInTransforms(Value read, ValueRange inputs) {
  OpBuilder::InsertionGuard guard(b);
  for (OpOperand &use : llvm::make_early_inc_range(read.getUses()))
    if (isa<ToPointsOp>(use.getOwner())) {
      b.setInsertionPoint(use.getOwner());
      use.set(makeAgain(inputs, typeOf(read)));
    }
}

/// The loop takes blocks of what the image is made of, and as it is what is for all images.
void Readers::computeInBody(BlockArgument row) {
  Block *block = row.getOwner();
  auto scan = cast<ir::ScanOp>(block->getParentOp());
  int64_t trips = scan.getTrips();
  b.setInsertionPoint(scan);
  SmallVector<Value> xs, constants, parts;
  unsigned position = row.getArgNumber(), next = position + 1;
  for (OpOperand *input : maker.getDpsInputOperands()) {
    RankedTensorType type = typeOf(input->get());
    if (!mapOf(maker, input).isFunctionOfDim(0)) {
      constants.push_back(input->get());
      parts.push_back(block->addArgument(type, scan.getLoc()));
      continue;
    }
    SmallVector<int64_t> shape(type.getShape());
    SmallVector<ReassociationIndices> groups{{0, 1}};
    for (int64_t d = 1; d < type.getRank(); ++d)
      groups.push_back({d + 1});
    shape[0] /= trips;
    parts.push_back(block->insertArgument(next++, type.clone(shape), scan.getLoc()));
    shape.insert(shape.begin(), trips);
    xs.push_back(tensor::ExpandShapeOp::create(b, scan.getLoc(), type.clone(shape), input->get(),
                                               groups));
  }
  computeInTransforms(row, parts);
  block->eraseArgument(position);
  SmallVector<Value> inputs(scan.getInputs());
  Operation *stack = inputs[position].getDefiningOp();
  inputs.erase(inputs.begin() + position);
  inputs.insert(inputs.begin() + position, xs.begin(), xs.end());
  llvm::append_range(inputs, constants);
  auto made = ir::ScanOp::create(b, scan.getLoc(), scan.getResultTypes(), inputs, trips,
                                 scan.getNumCarries(), scan.getNumXs() - 1 + xs.size());
  made.getBody().takeBody(scan.getBody());
  scan->replaceAllUsesWith(made);
  scan.erase();
  stack->erase();
}

void Readers::compute() {
  computeInTransforms(image, maker.getDpsInputs());
  while (!image.use_empty()) {
    OpOperand &use = *image.use_begin();
    if (isa<linalg::GenericOp>(use.getOwner()))
      agc::computeIn(b, use);
    else
      computeInBody(rowsOf(use.getOwner()));
  }
  maker.erase();
}

static bool computeWhereRead(linalg::GenericOp maker) {
  Readers readers(maker);
  if (!readers.shouldCompute())
    return false;
  readers.compute();
  return true;
}

void computeImagesWhereRead(Block &block) {
  // Readers are other ops then, and may come next.
  for (Operation *op = &block.front(), *before = nullptr; op;
       op = before ? before->getNextNode() : &block.front()) {
    if (auto maker = dyn_cast<linalg::GenericOp>(op); maker && computeWhereRead(maker))
      continue;
    before = op;
  }
}

} // namespace agc::winograd
