//===- LowerConvolution.cpp - The three convolutions -----------------------===//
//
// Each becomes products of two tensors summed over loops whose indices are affine
// (`p * stride + k * dilation`), on operands padded beforehand: what one
// micro-kernel generator can serve. What is known to be zero is left out where that
// is free:
//   inputs of a stride's gap   the data gradient is computed phase by phase, or left
//                              with zeros in the gaps for agc-winograd;
//   padding of small images    where each window has every input in it, sums go
//                              over the inputs, not over the window.
// Few positions beside large weights go by way of patches (ConvolutionPatches).
// The reference takes the plain form of each.
//
//===----------------------------------------------------------------------===//
#include "passes/Convolution.h"

#include <numeric>

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// Products that one op may become. Beyond, patches are fewer kernels.
constexpr size_t maxParts = 16;

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

SmallVector<int64_t> zeros(const Convolution &c) {
  return SmallVector<int64_t>(c.spatial, 0);
}

/// A slice of the spatial dimensions.
Value sliceSpatial(OpBuilder &builder, Location loc, Value x, ArrayRef<int64_t> from,
                   ArrayRef<int64_t> counts, ArrayRef<int64_t> steps) {
  RankedTensorType type = typeOf(x);
  int64_t rank = type.getRank(), outer = rank - from.size();
  SmallVector<int64_t> starts(rank, 0), limits(type.getShape()), strides(rank, 1),
      shape(type.getShape());
  for (size_t d = 0; d < from.size(); ++d) {
    starts[outer + d] = from[d];
    shape[outer + d] = counts[d];
    strides[outer + d] = steps[d];
    limits[outer + d] = from[d] + (counts[d] - 1) * steps[d] + 1;
  }
  if (type.getShape() == ArrayRef(shape))
    return x;
  return SliceOp::create(builder, loc, type.clone(shape), x, starts, limits, strides);
}

/// All choices of one of each dimension's.
template <typename T>
SmallVector<SmallVector<T>> combinations(ArrayRef<SmallVector<T>> choices) {
  SmallVector<SmallVector<T>> result(1);
  for (const SmallVector<T> &dimension : choices) {
    SmallVector<SmallVector<T>> next;
    for (const SmallVector<T> &head : result)
      for (const T &choice : dimension) {
        next.push_back(head);
        next.back().push_back(choice);
      }
    result = next;
  }
  return result;
}

/// A tensor of parts, each at its offsets and strides of the spatial dimensions.
class Assembly {
public:
  Assembly(OpBuilder &builder, Location loc, RankedTensorType type, bool isCovered)
      : builder(builder), loc(loc),
        value(isCovered ? emptyTensor(builder, loc, type)
                        : filledTensor(builder, loc, type, 0)) {}

  void insert(Value part, ArrayRef<int64_t> offsets, ArrayRef<int64_t> strides) {
    auto indices = [&](ArrayRef<int64_t> outer, ArrayRef<int64_t> spatial) {
      SmallVector<OpFoldResult> result;
      for (int64_t i : llvm::concat<const int64_t>(outer, spatial))
        result.push_back(builder.getIndexAttr(i));
      return result;
    };
    value = tensor::InsertSliceOp::create(builder, loc, part, value,
                                          indices({0, 0}, offsets),
                                          indices(typeOf(part).getShape(), {}),
                                          indices({1, 1}, strides));
  }
  Value get() const { return value; }

private:
  OpBuilder &builder;
  Location loc;
  Value value;
};

//===----------------------------------------------------------------------===//
// Forward
//===----------------------------------------------------------------------===//

Value directConv(OpBuilder &builder, Location loc, const Convolution &c,
                 ArrayRef<bool> meets, Value x, Value w, RankedTensorType type) {
  ConvolutionLoops l(builder, c);
  SmallVector<int64_t> low(c.low), high(c.high);
  for (unsigned d = 0; d < c.spatial; ++d)
    if (meets[d])
      low[d] = high[d] = 0;
  x = l.split(padSpatial(builder, loc, x, low, high, zeros(c)), 1);
  AffineExpr n = l.loop(), g = l.groupLoop(), o = l.loop();
  auto p = l.loops(c.spatial);
  auto r = l.loops(c.spatial); // elements of the window, or inputs
  AffineExpr channel = l.loop();
  auto at = l.windowAt(c, p, r), k = r;
  for (unsigned d = 0; d < c.spatial; ++d)
    if (meets[d]) {
      at[d] = r[d];
      k[d] = r[d] - p[d] * c.strides[d] + c.low[d];
    }
  Value y = contract(builder, loc, x, l.split(w, 0), l.split(type, 1),
                     {l.map(l.activation(n, g, channel, at)),
                      l.map(l.weight(g, o, channel, k)),
                      l.map(l.activation(n, g, o, p))},
                     c.spatial + 1);
  return reshapeTo(builder, y, type);
}

//===----------------------------------------------------------------------===//
// Weight gradient
//===----------------------------------------------------------------------===//

/// In one dimension: elements of the window that meet the same outputs, and what
/// they are multiplied with.
struct WindowPart {
  int64_t element, elements;
  int64_t output, outputs; // from which on, and how many
  int64_t input;           // that the first of both meet
};

/// One part with all, or one for each element.
SmallVector<WindowPart> partsOfWindow(const Convolution &c, unsigned d, bool meets) {
  if (!meets)
    return {{0, c.window[d], 0, c.outputs[d], 0}};
  SmallVector<WindowPart> parts;
  for (int64_t k = 0; k < c.window[d]; ++k) {
    WindowPart part{k, 1, 0, 0, 0};
    for (int64_t p = 0; p < c.outputs[d]; ++p) {
      int64_t input = p * c.strides[d] + k - c.low[d];
      if (input < 0 || input >= c.inputs[d])
        continue;
      if (part.outputs++ == 0) {
        part.output = p;
        part.input = input;
      }
    }
    parts.push_back(part);
  }
  return parts;
}

Value weightGradOfPart(OpBuilder &builder, Location loc, const Convolution &c,
                       ArrayRef<WindowPart> part, Value x, Value dy,
                       RankedTensorType type) {
  ConvolutionLoops l(builder, c);
  SmallVector<int64_t> ones(c.spatial, 1), from, count, output, outputs;
  for (auto [d, one] : llvm::enumerate(part)) {
    output.push_back(one.output);
    outputs.push_back(one.outputs);
    from.push_back(one.input);
    count.push_back((one.outputs - 1) * c.strides[d] +
                    (one.elements - 1) * c.dilation[d] + 1);
  }
  x = l.split(sliceSpatial(builder, loc, x, from, count, ones), 1);
  dy = l.split(sliceSpatial(builder, loc, dy, output, outputs, ones), 1);
  AffineExpr g = l.groupLoop(), o = l.loop(), channel = l.loop();
  auto k = l.loops(c.spatial);
  AffineExpr n = l.loop();
  auto p = l.loops(c.spatial);
  Value dw = contract(builder, loc, x, dy, l.split(type, 0),
                      {l.map(l.activation(n, g, channel, l.windowAt(c, p, k))),
                       l.map(l.activation(n, g, o, p)),
                       l.map(l.weight(g, o, channel, k))},
                      c.spatial + 1);
  return reshapeTo(builder, dw, type);
}

Value directWeightGrad(OpBuilder &builder, Location loc, const Convolution &c,
                       ArrayRef<bool> meets, Value x, Value dy,
                       RankedTensorType type) {
  SmallVector<int64_t> low(c.low), high(c.high);
  SmallVector<SmallVector<WindowPart>> dimensions;
  bool isCovered = true;
  for (unsigned d = 0; d < c.spatial; ++d) {
    dimensions.push_back(partsOfWindow(c, d, meets[d]));
    for (const WindowPart &part : dimensions.back())
      isCovered &= part.outputs > 0;
    if (meets[d])
      low[d] = high[d] = 0;
  }
  auto parts = combinations<WindowPart>(dimensions);
  if (parts.size() > maxParts)
    return directWeightGrad(builder, loc, c, SmallVector<bool>(c.spatial, false), x,
                            dy, type);
  x = padSpatial(builder, loc, x, low, high, zeros(c));
  if (parts.size() == 1)
    return weightGradOfPart(builder, loc, c, parts[0], x, dy, type);
  Assembly dw(builder, loc, type, isCovered);
  for (ArrayRef<WindowPart> part : parts) {
    if (llvm::any_of(part, [](const WindowPart &one) { return one.outputs == 0; }))
      continue;
    SmallVector<int64_t> shape(type.getShape().take_front(2)), offsets;
    for (const WindowPart &one : part) {
      shape.push_back(one.elements);
      offsets.push_back(one.element);
    }
    dw.insert(weightGradOfPart(builder, loc, c, part, x, dy, type.clone(shape)),
              offsets, SmallVector<int64_t>(c.spatial, 1));
  }
  return dw.get();
}

//===----------------------------------------------------------------------===//
// Data gradient
//===----------------------------------------------------------------------===//

/// In one dimension: every stride-th input meets the same elements of the window,
/// and with those dx is a convolution of stride 1. Input `first + stride * j` is
/// the sum over m of dy[j + base - reach * m] times element `element + step * m`.
struct Phase {
  int64_t first, count;
  int64_t element, step, elements;
  int64_t base, reach;
};

SmallVector<Phase> phasesOf(const Convolution &c, unsigned d) {
  int64_t stride = c.strides[d], common = std::gcd(c.dilation[d], stride);
  SmallVector<Phase> phases;
  for (int64_t first = 0; first < std::min(stride, c.inputs[d]); ++first) {
    Phase phase{first, (c.inputs[d] - first - 1) / stride + 1, 0, stride / common, 0,
                0, c.dilation[d] / common};
    int64_t at = first + c.low[d];
    while (phase.element < phase.step &&
           (at - phase.element * c.dilation[d]) % stride != 0)
      ++phase.element;
    if (phase.element < std::min(phase.step, c.window[d])) {
      phase.elements = (c.window[d] - 1 - phase.element) / phase.step + 1;
      phase.base = (at - phase.element * c.dilation[d]) / stride;
    }
    phases.push_back(phase);
  }
  return phases;
}

/// Whether each input of the phase meets each output, as in Convolution::meets.
bool meets(const Convolution &c, unsigned d, const Phase &phase) {
  return c.meets(d) && c.outputs[d] < phase.elements && phase.reach == 1 &&
         phase.base - (c.outputs[d] - 1) >= 0 &&
         phase.count - 1 + phase.base < phase.elements;
}

Value inputGradOfPhase(OpBuilder &builder, Location loc, const Convolution &c,
                       ArrayRef<Phase> phase, ArrayRef<bool> meets, Value dy,
                       Value w, RankedTensorType type) {
  ConvolutionLoops l(builder, c);
  SmallVector<int64_t> low, high, element, elements, step;
  for (auto [d, one] : llvm::enumerate(phase)) {
    int64_t reach = (one.elements - 1) * one.reach;
    low.push_back(meets[d] ? 0 : reach - one.base);
    high.push_back(meets[d] ? 0 : one.count + reach - low.back() - c.outputs[d]);
    element.push_back(one.element);
    elements.push_back(one.elements);
    step.push_back(one.step);
  }
  dy = l.split(padSpatial(builder, loc, dy, low, high, zeros(c)), 1);
  w = l.split(sliceSpatial(builder, loc, w, element, elements, step), 0);
  AffineExpr n = l.loop(), g = l.groupLoop(), channel = l.loop();
  auto j = l.loops(c.spatial);
  auto r = l.loops(c.spatial); // elements of the window, or outputs
  AffineExpr o = l.loop();
  auto at = r, k = r;
  for (auto [d, one] : llvm::enumerate(phase)) {
    if (meets[d])
      k[d] = j[d] + one.base - r[d];
    else // The window, mirrored.
      at[d] = j[d] + (one.elements - 1 - r[d]) * one.reach;
  }
  Value dx = contract(builder, loc, dy, w, l.split(type, 1),
                      {l.map(l.activation(n, g, o, at)),
                       l.map(l.weight(g, o, channel, k)),
                       l.map(l.activation(n, g, channel, j))},
                      c.spatial + 1);
  return reshapeTo(builder, dx, type);
}

Value directInputGrad(OpBuilder &builder, Location loc, const Convolution &c,
                      bool isOverWindow, Value dy, Value w, RankedTensorType type) {
  SmallVector<SmallVector<Phase>> dimensions;
  bool isCovered = true;
  for (unsigned d = 0; d < c.spatial; ++d) {
    dimensions.push_back(phasesOf(c, d));
    for (const Phase &phase : dimensions.back())
      isCovered &= phase.elements > 0;
  }
  auto phases = combinations<Phase>(dimensions);
  if (phases.size() > maxParts)
    return inputGradOfPatches(builder, loc, c, dy, w, type);
  auto compute = [&](ArrayRef<Phase> phase, RankedTensorType type) {
    SmallVector<bool> met;
    for (auto [d, one] : llvm::enumerate(phase))
      met.push_back(!isOverWindow && meets(c, d, one));
    return inputGradOfPhase(builder, loc, c, phase, met, dy, w, type);
  };
  if (phases.size() == 1 && isCovered)
    return compute(phases[0], type);
  Assembly dx(builder, loc, type, isCovered);
  for (ArrayRef<Phase> phase : phases) {
    if (llvm::any_of(phase, [](const Phase &one) { return one.elements == 0; }))
      continue;
    SmallVector<int64_t> shape(type.getShape().take_front(2)), offsets;
    for (const Phase &one : phase) {
      shape.push_back(one.count);
      offsets.push_back(one.first);
    }
    dx.insert(compute(phase, type.clone(shape)), offsets, c.strides);
  }
  return dx.get();
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

template <typename Op> struct LowerConvolution : OpConversionPattern<Op> {
  LowerConvolution(const TypeConverter &types, MLIRContext *context, bool isPlain, bool isStrict)
      : OpConversionPattern<Op>(types, context), isPlain(isPlain), isStrict(isStrict) {}
  bool isPlain, isStrict;

  bool takesTiles(const Convolution &c, Type element) const {
    constexpr bool ofWeights = std::is_same_v<Op, ConvWeightGradOp>;
    return !isPlain && !isStrict && element.isF32() && c.takesTiles(ofWeights);
  }
  bool takesPatches(const Convolution &c, Type element) const {
    return !isPlain && !takesTiles(c, element) && c.takesPatches();
  }

  /// For agc-winograd, sums go over the window.
  SmallVector<bool> meets(const Convolution &c, Type element) const {
    bool isOverWindow = isPlain || takesTiles(c, element);
    SmallVector<bool> result;
    for (unsigned d = 0; d < c.spatial; ++d)
      result.push_back(!isOverWindow && c.meets(d));
    return result;
  }
};

struct LowerConv : LowerConvolution<ConvOp> {
  using LowerConvolution::LowerConvolution;
  LogicalResult
  matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value x = adaptor.getX(), w = adaptor.getW();
    Convolution c(op, typeOf(x), typeOf(w), op.getType());
    Type element = op.getType().getElementType();
    SmallVector<bool> met = meets(c, element);
    Value y = takesPatches(c, element)
                  ? convOfPatches(rewriter, op.getLoc(), c, x, w, op.getType())
                  : directConv(rewriter, op.getLoc(), c, met, x, w, op.getType());
    rewriter.replaceOp(op, y);
    return success();
  }
};

struct LowerConvWeightGrad : LowerConvolution<ConvWeightGradOp> {
  using LowerConvolution::LowerConvolution;
  LogicalResult
  matchAndRewrite(ConvWeightGradOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value x = adaptor.getX(), dy = adaptor.getDy();
    Convolution c(op, typeOf(x), op.getType(), typeOf(dy));
    Type element = op.getType().getElementType();
    Value dw = takesPatches(c, element)
                   ? weightGradOfPatches(rewriter, loc, c, x, dy, op.getType())
                   : directWeightGrad(rewriter, loc, c, meets(c, element), x, dy, op.getType());
    rewriter.replaceOp(op, dw);
    return success();
  }
};

struct LowerConvInputGrad : LowerConvolution<ConvInputGradOp> {
  using LowerConvolution::LowerConvolution;
  LogicalResult
  matchAndRewrite(ConvInputGradOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value dy = adaptor.getDy(), w = adaptor.getW();
    RankedTensorType type = op.getType();
    // Of padding alone. The mirrored window has no first place there.
    if (type.getNumElements() == 0) {
      rewriter.replaceOp(op, filledTensor(rewriter, loc, type, 0));
      return success();
    }
    Convolution c(op, type, typeOf(w), typeOf(dy));
    // As agc-winograd recognizes it.
    bool isForTiles = takesTiles(c, type.getElementType());
    if (isPlain || (isForTiles && c.strides[0] != 1)) {
      // With zeros put between dy's elements a stride is one.
      SmallVector<int64_t> gaps, low = zeros(c), high = zeros(c);
      for (unsigned d = 0; d < c.spatial; ++d) {
        gaps.push_back(c.strides[d] - 1);
        c.outputs[d] = (c.outputs[d] - 1) * c.strides[d] + 1;
        c.strides[d] = 1;
        if (isPlain)
          continue;
        low[d] = c.window[d] - 1 - c.low[d];
        c.low[d] = c.window[d] - 1;
        high[d] = c.inputs[d] + c.low[d] - low[d] - c.outputs[d];
        c.outputs[d] += low[d] + high[d];
      }
      dy = padSpatial(rewriter, loc, dy, low, high, gaps);
    }
    Value dx = !isForTiles && takesPatches(c, type.getElementType())
                   ? inputGradOfPatches(rewriter, loc, c, dy, w, type)
                   : directInputGrad(rewriter, loc, c, isPlain || isForTiles, dy, w, type);
    rewriter.replaceOp(op, dx);
    return success();
  }
};

} // namespace

void populateConvolutionLowerings(RewritePatternSet &patterns,
                                  const TypeConverter &types, bool isPlain, bool isStrict) {
  patterns.add<LowerConv, LowerConvWeightGrad, LowerConvInputGrad>(
      types, patterns.getContext(), isPlain, isStrict);
}

} // namespace agc
