// Pools of one and two dimensions with every option.
#include "training.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor x = values(1, {2, 3, 5, 7}), line = values(2, {2, 3, 9});
  CHECK("max_pool2d", F::max_pool2d(v[0], F::MaxPool2dFuncOptions(2)), x);
  CHECK("max_pool2d_options", F::max_pool2d(v[0], F::MaxPool2dFuncOptions({3, 2}).stride({2, 1}).padding({1, 1}).ceil_mode(true)), x);
  CHECK("max_pool2d_dilated", F::max_pool2d(v[0], F::MaxPool2dFuncOptions({2, 3}).stride({2, 2}).padding({1, 1}).dilation({2, 2}).ceil_mode(true)), x);
  CHECK("max_pool1d_dilated", F::max_pool1d(v[0], F::MaxPool1dFuncOptions(3).stride(1).dilation(3)), line);
  CHECK("max_pool1d", F::max_pool1d(v[0], F::MaxPool1dFuncOptions(3).stride(2).padding(1)), line);
  CHECK("avg_pool2d", F::avg_pool2d(v[0], F::AvgPool2dFuncOptions({2, 3})), x);
  CHECK("avg_pool2d_options", F::avg_pool2d(v[0], F::AvgPool2dFuncOptions(3).stride(2).padding(1).ceil_mode(true).count_include_pad(false)), x);
  CHECK("avg_pool2d_divisor", F::avg_pool2d(v[0], F::AvgPool2dFuncOptions(2).divisor_override(3)), x);
  CHECK("avg_pool1d", F::avg_pool1d(v[0], F::AvgPool1dFuncOptions(3).stride(2).padding(1)), line);
  CHECK("avg_pool1d_ceil", F::avg_pool1d(v[0], F::AvgPool1dFuncOptions(4).ceil_mode(true).count_include_pad(false)), line);
  CHECK("adaptive1d", F::adaptive_avg_pool1d(v[0], F::AdaptiveAvgPool1dFuncOptions(4)), line);
  CHECK("adaptive2d", F::adaptive_avg_pool2d(v[0], F::AdaptiveAvgPool2dFuncOptions({2, 3})), x);
  CHECK("adaptive2d_open", F::adaptive_avg_pool2d(v[0], F::AdaptiveAvgPool2dFuncOptions({std::nullopt, 4})), x);
  show("m.max1d", nn::MaxPool1d(nn::MaxPool1dOptions(2).padding(1))(line));
  show("m.max2d", nn::MaxPool2d(2)(x));
  show("m.avg1d", nn::AvgPool1d(nn::AvgPool1dOptions(2).stride(1))(line));
  show("m.avg2d", nn::AvgPool2d(nn::AvgPool2dOptions({2, 1}))(x));
  show("m.adaptive1d", nn::AdaptiveAvgPool1d(2)(line));
  show("m.adaptive2d", nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({3, 2}))(x));
  show("m.adaptive2d_one", nn::AdaptiveAvgPool2d(1)(x));
  trainBoth("pools", [] { return nn::Sequential(nn::Conv1d(nn::Conv1dOptions(2, 4, 3).padding(1)), nn::Tanh(), nn::MaxPool1d(2), nn::Conv1d(4, 3, 2), nn::AvgPool1d(nn::AvgPool1dOptions(2).stride(1)), nn::AdaptiveAvgPool1d(2), nn::Flatten(), nn::Linear(6, 2)); },
            [](auto module, auto type) { return (module->forward(values(20, {4, 2, 12}, -1, 1, type)) - values(21, {4, 2}, -1, 1, type)).pow(2).mean(); });
  showError("too much padding", [&] { F::max_pool2d(x, F::MaxPool2dFuncOptions(2).padding(2)); });
  showError("window beyond", [&] { F::avg_pool1d(line, F::AvgPool1dFuncOptions(12)); });
  showError("divisor of 0", [&] { F::avg_pool2d(x, F::AvgPool2dFuncOptions(2).divisor_override(0)); });
}
