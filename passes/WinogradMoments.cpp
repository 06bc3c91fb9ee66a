//===- WinogradMoments.cpp - Sums of images beside their transforms ---------===//
//
// Takes: a function whose convolutions are transforms and products already.
// Gives: the same, where an image's sum for each channel, and that of the squares of its
// deviations from a number for each channel, come from moments that the transform gives
// of each row of tiles. A batch norm's mean and variance do not read what a convolution
// has just written.
//
// If q is what the squares of n numbers' deviations from their mean add up to, and s
// their sum, then those from any m add up to q + n (s / n - m)^2: nothing cancels.
//
// Always: a few operations for each number cost less than to read it (WinogradPrologue.cpp),
// and of moments there are fewer than of an image's elements by the size of a row of tiles.
//
//===----------------------------------------------------------------------===//
#include "ir/BodyBuilder.h"
#include "passes/ElementwiseGroup.h"
#include "passes/LowerToLinalg.h"
#include "passes/Winograd.h"

using namespace mlir;

namespace agc::winograd {
namespace {

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// A sum over an image for each channel.
struct ImageSum {
  linalg::GenericOp op;
  OpOperand *origin = nullptr; // of squared deviations from it; none: of elements
};

/// The other operand of a commutative op.
template <typename Op>
Value otherOperand(Value result, Value operand) {
  auto op = result.getDefiningOp<Op>();
  if (!op || (op.getLhs() != operand && op.getRhs() != operand))
    return {};
  return op.getLhs() == operand ? op.getRhs() : op.getLhs();
}

std::optional<ImageSum> sumOver(OpOperand &image) {
  auto op = dyn_cast<linalg::GenericOp>(image.getOwner());
  if (!op || op->getNumResults() != 1 || !isFilledWithZero(op.getDpsInits()[0]))
    return std::nullopt;
  AffineMap map = op.getMatchingIndexingMap(&image),
            channels = AffineMap::get(op.getNumLoops(), 0, map.getResults().back());
  if (!map.isPermutation() || op.getIndexingMapMatchingResult(op->getResult(0)) != channels)
    return std::nullopt;
  Block *body = op.getBody();
  Value element = op.getMatchingBlockArgument(&image),
        term = otherOperand<arith::AddFOp>(body->getTerminator()->getOperand(0),
                                           body->getArguments().back());
  if (term && term == element)
    return ImageSum{op};
  auto square = term ? term.getDefiningOp<arith::MulFOp>() : nullptr;
  auto deviation = square ? square.getLhs().getDefiningOp<arith::SubFOp>() : nullptr;
  if (!deviation || square.getRhs() != deviation || deviation.getLhs() != element)
    return std::nullopt;
  auto origin = dyn_cast<BlockArgument>(deviation.getRhs());
  if (!origin || origin.getOwner() != body ||
      op.getIndexingMapsArray()[origin.getArgNumber()] != channels)
    return std::nullopt;
  return ImageSum{op, &op->getOpOperand(origin.getArgNumber())};
}

/// An image as it comes from a transform, all blocks of it.
class MadeImage {
public:
  explicit MadeImage(FromPointsOp transform)
      : transform(transform), scan(dyn_cast<ir::ScanOp>(transform->getParentOp())), b(transform),
        type(transform.getImageType()), moment(transform.getMomentType()),
        tileHeight(transform.getTileHeight()) {}

  void computeMoments();

private:
  FromPointsOp transform;
  ir::ScanOp scan; // over blocks, if there are several
  IRRewriter b;
  RankedTensorType type, moment; // of a block's
  int64_t tileHeight;

  Value whole();
  SmallVector<Value> makeMoments();
  using Term = llvm::function_ref<Value(OpBuilder &, Location, ValueRange)>;
  Value sum(ImageSum old, ArrayRef<Value> moments, Term term);
  Value sumAgain(ImageSum old, ArrayRef<Value> moments);
  void replace(ImageSum old, Value sum);
};

} // namespace

Value MadeImage::whole() {
  Value image = transform.getResult();
  if (!scan)
    return image;
  if (!image.hasOneUse() || !isa<ir::YieldOp>(*image.user_begin()))
    return {};
  Value stack = scan.getResult(image.use_begin()->getOperandNumber());
  return stack.hasOneUse() && isa<tensor::CollapseShapeOp>(*stack.user_begin())
             ? stack.user_begin()->getResult(0)
             : Value();
}

/// Of all images.
SmallVector<Value> MadeImage::makeMoments() {
  b.setInsertionPoint(transform);
  auto made = FromPointsOp::create(b, transform.getLoc(), type, SmallVector<Type>(2, moment),
                                   transform.getX(), transform.getOf(), transform.getTile(),
                                   transform.getStride(), transform.getWhole());
  b.replaceAllUsesWith(transform.getResult(), made.getResult());
  b.eraseOp(transform);
  SmallVector<Value> moments(made.getMoments());
  if (!scan)
    return moments;
  unsigned numYs = scan.getNumYs();
  int64_t trips = scan.getTrips();
  ir::ScanOp all = ir::yieldAlso(b, scan, moments);
  b.eraseOp(scan);
  b.setInsertionPointAfter(all);
  moments.clear();
  SmallVector<int64_t> shape(moment.getShape());
  shape[0] *= trips;
  for (Value stack : all.getYs().drop_front(numYs))
    moments.push_back(tensor::CollapseShapeOp::create(
        b, all.getLoc(), moment.clone(shape), stack,
        ArrayRef<ReassociationIndices>{{0, 1}, {2}, {3}}));
  return moments;
}

/// What the term is of moments, and of what deviations are from, added up: in f64, as there
/// are few.
Value MadeImage::sum(ImageSum old, ArrayRef<Value> moments, Term term) {
  RankedTensorType wide = typeOf(old.op->getResult(0)).clone(b.getF64Type());
  Location loc = old.op.getLoc();
  SmallVector<Value> inputs(moments);
  AffineMap all = b.getMultiDimIdentityMap(3), channels = all.getSubMap({2});
  SmallVector<AffineMap> maps(moments.size(), all);
  if (old.origin) {
    inputs.push_back(old.origin->get());
    maps.push_back(channels);
  }
  maps.push_back(channels);
  SmallVector<utils::IteratorType> loops = iterators(0, 3);
  loops.back() = utils::IteratorType::parallel;
  return linalg::GenericOp::create(
             b, loc, wide, inputs, filledTensor(b, loc, wide, 0), maps, loops,
             [&](OpBuilder &b, Location loc, ValueRange values) {
               SmallVector<Value> numbers;
               for (Value value : values.drop_back())
                 numbers.push_back(arith::ExtFOp::create(b, loc, b.getF64Type(), value));
               Value result = arith::AddFOp::create(b, loc, values.back(), term(b, loc, numbers));
               linalg::YieldOp::create(b, loc, result);
             })
      .getResult(0);
}

Value MadeImage::sumAgain(ImageSum old, ArrayRef<Value> moments) {
  if (!old.origin)
    return sum(old, moments.front(),
               [](OpBuilder &, Location, ValueRange values) { return values.front(); });
  return sum(old, moments, [&](OpBuilder &b, Location loc, ValueRange values) -> Value {
    auto number = [&](int64_t i) -> Value {
      return arith::ConstantOp::create(b, loc, b.getF64FloatAttr(double(i)));
    };
    int64_t height = type.getDimSize(1), width = type.getDimSize(2);
    Value count = number(tileHeight * width);
    if (int64_t rest = height % tileHeight) { // The last row of tiles is cut.
      Value row = linalg::IndexOp::create(b, loc, 1),
            last = arith::ConstantIndexOp::create(b, loc, height / tileHeight);
      Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, row, last);
      count = arith::SelectOp::create(b, loc, isLast, number(rest * width), count);
    }
    Value mean = arith::DivFOp::create(b, loc, values[0], count),
          shift = arith::SubFOp::create(b, loc, mean, values[2]);
    Value square = arith::MulFOp::create(b, loc, shift, shift);
    return arith::AddFOp::create(b, loc, values[1], arith::MulFOp::create(b, loc, count, square));
  });
}

/// By the sum in f32, which who reads it element by element takes from f64 itself.
void MadeImage::replace(ImageSum old, Value sum) {
  Value result = old.op->getResult(0);
  AffineMap map = b.getMultiDimIdentityMap(1);
  auto narrow = linalg::GenericOp::create(
      b, old.op.getLoc(), result.getType(), sum, emptyTensor(b, old.op.getLoc(), typeOf(result)),
      ArrayRef<AffineMap>{map, map}, iterators(1, 0),
      [](OpBuilder &b, Location loc, ValueRange values) {
        Value number = arith::TruncFOp::create(b, loc, b.getF32Type(), values.front());
        linalg::YieldOp::create(b, loc, number);
      });
  b.replaceAllUsesWith(result, narrow.getResult(0));
  b.eraseOp(old.op);
  OpOperand &use = *narrow->use_begin();
  auto reader = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!narrow->hasOneUse() || !reader || !isElementwise(reader) || !canComputeIn(use))
    return;
  computeIn(b, use);
  b.eraseOp(narrow);
}

void MadeImage::computeMoments() {
  Value image = whole();
  if (!image)
    return;
  SmallVector<ImageSum> sums;
  for (OpOperand &use : image.getUses())
    if (std::optional<ImageSum> found = sumOver(use))
      sums.push_back(*found);
  if (llvm::none_of(sums, [](const ImageSum &sum) { return sum.origin; }))
    return;
  SmallVector<Value> moments = makeMoments();
  for (ImageSum old : sums) {
    b.setInsertionPoint(old.op);
    replace(old, sumAgain(old, moments));
  }
}

void computeMomentsWhereMade(Block &block) {
  SmallVector<FromPointsOp> transforms;
  block.walk([&](FromPointsOp op) { transforms.push_back(op); });
  for (FromPointsOp op : transforms)
    MadeImage(op).computeMoments();
}

} // namespace agc::winograd
