// The shipped step and the one in process are one: the same bits in every parameter
// after 50 steps, from the same beginning.
#include "lenet.h"

#include <agc/agc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main() {
  agc::manual_seed(0);
  auto model = agc::models::lenet(10, 1, 8, 8);
  agc::optim::SGD optimizer(model->parameters(), agc::optim::SGDOptions(0.01));
  auto step = agc::train_step(model, agc::nn::functional::cross_entropy, optimizer,
                              agc::spec({32, 1, 8, 8}), agc::spec({32}, agc::kInt64));
  auto *state = static_cast<char *>(std::aligned_alloc(64, LENET_STATE_BYTES)),
       *workspace = static_cast<char *>(std::aligned_alloc(64, LENET_WORKSPACE_BYTES));
  if (lenet_init(state, 0) != LENET_OK)
    return 1;
  int different = 0;
  auto compare = [&](const char *when) {
    for (const auto &item : model->named_parameters()) {
      agc::Tensor value = item.value().detach().contiguous();
      const void *shipped = lenet_parameter(state, item.key().c_str());
      if (!shipped || std::memcmp(shipped, value.const_data_ptr<float>(), 4 * size_t(value.numel()))) {
        std::printf("%s: %s differs\n", when, item.key().c_str());
        ++different;
      }
    }
  };
  // The constructor draws the same numbers from the same seed.
  compare("at first");
  for (int i = 0; i < 50; ++i) {
    agc::Tensor images = agc::rand({32, 1, 8, 8}), labels = agc::randint(0, 10, {32}, agc::kInt64);
    lenet_batch batch = {images.data_ptr<float>(), labels.data_ptr<int64_t>()};
    lenet_hyper hyper = {0.01f};
    float loss, expected = step(images, labels);
    if (lenet_train_step(state, &batch, &hyper, &loss, workspace, nullptr) != LENET_OK || loss != expected) {
      std::printf("step %d: loss %g, in process %g\n", i, double(loss), double(expected));
      return 1;
    }
  }
  compare("after 50 steps");
  if (!different)
    std::printf("the same bits\n");
  return different != 0;
}
