// A user's own functions, hooks, kept gradients, accumulation, what is detached
// and what is tied.
#include "training.h"

namespace nn = torch::nn;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// x^3, whose backward saves x and a number.
struct Cube : torch::autograd::Function<Cube> {
  static Tensor forward(AutogradContext *ctx, Tensor x, double factor) {
    ctx->save_for_backward({x});
    ctx->saved_data["factor"] = factor;
    return factor * x * x * x;
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    Tensor x = ctx->get_saved_variables()[0];
    return {grads[0] * ctx->saved_data["factor"].toDouble() * 3 * x * x, Tensor()};
  }
};

/// Forward a sign, backward as if it were not there: a straight-through step.
struct Sign : torch::autograd::Function<Sign> {
  static Tensor forward(AutogradContext *, Tensor x) { return torch::sign(x); }
  static variable_list backward(AutogradContext *, variable_list grads) { return {grads[0].clamp(-0.5, 0.5)}; }
};

/// Two results, one of which has no gradient.
struct Parts : torch::autograd::Function<Parts> {
  static variable_list forward(AutogradContext *ctx, Tensor x) {
    Tensor whole = torch::floor(x), rest = x - whole;
    ctx->mark_non_differentiable({whole});
    return {whole, rest};
  }
  static variable_list backward(AutogradContext *, variable_list grads) { return {grads[1] * 2}; }
};

struct TiedImpl : nn::Module {
  TiedImpl() {
    in = register_module("in", nn::Linear(nn::LinearOptions(4, 4).bias(false)));
    out = register_module("out", nn::Linear(4, 4));
    out->weight = in->weight; // only forward knows: out's own stays registered
  }
  Tensor forward(Tensor x) { return torch::linear(torch::tanh(in(x)), out->weight, out->bias); }
  nn::Linear in{nullptr}, out{nullptr};
};
TORCH_MODULE(Tied);

int main() {
  check("cube", [](const std::vector<Tensor> &v) { return Cube::apply(v[0], 0.5) * v[1]; }, {values(1, {2, 3}), values(2, {3})});
  check("sign", [](const std::vector<Tensor> &v) { return Sign::apply(v[0] * 2) * v[0]; }, {values(1, {4})});
  check("parts", [](const std::vector<Tensor> &v) { variable_list parts = Parts::apply(v[0]); return parts[0] * v[0] + parts[1].pow(2); }, {values(3, {5})});
  {
    variable_list parts = Parts::apply(values(3, {2}).set_requires_grad(true));
    std::printf("parts %d %d\n", int(parts[0].requires_grad()), int(parts[1].requires_grad()));
  }
  {
    Tensor x = values(4, {3}).set_requires_grad(true), y = x * 3, z = y.sin();
    std::vector<std::string> order;
    y.retain_grad();
    auto handle = z.register_hook([&](Tensor) { order.push_back("removed"); });
    z.remove_hook(handle);
    z.register_hook([&](Tensor g) { order.push_back("z"); return g * 2; });
    y.register_hook([&](Tensor) { order.push_back("y"); });
    x.register_hook([&](Tensor g) { order.push_back("x"); return g + 1; });
    z.sum().backward();
    show("hooks.y", y.grad());
    show("hooks.x", x.grad());
    for (const std::string &name : order)
      std::printf("hook %s\n", name.c_str());
  }
  {
    Tensor x = values(5, {3}).set_requires_grad(true), y = x.exp();
    y.backward(values(6, {3}), /*retain_graph=*/true);
    y.sum().backward();
    show("accumulated", x.grad());
    x.mutable_grad().zero_();
    (x.detach() * x).sum().backward();
    show("detached", x.grad());
    {
      torch::NoGradGuard quiet;
      x.sub_(0.1 * x.grad());
    }
    show("updated", x);
    std::vector<Tensor> g = torch::autograd::grad({(x * x).sum()}, {x, y}, {}, false, false, true);
    std::printf("unused %d\n", int(g[1].defined()));
    showError("unused", [&] { torch::autograd::grad({(x * x).sum()}, {y}); });
    showError("no grad_fn", [&] { x.detach().sum().backward(); });
    showError("not a scalar", [&] { (x * 2).backward(); });
    showError("leaf in place", [&] { x.mul_(2); });
    Tensor twice = (x * x).sum();
    twice.backward();
    showError("freed", [&] { twice.backward(); });
  }
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    Tied model;
    model->to(type);
    fill(*model);
    model->out->weight = model->in->weight;
    torch::optim::SGD sgd({model->in->weight, model->out->bias}, torch::optim::SGDOptions(0.1).momentum(0.9));
    train(type == torch::kFloat64 ? "f64.tied" : "f32.tied", *model, sgd, [&] {
      return (model(values(7, {5, 4}, -1, 1, type)) - values(8, {5, 4}, -1, 1, type)).pow(2).mean();
    });
  }
}
