//===- versions.cpp - What was changed in place before its backward -------===//
#include "library.h"

static Tensor leaf(double low = -1, double high = 1) {
  return values(1, {2, 3}, low, high).set_requires_grad(true);
}

/// Whether backward() through f's result is refused once `change` was made.
static void changed(const std::string &name, const std::function<Tensor(Tensor)> &inner,
                    const std::function<Tensor(Tensor)> &outer,
                    const std::function<void(Tensor)> &change) {
  Tensor x = leaf(0.5, 1.5);
  Tensor y = inner(x);
  Tensor z = outer(y);
  showError(name, [&] {
    change(y); // agc may refuse this already
    z.sum().backward();
    show(name, x.grad());
  });
}

int main() {
  auto same = [](Tensor x) { return x; };
  auto twice = [](Tensor x) { return x * 2; };
  auto add = [](Tensor x) { x.add_(1); };
  // Of the result.
  changed("exp", [](Tensor x) { return x.exp(); }, same, [](Tensor x) { x.mul_(2); });
  changed("sigmoid", [](Tensor x) { return x.sigmoid(); }, same, add);
  changed("tanh", [](Tensor x) { return x.tanh(); }, same, add);
  changed("sqrt", [](Tensor x) { return x.sqrt(); }, same, add);
  changed("relu", [](Tensor x) { return torch::relu(x); }, same, add);
  changed("softmax", [](Tensor x) { return torch::softmax(x, 1); }, same, add);
  changed("sin", [](Tensor x) { return x.sin(); }, same, add);
  changed("add", [](Tensor x) { return x + 1; }, same, add);
  changed("mul", twice, same, add);
  // Of an operand.
  changed("operand of sin", twice, [](Tensor x) { return x.sin(); }, add);
  changed("operand of log", twice, [](Tensor x) { return x.log(); }, add);
  changed("operand of exp", twice, [](Tensor x) { return x.exp(); }, add);
  changed("operand of square", twice, [](Tensor x) { return x.square(); }, add);
  changed("operand of mul", twice, [](Tensor x) { return x * x; }, add);
  changed("operand of mul by a number", twice, [](Tensor x) { return x * 3; }, add);
  changed("operand of div", twice, [](Tensor x) { return 1 / x; }, add);
  changed("operand of div by a number", twice, [](Tensor x) { return x / 3; }, add);
  changed("operand of add", twice, [](Tensor x) { return x + x; }, add);
  changed("operand of sum", twice, [](Tensor x) { return x.sum(1); }, add);
  changed("operand of mm", twice, [](Tensor x) { return x.mm(x.t()); }, add);
  changed("operand of relu", twice, [](Tensor x) { return torch::relu(x); }, add);
  // Through views.
  changed("view of the operand", twice, [](Tensor x) { return x.view({6}).sin(); }, add);
  changed("write through a view", twice, [](Tensor x) { return x.sin(); },
          [](Tensor x) { x[0].add_(1); });
  changed("write to another view", twice, [](Tensor x) { return x[0].sin(); },
          [](Tensor x) { x[1].add_(1); });
  changed("clone of the operand", twice, [](Tensor x) { return x.clone().sin(); }, add);
  changed("detached alias", twice, [](Tensor x) { return x.sin(); },
          [](Tensor x) { x.detach().add_(1); });
  // What needs no gradient is kept too, where another's takes it.
  {
    Tensor x = leaf(), w = values(2, {2, 3});
    Tensor y = x * w;
    w.add_(1);
    showError("constant factor", [&] { y.sum().backward(); });
  }
  {
    Tensor x = leaf(), w = values(2, {2, 3});
    Tensor y = x + w;
    w.add_(1);
    showError("constant term", [&] { y.sum().backward(); });
  }
  // An operation in place keeps what it needs itself.
  {
    Tensor x = leaf();
    Tensor y = x * 2;
    y.mul_(values(3, {2, 3}));
    y.add_(1);
    showError("in place", [&] {
      y.sum().backward();
      show("in place", x.grad());
    });
  }
  // A parameter's update, and a loss from before it.
  {
    Tensor w = leaf(), x = leaf();
    Tensor loss = (w * x).sum();
    {
      torch::NoGradGuard quiet;
      w.sub_(0.1);
    }
    showError("update before backward", [&] { loss.backward(); });
  }
  {
    Tensor w = leaf();
    Tensor loss = (w * 3).sum();
    {
      torch::NoGradGuard quiet;
      w.sub_(0.1);
    }
    showError("update that nobody minds", [&] {
      loss.backward();
      show("update that nobody minds", w.grad());
    });
  }
  {
    torch::nn::Linear layer(3, 2);
    Tensor y = layer->forward(values(4, {4, 3}, -1, 1, torch::kFloat32));
    {
      torch::NoGradGuard quiet;
      layer->bias.sub_(0.1);
    }
    showError("bias before backward", [&] { y.sum().backward(); });
  }
}
