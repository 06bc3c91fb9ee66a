//===- WinogradOps.cpp - The transforms and their matrices -----------------===//
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

namespace {

/// Polynomials are known by their values at these points, and by their leading
/// coefficient. Chosen by the error of the whole (docs/winograd.md); pairs of
/// opposite points halve the additions.
ArrayRef<double> pointsFor(int64_t tile) {
  static const double two[] = {0, 1, -1};
  static const double four[] = {0, 0.625, -0.625, 1.5, -1.5};
  return tile == 2 ? ArrayRef<double>(two) : ArrayRef<double>(four);
}

/// Row i: the powers of point i; the last: the leading coefficient alone.
Matrix powers(ArrayRef<double> points, int64_t columns) {
  Matrix result{int64_t(points.size()) + 1, columns, {}};
  for (double point : points) {
    double power = 1;
    for (int64_t j = 0; j < columns; ++j, power *= point)
      result.elements.push_back(power);
  }
  result.elements.append(columns - 1, 0);
  result.elements.push_back(1);
  return result;
}

Matrix transposed(const Matrix &matrix) {
  Matrix result{matrix.columns, matrix.rows, {}};
  for (int64_t j = 0; j < matrix.columns; ++j)
    for (int64_t i = 0; i < matrix.rows; ++i)
      result.elements.push_back(matrix.at(i, j));
  return result;
}

/// The product of (x - p) over the points, but for number `without`: its
/// coefficients, the constant one first.
SmallVector<double> annihilator(ArrayRef<double> points, int64_t without) {
  SmallVector<double> result{1};
  for (auto [i, point] : llvm::enumerate(points)) {
    if (int64_t(i) == without)
      continue;
    result.push_back(0);
    for (size_t j = result.size(); j-- > 0;)
      result[j] = (j ? result[j - 1] : 0) - point * result[j];
  }
  return result;
}

/// B^T: row i is Lagrange's polynomial of point i but for its denominator, which
/// is the window's matter (`windowMatrix`); the last has all points for roots.
Matrix inputMatrix(ArrayRef<double> points) {
  int64_t size = points.size() + 1;
  Matrix result{size, size, {}};
  for (int64_t i = 0; i < size; ++i) {
    SmallVector<double> row = annihilator(points, i);
    row.resize(size, 0);
    llvm::append_range(result.elements, row);
  }
  return result;
}

Matrix windowMatrix(ArrayRef<double> points) {
  Matrix result = powers(points, windowSize);
  for (auto [i, point] : llvm::enumerate(points)) {
    double denominator = 1;
    for (auto [j, other] : llvm::enumerate(points))
      if (i != j)
        denominator *= point - other;
    for (int64_t k = 0; k < windowSize; ++k)
      result.elements[i * windowSize + k] /= denominator;
  }
  return result;
}

} // namespace

std::optional<Matrix> matrixOf(StringRef name, int64_t tile, bool toPoints) {
  if (tile != 2 && tile != 4)
    return std::nullopt;
  ArrayRef<double> points = pointsFor(tile);
  if (name == "output") {
    Matrix matrix = powers(points, tile);
    return toPoints ? matrix : transposed(matrix);
  }
  if (name == "window") {
    Matrix matrix = windowMatrix(points);
    return toPoints ? matrix : transposed(matrix);
  }
  if (name == "input" && toPoints)
    return inputMatrix(points);
  if (name == "mirrored" && toPoints) {
    Matrix matrix = windowMatrix(points);
    for (int64_t i = 0; i < matrix.rows; ++i)
      std::swap(matrix.elements[i * windowSize],
                matrix.elements[i * windowSize + windowSize - 1]);
    return matrix;
  }
  return std::nullopt;
}

/// Whether shapes and matrix go together.
static LogicalResult verifyTransform(Operation *op, RankedTensorType image,
                                     RankedTensorType points, StringRef name,
                                     int64_t tile, bool toPoints) {
  std::optional<Matrix> matrix = matrixOf(name, tile, toPoints);
  if (!matrix)
    return op->emitOpError("names no matrix");
  if (image.getRank() != 4 || points.getRank() != 5)
    return op->emitOpError("is of an image of 4 dimensions, and 5 with points");
  int64_t size = toPoints ? matrix->rows : matrix->columns;
  if (points.getDimSize(0) != size * size ||
      points.getDimSize(1) != image.getDimSize(0) ||
      points.getDimSize(4) != image.getDimSize(3))
    return op->emitOpError("has other points, images or channels than it says");
  return success();
}

LogicalResult ToPointsOp::verify() {
  if (getLow().size() != 2)
    return emitOpError("has a low padding for each of two dimensions");
  return verifyTransform(*this, cast<RankedTensorType>(getX().getType()),
                         cast<RankedTensorType>(getType()), getOf(), getTile(),
                         /*toPoints=*/true);
}

LogicalResult FromPointsOp::verify() {
  auto image = cast<RankedTensorType>(getType());
  auto points = cast<RankedTensorType>(getX().getType());
  if (failed(verifyTransform(*this, image, points, getOf(), getTile(),
                             /*toPoints=*/false)))
    return failure();
  int64_t step = matrixOf(getOf(), getTile(), false)->rows;
  for (int d : {1, 2})
    if (llvm::divideCeil(image.getDimSize(d), step) != uint64_t(points.getDimSize(d + 1)))
      return emitOpError("has more or fewer tiles than the image");
  return success();
}

} // namespace agc::winograd
