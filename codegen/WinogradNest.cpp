//===- WinogradNest.cpp - What a transform's kernel is of ------------------===//
#include "codegen/WinogradNest.h"

#include "codegen/KernelName.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace agc {

/// Of what takes windows from points: its other inputs lie as the views behind the first
/// say, its results as the last.
static void addEpilogue(WinogradNest &nest, linalg::GenericOp taker, Value image,
                        ArrayRef<View> views) {
  nest.imageInput = llvm::find(taker.getInputs(), image).getIndex();
  SmallVector<View> inputs(views.drop_front().drop_back(taker->getNumResults()));
  inputs.insert(inputs.begin() + nest.imageInput, View());
  nest.epilogue = buildLoopNest(taker, inputs, views.take_back(taker->getNumResults()));
  assert(nest.epilogue->numLoops() == 1 && "it lies as the windows do");
  unsigned argument = 1;
  for (auto [i, input] : llvm::enumerate(nest.epilogue->inputs))
    if (i != nest.imageInput)
      input.argument = argument++;
  for (Access &output : nest.epilogue->outputs)
    output.argument = argument++;
}

WinogradNest buildWinogradNest(Operation *op, linalg::GenericOp joined, ArrayRef<View> views) {
  WinogradNest nest;
  auto toPoints = dyn_cast<winograd::ToPointsOp>(op);
  auto fromPoints = dyn_cast<winograd::FromPointsOp>(op);
  nest.toPoints = bool(toPoints);
  nest.of = toPoints ? toPoints.getOf() : fromPoints.getOf();
  winograd::Tiling tiling = toPoints ? toPoints.getTiling() : fromPoints.getTiling();
  nest.matrix = *winograd::matrixOf(nest.of, tiling, nest.toPoints);
  auto x = cast<RankedTensorType>(op->getOperand(0).getType()),
       y = cast<RankedTensorType>(op->getResult(0).getType());
  ArrayRef<int64_t> image = (toPoints ? x : y).getShape(),
                    points = (toPoints ? y : x).getShape(), tiles = points.drop_back().take_back(2);
  nest.images = image[0];
  nest.height = image[1];
  nest.width = image[2];
  nest.channels = image[3];
  nest.tileRows = tiles[0];
  nest.tileColumns = tiles[1];
  nest.panelWidth = points.back();
  if (joined && nest.toPoints) {
    nest.prologue = buildElements(joined, views.drop_back());
    for (auto [i, input] : llvm::enumerate(nest.prologue->inputs))
      input.argument = i;
  } else if (joined) {
    addEpilogue(nest, joined, op->getResult(0), views);
  }
  const View &input = views.front(), &result = views.drop_back(op->getNumResults() - 1).back();
  nest.imageOffset = (toPoints ? input : result).offset;
  nest.pointsOffset = (toPoints ? result : input).offset;
  if (toPoints) {
    nest.step = tiling.tile * (nest.of == "input" ? tiling.stride : 1);
    llvm::copy(toPoints.getLow(), nest.low.begin());
  } else {
    nest.step = fromPoints.getTileHeight();
    nest.hasMoments = !fromPoints.getMoments().empty();
  }
  return nest;
}

std::string WinogradNest::name() const {
  return llvm::formatv("winograd_{0}_{1}_{2}x{3}x{4}x{5}{6}", toPoints ? "to" : "from", of, images,
                       height, width, channels,
                       prologue     ? "_of_map"
                       : epilogue   ? "_then_map"
                       : hasMoments ? "_and_moments"
                                    : "");
}

std::string WinogradNest::key() const {
  return llvm::formatv("{0} {1}x{2} {3} {4}x{5} {6} {7},{8} {9} {10}", name(), matrix.rows,
                       matrix.columns, step, tileRows, tileColumns, panelWidth, low[0], low[1],
                       imageOffset, pointsOffset);
}

int64_t WinogradNest::flops() const {
  // What a multiplication by the matrix costs with pairs, about.
  int64_t additions = llvm::count_if(matrix.elements, [](double e) { return e != 0; });
  int64_t ofMoments = hasMoments ? 4 * images * height * width * channels : 0;
  return images * tileRows * tileColumns * channels * additions * (matrix.rows + matrix.columns) +
         ofMoments + (joined() ? kernelFlops(*joined()) : 0);
}

int64_t WinogradNest::bytes() const {
  int64_t side = toPoints ? matrix.rows : matrix.columns;
  int64_t elements = images * height * width * channels,
          values = images * side * side * tileRows * tileColumns * channels +
                   (hasMoments ? 2 * images * tileRows * channels : 0);
  return (joined() ? kernelBytes(*joined()) : 4 * elements) + 4 * values;
}

} // namespace agc
