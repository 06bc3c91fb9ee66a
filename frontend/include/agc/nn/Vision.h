//===- Vision.h - Padding, patches and sizes of images ----------------------===//
#ifndef AGC_NN_VISION_H
#define AGC_NN_VISION_H

#include <agc/Enum.h>
#include <agc/ExpandingArray.h>
#include <agc/nn/Module.h>

namespace agc {

/// [n, c r^2, h, w] -> [n, c, h r, w r], and back.
Tensor pixel_shuffle(Arg x, int64_t upscale_factor);
Tensor pixel_unshuffle(Arg x, int64_t downscale_factor);
/// Patches of images [n, c, h, w] as columns [n, c kh kw, positions], and the sum
/// of such columns where they came from. The n may lack.
Tensor im2col(Arg x, IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride);
Tensor col2im(Arg x, IntArrayRef output_size, IntArrayRef kernel_size, IntArrayRef dilation,
              IntArrayRef padding, IntArrayRef stride);

namespace nn {

struct UpsampleOptions {
  using mode_t = OneOf<enumtype::kNearest, enumtype::kLinear, enumtype::kBilinear>;
  AGC_LARGE_ARG(std::optional<std::vector<int64_t>>, size) = std::nullopt;
  AGC_LARGE_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
  AGC_ARG(mode_t, mode) = kNearest;
  AGC_LARGE_ARG(std::optional<bool>, align_corners) = std::nullopt;
};
struct FoldOptions {
  FoldOptions(ExpandingArray<2> output, ExpandingArray<2> kernel) : output_size_(output), kernel_size_(kernel) {}
  AGC_LARGE_ARG(ExpandingArray<2>, output_size);
  AGC_LARGE_ARG(ExpandingArray<2>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<2>, dilation) = 1;
  AGC_LARGE_ARG(ExpandingArray<2>, padding) = 0;
  AGC_LARGE_ARG(ExpandingArray<2>, stride) = 1;
};
struct UnfoldOptions {
  UnfoldOptions(ExpandingArray<2> kernel) : kernel_size_(kernel) {}
  AGC_LARGE_ARG(ExpandingArray<2>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<2>, dilation) = 1;
  AGC_LARGE_ARG(ExpandingArray<2>, padding) = 0;
  AGC_LARGE_ARG(ExpandingArray<2>, stride) = 1;
};
struct PixelShuffleOptions {
  PixelShuffleOptions(int64_t factor) : upscale_factor_(factor) {}
  AGC_ARG(int64_t, upscale_factor);
};
struct PixelUnshuffleOptions {
  PixelUnshuffleOptions(int64_t factor) : downscale_factor_(factor) {}
  AGC_ARG(int64_t, downscale_factor);
};
namespace functional {

/// `pad`: before and after the last dimension, then the one before, and so on.
struct PadFuncOptions {
  using mode_t = OneOf<enumtype::kConstant, enumtype::kReflect, enumtype::kReplicate, enumtype::kCircular>;
  PadFuncOptions(std::vector<int64_t> pad);
  AGC_LARGE_ARG(std::vector<int64_t>, pad);
  AGC_ARG(mode_t, mode) = kConstant;
  AGC_ARG(double, value) = 0;
};
/// Errors: kReflect and kReplicate with other than one or two (three) padded
/// dimensions behind n and c, reflected amounts that reach beyond the input.
Tensor pad(Arg x, const PadFuncOptions &options);

struct InterpolateFuncOptions {
  using mode_t = UpsampleOptions::mode_t;
  AGC_LARGE_ARG(std::optional<std::vector<int64_t>>, size) = std::nullopt;
  AGC_LARGE_ARG(std::optional<std::vector<double>>, scale_factor) = std::nullopt;
  AGC_ARG(mode_t, mode) = kNearest;
  AGC_LARGE_ARG(std::optional<bool>, align_corners) = std::nullopt;
  AGC_LARGE_ARG(std::optional<bool>, recompute_scale_factor) = std::nullopt;
  AGC_ARG(bool, antialias) = false;
};
/// Another size by nearest elements or by straight lines between them.
///
/// Shapes: x [n, c, l] (kNearest, kLinear) or [n, c, h, w] (kNearest, kBilinear).
/// Errors: neither or both of size and scale_factor, align_corners with kNearest;
/// AGC0116, antialias.
Tensor interpolate(Arg x);
Tensor interpolate(Arg x, const InterpolateFuncOptions &options);

using FoldFuncOptions = FoldOptions;
using UnfoldFuncOptions = UnfoldOptions;
Tensor fold(Arg x, const FoldFuncOptions &options);
Tensor unfold(Arg x, const UnfoldFuncOptions &options);

using PixelShuffleFuncOptions = PixelShuffleOptions;
using PixelUnshuffleFuncOptions = PixelUnshuffleOptions;
Tensor pixel_shuffle(Arg x, const PixelShuffleFuncOptions &options);
Tensor pixel_unshuffle(Arg x, const PixelUnshuffleFuncOptions &options);

} // namespace functional

/// Modules of the functions above.
#define AGC_VISION(Name)                                                       \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    explicit Name##Impl(const Name##Options &options);                         \
    void reset() override {}                                                   \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_VISION(Unfold);
AGC_VISION(PixelShuffle);
AGC_VISION(PixelUnshuffle);
#undef AGC_VISION
class UpsampleImpl : public Cloneable<UpsampleImpl> {
public:
  UpsampleImpl();
  explicit UpsampleImpl(const UpsampleOptions &options);
  void reset() override {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
  UpsampleOptions options;
};
AGC_OWN_MODULE(Upsample);
class FoldImpl : public Cloneable<FoldImpl> {
public:
  FoldImpl(ExpandingArray<2> output, ExpandingArray<2> kernel);
  explicit FoldImpl(const FoldOptions &options);
  void reset() override {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
  FoldOptions options;
};
AGC_OWN_MODULE(Fold);

} // namespace nn
} // namespace agc

#endif
