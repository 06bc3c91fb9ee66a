//===- WinogradMatrices.cpp - What tiles are multiplied by -----------------===//
#include "passes/Winograd.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace agc::winograd {
namespace {

/// Polynomials are known by their values at these points, and by their leading
/// coefficient. Chosen by the error of the whole (docs/winograd.md); pairs of
/// opposite points halve the additions.
ArrayRef<double> pointsFor(const Tiling &tiling) {
  static const double two[] = {0, 1, -1};
  static const double four[] = {0, 0.625, -0.625, 1.5, -1.5};
  static const double twoOfPairs[] = {1, -1};
  static const double fourOfPairs[] = {0.5, -0.5, 1.25, -1.25};
  if (tiling.stride == 1)
    return tiling.tile == 2 ? ArrayRef<double>(two) : ArrayRef<double>(four);
  return tiling.tile == 2 ? ArrayRef<double>(twoOfPairs) : ArrayRef<double>(fourOfPairs);
}

Matrix zeros(int64_t rows, int64_t columns) {
  return {rows, columns, SmallVector<double>(rows * columns, 0)};
}

/// Row i: the powers of point i; the last: the leading coefficient alone.
Matrix powers(ArrayRef<double> points, int64_t columns) {
  Matrix result = zeros(points.size() + 1, columns);
  for (auto [i, point] : llvm::enumerate(points)) {
    double power = 1;
    for (int64_t j = 0; j < columns; ++j, power *= point)
      result.at(i, j) = power;
  }
  result.at(points.size(), columns - 1) = 1;
  return result;
}

Matrix transposed(const Matrix &matrix) {
  Matrix result = zeros(matrix.columns, matrix.rows);
  for (int64_t j = 0; j < matrix.columns; ++j)
    for (int64_t i = 0; i < matrix.rows; ++i)
      result.at(j, i) = matrix.at(i, j);
  return result;
}

Matrix mirrored(Matrix matrix) {
  for (int64_t i = 0; i < matrix.rows; ++i)
    for (int64_t j = 0; j < matrix.columns / 2; ++j)
      std::swap(matrix.at(i, j), matrix.at(i, matrix.columns - 1 - j));
  return matrix;
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
  Matrix result = zeros(size, size);
  for (int64_t i = 0; i < size; ++i)
    for (auto [j, coefficient] : llvm::enumerate(annihilator(points, i)))
      result.at(i, j) = coefficient;
  return result;
}

Matrix windowMatrix(ArrayRef<double> points, int64_t elements) {
  Matrix result = powers(points, elements);
  for (auto [i, point] : llvm::enumerate(points)) {
    double denominator = 1;
    for (auto [j, other] : llvm::enumerate(points))
      if (i != j)
        denominator *= point - other;
    for (int64_t k = 0; k < elements; ++k)
      result.at(i, k) /= denominator;
  }
  return result;
}

/// A larger matrix with this one's rows first, and columns `first`, `first + step`, ….
Matrix spread(const Matrix &matrix, int64_t rows, int64_t columns, int64_t first,
              int64_t step) {
  Matrix result = zeros(rows, columns);
  for (int64_t i = 0; i < matrix.rows; ++i)
    for (int64_t j = 0; j < matrix.columns; ++j)
      result.at(i, first + j * step) = matrix.at(i, j);
  return result;
}

/// Points of pairs, of elements 0 and 2 of the window, are first, then those of
/// element 1, which are its products with the inputs as they are.
std::optional<Matrix> matrixOfPairs(StringRef name, const Tiling &tiling, bool toPoints) {
  ArrayRef<double> points = pointsFor(tiling);
  int64_t tile = tiling.tile, size = tiling.points(), pairs = tile + 1;
  auto withSingles = [&](Matrix matrix, int64_t first, int64_t step) {
    for (int64_t j = 0; j < tile; ++j)
      matrix.at(pairs + j, first + j * step) = 1;
    return matrix;
  };
  if (name == "output") {
    Matrix matrix = withSingles(spread(powers(points, tile), size, tile, 0, 1), 0, 1);
    return toPoints ? matrix : transposed(matrix);
  }
  bool pairsFirst = name == "pairs";
  if (pairsFirst || name == "singles") {
    if (toPoints)
      return withSingles(spread(inputMatrix(points), size, pairs, 0, 1), pairsFirst, 1);
    Matrix results = spread(powers(points, tile), size, 2 * tile, !pairsFirst, 2);
    return transposed(withSingles(results, pairsFirst, 2));
  }
  if (name == "input" && toPoints)
    return withSingles(spread(inputMatrix(points), size, size, 0, 2), 1, 2);
  if (name == "window" || (name == "mirrored" && toPoints)) {
    Matrix matrix = withSingles(
        spread(windowMatrix(points, 2), size, windowSize, 0, 2), 1, 0);
    return name == "mirrored" ? mirrored(matrix) : toPoints ? matrix : transposed(matrix);
  }
  return std::nullopt;
}

/// y0 = w1 (x0 + x1) + (w2 - w1) x1, y1 = w1 (x0 + x1) + (w0 - w1) x0.
std::optional<Matrix> matrixOfWhole(StringRef name, bool toPoints) {
  Matrix window{3, windowSize, {0, 1, 0, 0, -1, 1, 1, -1, 0}},
      output{3, 2, {1, 1, 1, 0, 0, 1}};
  if (name == "output")
    return toPoints ? output : transposed(output);
  if (name == "window")
    return toPoints ? window : transposed(window);
  if (name == "input" && toPoints)
    return Matrix{3, 2, {1, 1, 0, 1, 1, 0}};
  if (name == "mirrored" && toPoints)
    return mirrored(window);
  return std::nullopt;
}

} // namespace

std::optional<Matrix> matrixOf(StringRef name, const Tiling &tiling, bool toPoints) {
  auto [tile, stride, isWhole] = tiling;
  if (isWhole)
    return tile == 2 && stride == 1 ? matrixOfWhole(name, toPoints) : std::nullopt;
  if ((tile != 2 && tile != 4) || (stride != 1 && stride != 2))
    return std::nullopt;
  if (stride == 2)
    return matrixOfPairs(name, tiling, toPoints);
  ArrayRef<double> points = pointsFor(tiling);
  if (name == "output") {
    Matrix matrix = powers(points, tile);
    return toPoints ? matrix : transposed(matrix);
  }
  if (name == "window") {
    Matrix matrix = windowMatrix(points, windowSize);
    return toPoints ? matrix : transposed(matrix);
  }
  if (name == "input" && toPoints)
    return inputMatrix(points);
  if (name == "mirrored" && toPoints)
    return mirrored(windowMatrix(points, windowSize));
  return std::nullopt;
}

} // namespace agc::winograd
