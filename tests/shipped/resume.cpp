// Training in process, from a checkpoint to a checkpoint:
//
//   resume PROGRAM.agc            writes the step, and its beginning as zero.safetensors
//   resume IN OUT STEPS           takes IN, trains, writes OUT; prints the losses
#include <agc/agc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace F = agc::nn::functional;

/// All kinds of state: parameters, statistics, an optimizer's, a generator's, and
/// tensors that no module has, one for training and one for evaluation.
struct NetImpl : agc::nn::Module {
  agc::nn::Conv2d conv{nullptr};
  agc::nn::BatchNorm2d norm{nullptr};
  agc::nn::Dropout dropout{nullptr};
  agc::nn::Linear fc{nullptr};
  agc::Tensor warm = agc::arange(1.f, 4.f).view({3, 1, 1}) / 2, cold = agc::full({3, 1, 1}, 0.75f);

  NetImpl() {
    conv = register_module("conv", agc::nn::Conv2d(1, 3, 3));
    norm = register_module("norm", agc::nn::BatchNorm2d(3));
    dropout = register_module("dropout", agc::nn::Dropout(0.25));
    fc = register_module("fc", agc::nn::Linear(12, 3));
  }
  agc::Tensor forward(const agc::Tensor &x) {
    agc::Tensor y = norm(conv(x)) * (is_training() ? warm : cold) * 1.5;
    return fc(dropout(agc::relu(y)).view({8, 12}));
  }
};
AGC_MODULE(Net);

static void run(int count, char **words) {
  agc::manual_seed(0);
  Net net;
  agc::optim::Adam adam(net->parameters(), agc::optim::AdamOptions(0.01));
  auto step = agc::train_step(net, F::cross_entropy, adam, agc::spec({8, 1, 4, 4}),
                              agc::spec({8}, agc::kInt64));
  if (count == 2) {
    step.save(words[1]);
    step.save_checkpoint("zero.safetensors");
    return;
  }
  step.load_checkpoint(words[1]);
  // Any row is as the others, so that their order is no matter.
  agc::Tensor images = (agc::arange(16.f) / 16).view({1, 1, 4, 4}).expand({8, 1, 4, 4}).contiguous();
  agc::Tensor labels = agc::ones({8}, agc::kInt64);
  for (int i = 0; i < std::atoi(words[3]); ++i) {
    float loss = step(images, labels);
    unsigned bits;
    std::memcpy(&bits, &loss, 4);
    std::printf("%08x\n", bits);
  }
  step.save_checkpoint(words[2]);
}

int main(int count, char **words) {
  try {
    run(count, words);
    return 0;
  } catch (const agc::Error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
