//===- WinogradOps.cpp - The transforms of tiles ---------------------------===//
#include "passes/Winograd.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;

#include "passes/WinogradDialect.cpp.inc"

#define GET_OP_CLASSES
#include "passes/WinogradOps.cpp.inc"

namespace agc::winograd {

void WinogradDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "passes/WinogradOps.cpp.inc"
      >();
}

/// Whether shapes and matrix go together.
static LogicalResult verifyTransform(Operation *op, RankedTensorType image,
                                     ArrayRef<int64_t> points, StringRef name,
                                     const Tiling &tiling, bool toPoints) {
  std::optional<Matrix> matrix = matrixOf(name, tiling, toPoints);
  if (!matrix)
    return op->emitOpError("names no matrix");
  if (image.getRank() != 4 || points.size() != 5)
    return op->emitOpError("is of an image of 4 dimensions, and 5 with points, or 6 in panels");
  int64_t size = toPoints ? matrix->rows : matrix->columns;
  if (points[0] != size * size || points[1] != image.getDimSize(0) ||
      points[4] != image.getDimSize(3))
    return op->emitOpError("has other points, images or channels than it says");
  return success();
}

LogicalResult ToPointsOp::verify() {
  if (getLow().size() != 2)
    return emitOpError("has a low padding for each of two dimensions");
  SmallVector<int64_t> points(getType().getShape());
  if (points.size() == 6) {
    points.back() *= points[1];
    points.erase(points.begin() + 1);
  }
  return verifyTransform(*this, cast<RankedTensorType>(getX().getType()), points, getOf(),
                         getTiling(), /*toPoints=*/true);
}

RankedTensorType FromPointsOp::getMomentType() {
  auto points = cast<RankedTensorType>(getX().getType());
  ArrayRef<int64_t> shape = points.getShape();
  return points.clone({shape[1], shape[2], shape[4]});
}

int64_t FromPointsOp::getTileHeight() {
  return matrixOf(getOf(), getTiling(), /*toPoints=*/false)->rows;
}

LogicalResult FromPointsOp::verify() {
  RankedTensorType image = getImageType();
  auto points = cast<RankedTensorType>(getX().getType());
  if (failed(verifyTransform(*this, image, points.getShape(), getOf(), getTiling(),
                             /*toPoints=*/false)))
    return failure();
  int64_t step = getTileHeight();
  for (int d : {1, 2})
    if (llvm::divideCeil(image.getDimSize(d), step) != uint64_t(points.getDimSize(d + 1)))
      return emitOpError("has more or fewer tiles than the image");
  if (!getMoments().empty() && getMoments().size() != 2)
    return emitOpError("has two moments or none");
  for (Type type : getMoments().getTypes())
    if (type != getMomentType())
      return emitOpError("has moments of each image, row of tiles and channel");
  return success();
}

} // namespace agc::winograd
