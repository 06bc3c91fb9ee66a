// The dtype of every function of two operands for every pair of dtypes, each a
// tensor with dimensions, one without, or a number; and what is refused ("-").
// Nothing is computed: a result has its dtype as soon as it is there.
#include "library.h"

namespace {

const torch::Dtype types[] = {torch::kFloat32, torch::kFloat64, torch::kBFloat16, torch::kFloat16, torch::kInt64,
                              torch::kInt32,   torch::kInt8,    torch::kUInt8,    torch::kBool};

const char *nameOf(torch::Dtype type) {
  static const char *const names[] = {"f32", "f64", "bf16", "f16", "i64", "i32", "i8", "u8", "bool"};
  for (size_t i = 0; i < std::size(types); ++i)
    if (types[i] == type)
      return names[i];
  return "?";
}

std::string resultOf(const std::function<Tensor()> &f) {
  try {
    return nameOf(f().scalar_type());
  } catch (const std::exception &) {
    return "-";
  }
}

using Two = std::function<Tensor(Tensor, Tensor)>;
using Number = std::function<Tensor(Tensor, torch::Scalar)>;

Tensor with(torch::Dtype type, bool dimensions) {
  return dimensions ? torch::ones({2}, type) : torch::ones({}, type);
}

void pairs(const char *name, const Two &f) {
  for (bool first : {true, false})
    for (torch::Dtype a : types) {
      std::printf("%s.%s%s:", name, nameOf(a), first ? "" : ".0d");
      for (bool second : {true, false})
        for (torch::Dtype b : types) {
          // int16 is no dtype of agc's.
          bool isShort = (a == torch::kInt8 && b == torch::kUInt8) || (a == torch::kUInt8 && b == torch::kInt8);
          if (!isShort)
            std::printf(" %s", resultOf([&] { return f(with(a, first), with(b, second)); }).c_str());
        }
      std::printf("\n");
    }
}

void numbers(const char *name, const Number &f) {
  for (bool dimensions : {true, false})
    for (torch::Dtype a : types)
      std::printf("%s.%s%s: %s %s %s\n", name, nameOf(a), dimensions ? "" : ".0d",
                  resultOf([&] { return f(with(a, dimensions), torch::Scalar(1.5)); }).c_str(),
                  resultOf([&] { return f(with(a, dimensions), torch::Scalar(2)); }).c_str(),
                  resultOf([&] { return f(with(a, dimensions), torch::Scalar(true)); }).c_str());
}

void each(const char *name, const std::function<Tensor(Tensor)> &f) {
  std::printf("%s:", name);
  for (torch::Dtype type : types)
    std::printf(" %s", resultOf([&] { return f(with(type, true)); }).c_str());
  std::printf("\n");
}

} // namespace

int main() {
#define PAIRS(name) pairs(#name, [](Tensor a, Tensor b) { return torch::name(a, b); })
  PAIRS(add); PAIRS(sub); PAIRS(mul); PAIRS(div); PAIRS(floor_divide); PAIRS(remainder); PAIRS(fmod); PAIRS(pow);
  PAIRS(atan2); PAIRS(maximum); PAIRS(minimum); PAIRS(fmax); PAIRS(hypot); PAIRS(copysign); PAIRS(xlogy); PAIRS(eq);
  PAIRS(lt); PAIRS(logical_and); PAIRS(bitwise_and); PAIRS(bitwise_xor);
  pairs("result_type", [](Tensor a, Tensor b) { return torch::zeros({1}, torch::result_type(a, b)); });
  pairs("where", [](Tensor a, Tensor b) { return torch::where(torch::ones({2}, torch::kBool), a, b); });
  pairs("cat", [](Tensor a, Tensor b) { return torch::cat({a, b}); });
  pairs("lerp", [](Tensor a, Tensor b) { return torch::lerp(a, b, 0.5); });
  pairs("addcmul", [](Tensor a, Tensor b) { return torch::addcmul(a, b, b); });
  pairs("mv", [](Tensor a, Tensor b) { return torch::dot(a, b); });
  pairs("add_", [](Tensor a, Tensor b) { return a.add_(b.view({-1}).select(0, 0)); });
  pairs("div_", [](Tensor a, Tensor b) { return a.div_(b.view({-1}).select(0, 0)); });
  pairs("copy_", [](Tensor a, Tensor b) { return a.copy_(b.view({-1}).select(0, 0)); });

  numbers("add_number", [](Tensor a, torch::Scalar b) { return torch::add(a, b); });
  numbers("sub_number", [](Tensor a, torch::Scalar b) { return torch::sub(a, b); });
  numbers("mul_number", [](Tensor a, torch::Scalar b) { return torch::mul(a, b); });
  numbers("div_number", [](Tensor a, torch::Scalar b) { return torch::div(a, b); });
  numbers("remainder_number", [](Tensor a, torch::Scalar b) { return torch::remainder(a, b); });
  numbers("pow_number", [](Tensor a, torch::Scalar b) { return torch::pow(a, b); });
  numbers("number_pow", [](Tensor a, torch::Scalar b) { return torch::pow(b, a); });
  numbers("lt_number", [](Tensor a, torch::Scalar b) { return torch::lt(a, b); });
  numbers("clamp", [](Tensor a, torch::Scalar b) { return torch::clamp_min(a, b); });
  numbers("where_number", [](Tensor a, torch::Scalar b) { return torch::where(torch::ones({2}, torch::kBool), a, b); });
  numbers("masked_fill", [](Tensor a, torch::Scalar b) { return a.masked_fill(torch::ones({2}, torch::kBool), b); });
  numbers("add_number_", [](Tensor a, torch::Scalar b) { return a.add_(b); });
  numbers("mul_number_", [](Tensor a, torch::Scalar b) { return a.mul_(b); });
  numbers("fill_", [](Tensor a, torch::Scalar b) { return a.fill_(b); });

#define EACH(name) each(#name, [](Tensor a) { return torch::name(a); })
  EACH(neg); EACH(abs); EACH(sign); EACH(square); EACH(sqrt); EACH(exp); EACH(sin); EACH(erf); EACH(sigmoid); EACH(relu);
  EACH(floor); EACH(round); EACH(trunc); EACH(reciprocal); EACH(isnan); EACH(logical_not); EACH(bitwise_not); EACH(nan_to_num);
  EACH(sum); EACH(prod); EACH(mean); EACH(var); EACH(any); EACH(all); EACH(argmax); EACH(count_nonzero); EACH(norm);
  each("amax", [](Tensor a) { return torch::amax(a, {0}); });
  each("cumsum", [](Tensor a) { return torch::cumsum(a, 0); });
  each("cumprod", [](Tensor a) { return torch::cumprod(a, 0); });
  each("softmax", [](Tensor a) { return torch::softmax(a, 0); });
  each("logsumexp", [](Tensor a) { return torch::logsumexp(a, 0); });
}
