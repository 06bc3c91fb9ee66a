#include <agc/models.h>

namespace agc::models {

using namespace agc::nn;

MlpImpl::MlpImpl(std::vector<int64_t> sizes) {
  if (sizes.size() < 2)
    throw Error("AGC0104", "'agc.mlp' expects at least two sizes, got " + std::to_string(sizes.size()));
  layers = register_module("layers", Sequential(std::make_shared<SequentialImpl>()));
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    layers->push_back(Linear(sizes[i], sizes[i + 1]));
    if (i + 2 < sizes.size())
      layers->push_back(ReLU());
  }
}
Tensor MlpImpl::forward(Arg x) {
  return layers->forward(x.tensor.dim() > 2 ? Arg(flatten(x, 1), x.loc) : x);
}

LenetImpl::LenetImpl(int64_t classes, int64_t channels, int64_t height, int64_t width) {
  // Two poolings halve twice.
  if (height < 4 || width < 4)
    throw Error("AGC0104", "'agc.lenet' expects images of at least 4 x 4, got " +
                               std::to_string(height) + " x " + std::to_string(width));
  conv1 = register_module("conv1", Conv2d(Conv2dOptions(channels, 16, 3).padding(1)));
  conv2 = register_module("conv2", Conv2d(Conv2dOptions(16, 32, 3).padding(1)));
  fc1 = register_module("fc1", Linear(32 * (height / 4) * (width / 4), 128));
  fc2 = register_module("fc2", Linear(128, classes));
}
Tensor LenetImpl::forward(Arg x) {
  Tensor y = max_pool2d(relu(conv1->forward(x)), 2);
  y = max_pool2d(relu(conv2->forward(y)), 2);
  return fc2->forward(relu(fc1->forward(y.flatten(1))));
}

ElementwiseImpl::ElementwiseImpl(std::vector<int64_t> shape) {
  w = register_parameter("w", rand(shape, {}, Loc()));
}
Tensor ElementwiseImpl::forward(Arg x) {
  Tensor y = w;
  for (int round = 0; round < 4; ++round)
    y = tanh(y * x.tensor + 0.5) * sigmoid(y) - 0.25 * y;
  return y;
}

Mlp mlp(std::vector<int64_t> sizes, Loc loc) { return Mlp(std::move(sizes), loc); }
Lenet lenet(int64_t classes, int64_t channels, int64_t height, int64_t width, Loc loc) {
  return Lenet::makeAt(loc, classes, channels, height, width);
}
Elementwise elementwise(std::vector<int64_t> shape, Loc loc) { return Elementwise(std::move(shape), loc); }

} // namespace agc::models
