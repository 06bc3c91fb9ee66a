// Convolutions of one and two dimensions, forward and transposed, with every
// option; modules trained for twenty steps.
#include "training.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor x = values(1, {2, 4, 5, 6}), w = values(2, {6, 4, 3, 2}), b = values(3, {6}), grouped = values(4, {6, 2, 3, 2});
  Tensor line = values(5, {2, 4, 7}), k = values(6, {3, 4, 3}), u = values(7, {4, 3, 3, 2}), ub = values(8, {3});
  CHECK("conv2d", F::conv2d(v[0], v[1], F::Conv2dFuncOptions().bias(v[2])), x, w, b);
  CHECK("conv2d_options", F::conv2d(v[0], v[1], F::Conv2dFuncOptions().stride({2, 1}).padding({1, 2}).dilation({1, 2}).groups(2)), x, grouped);
  CHECK("conv2d_same", F::conv2d(v[0], v[1], F::Conv2dFuncOptions().padding(torch::kSame)), x, w);
  CHECK("conv2d_same_dilated", torch::conv2d(v[0], v[1], {}, 1, "same", {2, 1}), x, w);
  CHECK("conv2d_valid", F::conv2d(v[0], v[1], F::Conv2dFuncOptions().padding(torch::kValid).stride(2)), x, w);
  CHECK("conv2d_unbatched", torch::conv2d(v[0], v[1], v[2], 2, 1), values(9, {4, 5, 6}), w, b);
  CHECK("conv1d", F::conv1d(v[0], v[1], F::Conv1dFuncOptions().stride(2).padding(1)), line, k);
  CHECK("conv1d_same", F::conv1d(v[0], v[1], F::Conv1dFuncOptions().padding(torch::kSame).dilation(2).bias(v[2])), line, k, ub);
  CHECK("transpose", F::conv_transpose2d(v[0], v[1], F::ConvTranspose2dFuncOptions().bias(v[2])), x, u, ub);
  CHECK("transpose_options", F::conv_transpose2d(v[0], v[1], F::ConvTranspose2dFuncOptions().stride({2, 3}).padding({1, 0}).output_padding({1, 2}).groups(2).dilation({2, 1})), x, values(10, {4, 2, 3, 2}));

  nn::Conv2d same(nn::Conv2dOptions(4, 3, {3, 2}).padding(torch::kSame));
  nn::Conv2d reflect(nn::Conv2dOptions(4, 2, 3).padding({2, 1}).padding_mode(torch::kReflect).bias(false));
  nn::Conv2d replicate(nn::Conv2dOptions(4, 2, 3).padding(1).padding_mode(torch::kReplicate).stride(2));
  nn::Conv2d circular(nn::Conv2dOptions(4, 2, 2).padding(torch::kSame).padding_mode(torch::kCircular));
  nn::Conv1d row(nn::Conv1dOptions(4, 2, 3).padding(2).padding_mode(torch::kReflect).groups(2));
  nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(4, 2, 3).stride(2).padding(1).output_padding(1));
  auto forward = [&](const std::string &name, auto module, const Tensor &input) {
    module->to(torch::kFloat64);
    fill(*module);
    Tensor in = input.detach().clone().set_requires_grad(true);
    Tensor y = module(in);
    show(name, y);
    (y * y).sum().backward();
    show(name + ".dx", in.grad());
    show(name + ".dw", module->weight.grad());
  };
  forward("m.same", same, x);
  forward("m.reflect", reflect, x);
  forward("m.replicate", replicate, x);
  forward("m.circular", circular, x);
  forward("m.row", row, line);
  forward("m.up", up, x);
  std::vector<int64_t> wanted = {9, 12};
  show("m.up_to_size", up->forward(x, torch::IntArrayRef(wanted)));

  trainBoth("conv", [] { return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 3, 3).padding(1)), nn::ReLU(), nn::ConvTranspose2d(nn::ConvTranspose2dOptions(3, 1, 2).stride(2)), nn::Conv2d(nn::Conv2dOptions(1, 1, 3).padding(1).padding_mode(torch::kReplicate))); },
            [](auto module, auto type) { return (module->forward(values(20, {2, 1, 4, 4}, -1, 1, type)) - values(21, {2, 1, 8, 8}, -1, 1, type)).pow(2).mean(); });
  showError("bad groups", [] { nn::Conv2d(nn::Conv2dOptions(3, 4, 3).groups(2)); });
  showError("same with stride", [] { nn::Conv2d(nn::Conv2dOptions(3, 4, 3).stride(2).padding(torch::kSame)); });
  showError("other channels", [&] { F::conv2d(x, grouped); });
  showError("output_padding", [&] { F::conv_transpose2d(x, u, F::ConvTranspose2dFuncOptions().output_padding(1)); });
}
