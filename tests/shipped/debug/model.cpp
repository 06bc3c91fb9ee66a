// A model, traced and compiled with debug information. What its lines are for is said
// behind them; tests/shipped/debug/run finds them by that.
#include <agc/agc.h>

struct NetImpl : agc::nn::Module {
  agc::nn::Linear first{nullptr}, second{nullptr};
  NetImpl() {
    first = register_module("first", agc::nn::Linear(24, 48));
    second = register_module("second", agc::nn::Linear(48, 4));
  }
  agc::Tensor forward(const agc::Tensor &x) {
    agc::Tensor y = first(x);        // line of a product
    agc::Tensor z = agc::tanh(y);    // line of a map
    agc::Tensor w = z * z + 0.5 * z; // line that is fused with it
    return second(w);
  }
};
AGC_MODULE(Net);

int main(int, char **argv) {
  agc::manual_seed(0);
  Net net;
  agc::optim::SGD sgd(net->parameters(), agc::optim::SGDOptions(0.1));
  auto step = agc::train_step(net, agc::nn::functional::mse_loss, sgd, agc::spec({32, 24}),
                              agc::spec({32, 4}));
  step.save("net.agc");
  step.compile({.debug_info = true}).write(argv[1]);
}
