#include <agc/nn/Convolution.h>

#include "frontend/nn/Layer.h"

#include <agc/nn/Vision.h>

#include <ostream>

namespace agc::nn {

using agc::detail::ScopeGuard;

namespace functional {

Tensor conv1d(Arg x, Arg weight, const Conv1dFuncOptions &o) {
  if (auto *amounts = o.padding().amounts())
    return agc::conv1d(x, weight, o.bias(), o.stride(), *amounts, o.dilation(), o.groups());
  const char *padding = o.padding().is<enumtype::kSame>() ? "same" : "valid";
  return agc::conv1d(x, weight, o.bias(), o.stride(), padding, o.dilation(), o.groups());
}
Tensor conv2d(Arg x, Arg weight, const Conv2dFuncOptions &o) {
  if (auto *amounts = o.padding().amounts())
    return agc::conv2d(x, weight, o.bias(), o.stride(), *amounts, o.dilation(), o.groups());
  const char *padding = o.padding().is<enumtype::kSame>() ? "same" : "valid";
  return agc::conv2d(x, weight, o.bias(), o.stride(), padding, o.dilation(), o.groups());
}
Tensor conv_transpose2d(Arg x, Arg weight, const ConvTranspose2dFuncOptions &o) {
  return agc::conv_transpose2d(x, weight, o.bias(), o.stride(), o.padding(), o.output_padding(), o.groups(),
                               o.dilation());
}

} // namespace functional

namespace {

void checkGroups(const char *name, int64_t in, int64_t out, int64_t groups) {
  if (groups < 1 || in % groups || out % groups)
    throw Error("AGC0104", std::string("'agc.") + name + "' expects groups that divide its channels, got " +
                               std::to_string(groups) + " for " + std::to_string(in) + " and " +
                               std::to_string(out));
}

template <size_t D> bool all(const ExpandingArray<D> &list, int64_t value) {
  return list->end() == std::find_if(list->begin(), list->end(), [&](int64_t v) { return v != value; });
}

/// The input with the padding that the options ask for around it, and the
/// options without it, where zeros are not meant.
template <size_t D>
Tensor padded(Arg x, const ConvOptions<D> &o, functional::ConvFuncOptions<D> &call) {
  if (o.padding_mode().template is<enumtype::kZeros>()) {
    call.padding(o.padding());
    return x.tensor;
  }
  // For F::pad: the last dimension first, before and after.
  std::vector<int64_t> amounts;
  for (size_t d = D; d-- > 0;) {
    int64_t before = 0, after = 0;
    if (auto *given = o.padding().amounts())
      before = after = (*given)[d];
    else if (o.padding().template is<enumtype::kSame>()) {
      int64_t total = o.dilation()[d] * (o.kernel_size()[d] - 1);
      before = total / 2;
      after = total - before;
    }
    amounts.push_back(before);
    amounts.push_back(after);
  }
  functional::PadFuncOptions pad(amounts);
  if (o.padding_mode().template is<enumtype::kReflect>())
    pad.mode(kReflect);
  else if (o.padding_mode().template is<enumtype::kReplicate>())
    pad.mode(kReplicate);
  else
    pad.mode(kCircular);
  return functional::pad(x, pad);
}

template <size_t D> functional::ConvFuncOptions<D> callOf(const ConvOptions<D> &o, const Tensor &bias) {
  return functional::ConvFuncOptions<D>().bias(bias).stride(o.stride()).dilation(o.dilation()).groups(o.groups());
}

} // namespace

template <size_t D, typename Derived>
ConvBase<D, Derived>::ConvBase(const ConvOptions<D> &options) : options(options) {
  reset();
}
template <size_t D, typename Derived> void ConvBase<D, Derived>::reset() {
  checkGroups(D == 1 ? "Conv1d" : "Conv2d", options.in_channels(), options.out_channels(), options.groups());
  if (options.padding().template is<enumtype::kSame>() && !all(options.stride(), 1))
    throw Error("AGC0104", "padding kSame goes with stride 1 only");
  std::vector<int64_t> shape{options.out_channels(), options.in_channels() / options.groups()};
  shape.insert(shape.end(), options.kernel_size()->begin(), options.kernel_size()->end());
  weight = addParameter(*this, "weight", shape);
  bias = addParameter(*this, "bias", options.out_channels(), options.bias());
  reset_parameters();
}
template <size_t D, typename Derived> void ConvBase<D, Derived>::reset_parameters() {
  resetLayer(weight, bias);
}
template <size_t D, typename Derived> void ConvBase<D, Derived>::pretty_print(std::ostream &out) const {
  out << "torch::nn::Conv" << D << "d(" << options.in_channels() << ", " << options.out_channels()
      << ", kernel_size=" << options.kernel_size() << ", stride=" << options.stride();
  if (auto *amounts = options.padding().amounts()) {
    if (!all(*amounts, 0))
      out << ", padding=" << *amounts;
  } else {
    out << ", padding=" << (options.padding().template is<enumtype::kSame>() ? "'same'" : "'valid'");
  }
  if (!all(options.dilation(), 1))
    out << ", dilation=" << options.dilation();
  if (options.groups() != 1)
    out << ", groups=" << options.groups();
  if (!options.bias())
    out << ", bias=false";
  static const char *const modes[] = {"", "kReflect", "kReplicate", "kCircular"};
  if (options.padding_mode().index())
    out << ", padding_mode=" << modes[options.padding_mode().index()];
  out << ")";
}
template class ConvBase<1, Conv1dImpl>;
template class ConvBase<2, Conv2dImpl>;

Conv1dImpl::Conv1dImpl(int64_t in, int64_t out, ExpandingArray<1> kernel)
    : ConvBase(Conv1dOptions(in, out, kernel)) {}
Conv1dImpl::Conv1dImpl(const Conv1dOptions &options) : ConvBase(options) {}
Tensor Conv1dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  functional::Conv1dFuncOptions call = callOf(options, bias);
  Tensor wide = padded(x, options, call);
  return functional::conv1d(Arg(wide, x.loc), Arg(weight, x.loc), call);
}
Conv2dImpl::Conv2dImpl(int64_t in, int64_t out, ExpandingArray<2> kernel)
    : ConvBase(Conv2dOptions(in, out, kernel)) {}
Conv2dImpl::Conv2dImpl(const Conv2dOptions &options) : ConvBase(options) {}
Tensor Conv2dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  functional::Conv2dFuncOptions call = callOf(options, bias);
  Tensor wide = padded(x, options, call);
  return functional::conv2d(Arg(wide, x.loc), Arg(weight, x.loc), call);
}

ConvTranspose2dImpl::ConvTranspose2dImpl(int64_t in, int64_t out, ExpandingArray<2> kernel)
    : ConvTranspose2dImpl(ConvTranspose2dOptions(in, out, kernel)) {}
ConvTranspose2dImpl::ConvTranspose2dImpl(const ConvTranspose2dOptions &o) : options(o) { reset(); }
void ConvTranspose2dImpl::reset() {
  checkGroups("ConvTranspose2d", options.in_channels(), options.out_channels(), options.groups());
  if (!options.padding_mode().is<enumtype::kZeros>())
    throw Error("AGC0104", "'agc.ConvTranspose2d' has no padding mode but kZeros");
  weight = addParameter(*this, "weight",
                        {options.in_channels(), options.out_channels() / options.groups(),
                         options.kernel_size()[0], options.kernel_size()[1]});
  bias = addParameter(*this, "bias", options.out_channels(), options.bias());
  reset_parameters();
}
void ConvTranspose2dImpl::reset_parameters() { resetLayer(weight, bias); }
Tensor ConvTranspose2dImpl::forward(Arg x, std::optional<IntArrayRef> output_size) {
  ScopeGuard in(scope());
  ExpandingArray<2> extra = options.output_padding();
  if (output_size) {
    agc::detail::OpGuard op("conv_transpose2d", x.loc);
    // With the sizes of n and c before, or without.
    size_t from = output_size->size() - 2;
    if (output_size->size() != 2 && output_size->size() != size_t(x.tensor.dim()))
      agc::detail::fail("AGC0104", "expects an output_size of 2 or " + std::to_string(x.tensor.dim()) +
                                       " numbers, got " + agc::detail::shapeText(*output_size));
    for (size_t d = 0; d < 2; ++d) {
      int64_t least = (x.tensor.size(int64_t(d) - 2) - 1) * options.stride()[d] - 2 * options.padding()[d] +
                      options.dilation()[d] * (options.kernel_size()[d] - 1) + 1;
      int64_t wanted = (*output_size)[from + d];
      if (wanted < least || wanted >= least + options.stride()[d])
        agc::detail::fail("AGC0104", "expects an output_size of at least " + std::to_string(least) +
                                         " and less than " + std::to_string(least + options.stride()[d]) +
                                         ", got " + std::to_string(wanted));
      (*extra)[d] = wanted - least;
    }
  }
  return agc::conv_transpose2d(x, Arg(weight, x.loc), bias, options.stride(), options.padding(), extra,
                               options.groups(), options.dilation());
}
void ConvTranspose2dImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::ConvTranspose2d(" << options.in_channels() << ", " << options.out_channels()
      << ", kernel_size=" << options.kernel_size() << ", stride=" << options.stride();
  if (!all(options.padding(), 0))
    out << ", padding=" << options.padding();
  if (!all(options.dilation(), 1))
    out << ", dilation=" << options.dilation();
  if (!all(options.output_padding(), 0))
    out << ", output_padding=" << options.output_padding();
  if (options.groups() != 1)
    out << ", groups=" << options.groups();
  if (!options.bias())
    out << ", bias=false";
  out << ")";
}

} // namespace agc::nn
