// The PyTorch autograd tutorial, word for word in C++. For libtorch the first
// lines are `#include <torch/torch.h>` and nothing; the rest is the same.
#include <agc/agc.h>
namespace torch = agc;

#include <iostream>

int main() {
  {
    auto x = torch::tensor(2.0f, torch::requires_grad());
    auto y = 2 * torch::pow(x, 2) + 1;
    std::cout << "x = " << x << "\ny = 2 * x**2 + 1 = " << y << '\n';
    y.backward();
    std::cout << "dy/dx = " << x.grad() << "\n\n";
  }
  {
    auto x = torch::tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}},
                           torch::requires_grad());
    auto y = 2 * x + 1;
    auto z = torch::pow(y, 2);
    auto out = z.mean();
    out.backward();
    std::cout << "x = " << x << "\nmean((2 * x + 1)**2) = " << out
              << "\nits gradient = " << x.grad() << '\n';
    (2 * x + 1).pow(2).mean().backward();
    std::cout << "a second backward() adds up: " << x.grad() << "\n\n";
  }
  {
    auto a = torch::tensor({2.f, 3.f}, torch::requires_grad());
    auto b = torch::tensor({6.f, 4.f}, torch::requires_grad());
    auto Q = 3 * torch::pow(a, 3) - torch::pow(b, 2);
    Q.backward(torch::tensor({1.f, 1.f}));
    std::cout << "Q = 3a**3 - b**2 = " << Q << "\ndQ/da = " << a.grad()
              << "\ndQ/db = " << b.grad() << '\n';
  }
}
