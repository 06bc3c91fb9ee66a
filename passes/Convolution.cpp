//===- Convolution.cpp - What the forms of a convolution share -------------===//
#include "passes/Convolution.h"

#include "passes/Winograd.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {

/// What moving an element to another order costs, in multiplications with
/// addition: one is a load and a store without neighbours, 16 of the other are one
/// instruction.
constexpr double moveCost = 32;

static double product(ArrayRef<int64_t> sizes) {
  double result = 1;
  for (int64_t size : sizes)
    result *= double(size);
  return result;
}

bool Convolution::meets(unsigned d) const {
  return dilation[d] == 1 && batch >= winograd::minImagesOfFewPlaces && inputs[d] < window[d] &&
         low[d] - (outputs[d] - 1) * strides[d] >= 0 &&
         inputs[d] - 1 + low[d] < window[d];
}

bool Convolution::takesPatches() const {
  double elements = product(window), positions = double(batch) * product(outputs);
  if (elements == 1)
    return false; // The input is its own patches.
  double terms = 1; // of a sum, without those of padding
  for (unsigned d = 0; d < spatial; ++d)
    terms *= double(meets(d) ? inputs[d] : window[d]);
  double width = double(channels);
  double direct = positions * double(filters) * width * terms +
                  moveCost * double(filters) * width * elements;
  double patches = positions * double(filters) * width * elements +
                   moveCost * positions * width * double(groups) * elements;
  return patches < direct;
}

bool Convolution::takesTiles(bool ofWeights) const {
  auto are = [](ArrayRef<int64_t> numbers, int64_t number) {
    return llvm::all_of(numbers, [&](int64_t n) { return n == number; });
  };
  if (spatial != 2 || groups != 1 || !are(window, winograd::windowSize) || !are(dilation, 1) ||
      strides[0] != strides[1] || strides[0] > 2)
    return false;
  // In steps of two, results of the input's gradient are of two kinds by turns, which are
  // the same in both directions; none lies beyond all windows.
  for (unsigned d = 0; strides[0] == 2 && d < spatial; ++d)
    if (low[d] >= winograd::windowSize || high[d] >= winograd::windowSize ||
        (low[0] - low[1]) % 2)
      return false;
  winograd::Sizes sizes{batch, channels, filters, strides[0], {inputs[0], inputs[1]},
                        {low[0], low[1]}, {outputs[0], outputs[1]}};
  return winograd::chooseTiling(sizes, ofWeights).has_value();
}

Value padSpatial(OpBuilder &builder, Location loc, Value x, ArrayRef<int64_t> low,
                 ArrayRef<int64_t> high, ArrayRef<int64_t> interior) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank(), outer = rank - low.size();
  SmallVector<int64_t> lows(rank, 0), highs(rank, 0), interiors(rank, 0);
  SmallVector<int64_t> padded(type.getShape()), starts(rank, 0), limits;
  bool pads = false, crops = false;
  for (size_t d = 0; d < low.size(); ++d) {
    int64_t i = outer + d, size = type.getDimSize(i);
    lows[i] = std::max<int64_t>(low[d], 0);
    highs[i] = std::max<int64_t>(high[d], 0);
    interiors[i] = interior[d];
    padded[i] = lows[i] + highs[i] + size +
                std::max<int64_t>(size - 1, 0) * interior[d];
    pads |= padded[i] != size;
    crops |= low[d] < 0 || high[d] < 0;
  }
  if (pads)
    x = PadOp::create(builder, loc, type.clone(padded), x, lows, highs,
                      interiors, APFloat(0.0));
  if (!crops)
    return x;
  limits = padded;
  SmallVector<int64_t> cropped(padded);
  for (size_t d = 0; d < low.size(); ++d) {
    int64_t i = outer + d;
    starts[i] = std::max<int64_t>(-low[d], 0);
    limits[i] -= std::max<int64_t>(-high[d], 0);
    cropped[i] = limits[i] - starts[i];
  }
  return SliceOp::create(builder, loc, type.clone(cropped), x, starts, limits,
                         SmallVector<int64_t>(rank, 1));
}

Value reshapeTo(OpBuilder &builder, Value x, RankedTensorType type) {
  if (x.getType() == type)
    return x;
  return ReshapeOp::create(builder, x.getLoc(), type, x);
}

RankedTensorType ConvolutionLoops::split(RankedTensorType type, unsigned at) {
  if (!grouped)
    return type;
  SmallVector<int64_t> shape(type.getShape());
  shape[at] /= groups;
  shape.insert(shape.begin() + at, groups);
  return type.clone(shape);
}

Value ConvolutionLoops::split(Value x, unsigned at) {
  return reshapeTo(builder, x, split(cast<RankedTensorType>(x.getType()), at));
}

ConvolutionLoops::Exprs ConvolutionLoops::loops(unsigned count) {
  Exprs result;
  for (unsigned i = 0; i < count; ++i)
    result.push_back(loop());
  return result;
}

ConvolutionLoops::Exprs ConvolutionLoops::windowAt(const Convolution &c,
                                                   const Exprs &p, const Exprs &k) {
  Exprs at;
  for (unsigned d = 0; d < spatial; ++d)
    at.push_back(p[d] * c.strides[d] + k[d] * c.dilation[d]);
  return at;
}

ConvolutionLoops::Exprs ConvolutionLoops::activation(AffineExpr n, AffineExpr g,
                                                     AffineExpr c, const Exprs &at) {
  Exprs result = {n, c};
  if (grouped)
    result.insert(result.begin() + 1, g);
  result.append(at.begin(), at.end());
  return result;
}

ConvolutionLoops::Exprs ConvolutionLoops::patch(AffineExpr n, AffineExpr g,
                                                const Exprs &p, AffineExpr c,
                                                const Exprs &k) {
  Exprs result = {n};
  if (grouped)
    result.push_back(g);
  llvm::append_range(result, p);
  result.push_back(c);
  llvm::append_range(result, k);
  return result;
}

ConvolutionLoops::Exprs ConvolutionLoops::weight(AffineExpr g, AffineExpr o,
                                                 AffineExpr c, const Exprs &k) {
  Exprs result = {o, c};
  if (grouped)
    result.insert(result.begin(), g);
  result.append(k.begin(), k.end());
  return result;
}

} // namespace agc
