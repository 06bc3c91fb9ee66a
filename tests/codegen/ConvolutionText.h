//===- ConvolutionText.h - A convolution and its gradients, as MLIR --------===//
#ifndef AGC_TESTS_CODEGEN_CONVOLUTIONTEXT_H
#define AGC_TESTS_CODEGEN_CONVOLUTIONTEXT_H

#include <initializer_list>
#include <string>

namespace agc {

/// Images n x c x h x w to o channels, windows of k x k.
struct ConvolutionCase {
  int n, c, h, w, o, k, stride, pad, dilation, groups;
  int more = 0; // padding behind an image than before it

  int outHeight() const { return outputs(h); }
  int outWidth() const { return outputs(w); }
  int outputs(int size) const {
    return (size + 2 * pad + more - dilation * (k - 1) - 1) / stride + 1;
  }
};

/// The type of an f32 tensor.
inline std::string typeOf(std::initializer_list<int> sizes) {
  std::string text = "tensor<";
  for (int size : sizes)
    text += std::to_string(size) + "x";
  return text + "f32>";
}

/// What a convolution's text has between its operands and their types.
inline std::string attributesOf(const ConvolutionCase &t) {
  auto two = [](int i) {
    return "array<i64: " + std::to_string(i) + ", " + std::to_string(i) + ">";
  };
  return " {strides = " + two(t.stride) + ", low = " + two(t.pad) +
         ", high = " + two(t.pad + t.more) + ", dilation = " + two(t.dilation) +
         ", groups = " + std::to_string(t.groups) + " : i64} : ";
}

/// @f of x, w and dy: y, dx and dw.
inline std::string textOf(const ConvolutionCase &t) {
  std::string x = typeOf({t.n, t.c, t.h, t.w});
  std::string w = typeOf({t.o, t.c / t.groups, t.k, t.k});
  std::string y = typeOf({t.n, t.o, t.outHeight(), t.outWidth()});
  std::string attrs = attributesOf(t);
  return "func.func @f(%x: " + x + ", %w: " + w + ", %dy: " + y + ") -> (" + y + ", " +
         x + ", " + w + ") {\n%y = agc.conv %x, %w" + attrs + "(" + x + ", " + w +
         ") -> " + y + "\n%g:2 = agc.gradient %y, %dy, %x, %w {outputs = 1 : i64} : (" +
         y + ", " + y + ", " + x + ", " + w + ") -> (" + x + ", " + w +
         ")\nreturn %y, %g#0, %g#1 : " + y + ", " + x + ", " + w + "}";
}

} // namespace agc

#endif
