#include <agc/nn/Vision.h>

#include "frontend/nn/Layer.h"

#include <ostream>

namespace agc::nn {

using agc::detail::ScopeGuard;

namespace functional {

Tensor fold(Arg x, const FoldFuncOptions &o) {
  return agc::col2im(x, o.output_size(), o.kernel_size(), o.dilation(), o.padding(), o.stride());
}
Tensor unfold(Arg x, const UnfoldFuncOptions &o) {
  return agc::im2col(x, o.kernel_size(), o.dilation(), o.padding(), o.stride());
}
Tensor pixel_shuffle(Arg x, const PixelShuffleFuncOptions &o) { return agc::pixel_shuffle(x, o.upscale_factor()); }
Tensor pixel_unshuffle(Arg x, const PixelUnshuffleFuncOptions &o) {
  return agc::pixel_unshuffle(x, o.downscale_factor());
}

PadFuncOptions::PadFuncOptions(std::vector<int64_t> pad) : pad_(std::move(pad)) {}

} // namespace functional

UpsampleImpl::UpsampleImpl() = default;
UpsampleImpl::UpsampleImpl(const UpsampleOptions &options) : options(options) {}
Tensor UpsampleImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return functional::interpolate(x, functional::InterpolateFuncOptions()
                                        .size(options.size())
                                        .scale_factor(options.scale_factor())
                                        .mode(options.mode())
                                        .align_corners(options.align_corners()));
}
void UpsampleImpl::pretty_print(std::ostream &out) const {
  static const char *const modes[] = {"kNearest", "kLinear", "kBilinear"};
  out << "torch::nn::Upsample(";
  if (options.scale_factor()) {
    out << "scale_factor=[";
    for (size_t i = 0; i < options.scale_factor()->size(); ++i)
      out << (i ? ", " : "") << (*options.scale_factor())[i];
    out << "]";
  } else if (options.size()) {
    out << "size=" << IntArrayRef(*options.size());
  }
  out << ", mode=" << modes[options.mode().index()] << ")";
}

FoldImpl::FoldImpl(ExpandingArray<2> output, ExpandingArray<2> kernel) : options(output, kernel) {}

#define AGC_VISION(Name, function, ...)                                        \
  Name##Impl::Name##Impl(const Name##Options &options) : options(options) {}   \
  Tensor Name##Impl::forward(Arg x) {                                          \
    ScopeGuard in(scope());                                                    \
    return functional::function(x, options);                                   \
  }                                                                            \
  void Name##Impl::pretty_print(std::ostream &out) const {                     \
    out << "torch::nn::" #Name "(" << __VA_ARGS__ << ")";                      \
  }
#define AGC_WINDOWS                                                            \
  "kernel_size=" << options.kernel_size() << ", dilation=" << options.dilation() \
                 << ", padding=" << options.padding() << ", stride=" << options.stride()
AGC_VISION(Fold, fold, "output_size=" << options.output_size() << ", " << AGC_WINDOWS)
AGC_VISION(Unfold, unfold, AGC_WINDOWS)
AGC_VISION(PixelShuffle, pixel_shuffle, "upscale_factor=" << options.upscale_factor())
AGC_VISION(PixelUnshuffle, pixel_unshuffle, "downscale_factor=" << options.downscale_factor())
#undef AGC_WINDOWS
#undef AGC_VISION

} // namespace agc::nn
