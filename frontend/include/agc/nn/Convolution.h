//===- Convolution.h - Convolutions, forward and transposed -----------------===//
#ifndef AGC_NN_CONVOLUTION_H
#define AGC_NN_CONVOLUTION_H

#include <agc/Enum.h>
#include <agc/ExpandingArray.h>
#include <agc/nn/Module.h>

namespace agc::nn {

namespace detail {
/// Amounts, kValid or kSame.
template <size_t D> class ConvPadding {
public:
  template <typename Amounts>
    requires std::is_convertible_v<Amounts, ExpandingArray<D>>
  ConvPadding(const Amounts &amounts) : given(amounts) {}
  ConvPadding(OneOf<enumtype::kValid, enumtype::kSame> kind) : kind(kind), isKind(true) {}
  ConvPadding(enumtype::kValid kind) : ConvPadding(OneOf<enumtype::kValid, enumtype::kSame>(kind)) {}
  ConvPadding(enumtype::kSame kind) : ConvPadding(OneOf<enumtype::kValid, enumtype::kSame>(kind)) {}

  /// Null where it is kValid or kSame.
  const ExpandingArray<D> *amounts() const { return isKind ? nullptr : &given; }
  template <typename Constant> bool is() const { return isKind && kind.template is<Constant>(); }

private:
  ExpandingArray<D> given = 0;
  OneOf<enumtype::kValid, enumtype::kSame> kind;
  bool isKind = false;
};
using ConvPaddingMode =
    OneOf<enumtype::kZeros, enumtype::kReflect, enumtype::kReplicate, enumtype::kCircular>;
} // namespace detail

/// `padding`: amounts, or kSame (as many outputs as inputs), or kValid (none).
/// `padding_mode`: what stands there; kSame and kValid go with any.
template <size_t D> struct ConvOptions {
  using padding_t = detail::ConvPadding<D>;
  using padding_mode_t = detail::ConvPaddingMode;
  ConvOptions(int64_t in, int64_t out, ExpandingArray<D> kernel)
      : in_channels_(in), out_channels_(out), kernel_size_(kernel) {}
  AGC_ARG(int64_t, in_channels);
  AGC_ARG(int64_t, out_channels);
  AGC_LARGE_ARG(ExpandingArray<D>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<D>, stride) = 1;
  AGC_LARGE_ARG(padding_t, padding) = 0;

public:
  auto padding(std::initializer_list<int64_t> list) { return padding(ExpandingArray<D>(list)); }
  AGC_LARGE_ARG(ExpandingArray<D>, dilation) = 1;
  AGC_ARG(int64_t, groups) = 1;
  AGC_ARG(bool, bias) = true;
  AGC_ARG(padding_mode_t, padding_mode) = kZeros;
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;

template <size_t D> struct ConvTransposeOptions {
  using padding_mode_t = detail::ConvPaddingMode;
  ConvTransposeOptions(int64_t in, int64_t out, ExpandingArray<D> kernel)
      : in_channels_(in), out_channels_(out), kernel_size_(kernel) {}
  AGC_ARG(int64_t, in_channels);
  AGC_ARG(int64_t, out_channels);
  AGC_LARGE_ARG(ExpandingArray<D>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<D>, stride) = 1;
  AGC_LARGE_ARG(ExpandingArray<D>, padding) = 0;
  AGC_LARGE_ARG(ExpandingArray<D>, output_padding) = 0;
  AGC_ARG(int64_t, groups) = 1;
  AGC_ARG(bool, bias) = true;
  AGC_LARGE_ARG(ExpandingArray<D>, dilation) = 1;
  AGC_ARG(padding_mode_t, padding_mode) = kZeros;
};
using ConvTranspose2dOptions = ConvTransposeOptions<2>;

namespace functional {

template <size_t D> struct ConvFuncOptions {
  using padding_t = nn::detail::ConvPadding<D>;
  AGC_LARGE_ARG(Tensor, bias);
  AGC_LARGE_ARG(ExpandingArray<D>, stride) = 1;
  AGC_LARGE_ARG(padding_t, padding) = 0;

public:
  auto padding(std::initializer_list<int64_t> list) { return padding(ExpandingArray<D>(list)); }
  AGC_LARGE_ARG(ExpandingArray<D>, dilation) = 1;
  AGC_ARG(int64_t, groups) = 1;
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;

template <size_t D> struct ConvTransposeFuncOptions {
  AGC_LARGE_ARG(Tensor, bias);
  AGC_LARGE_ARG(ExpandingArray<D>, stride) = 1;
  AGC_LARGE_ARG(ExpandingArray<D>, padding) = 0;
  AGC_LARGE_ARG(ExpandingArray<D>, output_padding) = 0;
  AGC_ARG(int64_t, groups) = 1;
  AGC_LARGE_ARG(ExpandingArray<D>, dilation) = 1;
};
using ConvTranspose2dFuncOptions = ConvTransposeFuncOptions<2>;

Tensor conv1d(Arg x, Arg weight, const Conv1dFuncOptions &options = {});
Tensor conv2d(Arg x, Arg weight, const Conv2dFuncOptions &options = {});
Tensor conv_transpose2d(Arg x, Arg weight, const ConvTranspose2dFuncOptions &options = {});

} // namespace functional

/// Weight and bias of a convolution of D dimensions.
/// Errors: AGC0104, groups that do not divide the channels.
template <size_t D, typename Derived> class ConvBase : public Cloneable<Derived> {
public:
  explicit ConvBase(const ConvOptions<D> &options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream &out) const override;

  ConvOptions<D> options;
  Tensor weight, bias;
};

/// x [n, c, l] or [c, l].
class Conv1dImpl : public ConvBase<1, Conv1dImpl> {
public:
  Conv1dImpl(int64_t in, int64_t out, ExpandingArray<1> kernel);
  explicit Conv1dImpl(const Conv1dOptions &options);
  Tensor forward(Arg x);
};
AGC_OWN_MODULE(Conv1d);

/// x [n, c, h, w] or [c, h, w].
class Conv2dImpl : public ConvBase<2, Conv2dImpl> {
public:
  Conv2dImpl(int64_t in, int64_t out, ExpandingArray<2> kernel);
  explicit Conv2dImpl(const Conv2dOptions &options);
  Tensor forward(Arg x);
};
AGC_OWN_MODULE(Conv2d);

/// x [n, c, h, w] or [c, h, w].
class ConvTranspose2dImpl : public Cloneable<ConvTranspose2dImpl> {
public:
  ConvTranspose2dImpl(int64_t in, int64_t out, ExpandingArray<2> kernel);
  /// Errors: AGC0104, groups that do not divide the channels, or a padding mode
  /// other than kZeros.
  explicit ConvTranspose2dImpl(const ConvTranspose2dOptions &options);
  void reset() override;
  void reset_parameters();
  /// \p output_size: of the result, where stride leaves a choice; it takes the
  /// place of output_padding.
  Tensor forward(Arg x, std::optional<IntArrayRef> output_size = std::nullopt);
  void pretty_print(std::ostream &out) const override;

  ConvTranspose2dOptions options;
  Tensor weight, bias;
};
AGC_OWN_MODULE(ConvTranspose2d);

} // namespace agc::nn

#endif
