#include <agc/models.h>

#include <agc/nn/Init.h>

namespace agc::models {

using namespace agc::nn;

MlpImpl::MlpImpl(std::vector<int64_t> sizes) {
  if (sizes.size() < 2)
    throw Error("AGC0104", "'agc.mlp' expects at least two sizes");
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
    throw Error("AGC0104", "'agc.lenet' expects images of at least 4 x 4");
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

namespace {
Conv2d conv(int64_t in, int64_t out, int64_t size, int64_t stride) {
  Conv2d layer(Conv2dOptions(in, out, size).stride(stride).padding(size / 2).bias(false));
  init::kaiming_normal_(layer->weight, 0, kFanOut, kReLU);
  return layer;
}
} // namespace

BasicBlockImpl::BasicBlockImpl(int64_t in, int64_t out, int64_t stride) {
  conv1 = register_module("conv1", conv(in, out, 3, stride));
  bn1 = register_module("bn1", BatchNorm2d(out));
  conv2 = register_module("conv2", conv(out, out, 3, 1));
  bn2 = register_module("bn2", BatchNorm2d(out));
  if (stride != 1 || in != out)
    downsample = register_module(
        "downsample", Sequential(conv(in, out, 1, stride), BatchNorm2d(out)));
}
Tensor BasicBlockImpl::forward(Arg x) {
  Tensor y = relu(bn1->forward(conv1->forward(x)));
  y = bn2->forward(conv2->forward(y));
  return relu(y + (downsample ? downsample->forward(x) : x.tensor));
}

ResNet18Impl::ResNet18Impl(int64_t classes, int64_t channels) {
  conv1 = register_module(
      "conv1", Conv2d(Conv2dOptions(channels, 64, 7).stride(2).padding(3).bias(false)));
  init::kaiming_normal_(conv1->weight, 0, kFanOut, kReLU);
  bn1 = register_module("bn1", BatchNorm2d(64));
  auto stage = [&](const char *name, int64_t in, int64_t out, int64_t stride) {
    return register_module(
        name, Sequential(BasicBlock(in, out, stride), BasicBlock(out, out, 1)));
  };
  layer1 = stage("layer1", 64, 64, 1);
  layer2 = stage("layer2", 64, 128, 2);
  layer3 = stage("layer3", 128, 256, 2);
  layer4 = stage("layer4", 256, 512, 2);
  fc = register_module("fc", Linear(512, classes));
}
Tensor ResNet18Impl::forward(Arg x) {
  Tensor y = relu(bn1->forward(conv1->forward(x)));
  y = max_pool2d(y, 3, 2, 1);
  y = layer4->forward(layer3->forward(layer2->forward(layer1->forward(y))));
  return fc->forward(adaptive_avg_pool2d(y, 1).flatten(1));
}

ElementwiseImpl::ElementwiseImpl(std::vector<int64_t> shape) {
  w = register_parameter("w", rand(shape));
}
Tensor ElementwiseImpl::forward(Arg x) {
  Tensor y = w;
  for (int round = 0; round < 4; ++round)
    y = tanh(y * x.tensor + 0.5) * sigmoid(y) - 0.25 * y;
  return y;
}

Mlp mlp(std::vector<int64_t> sizes) { return Mlp(std::move(sizes)); }
Lenet lenet(int64_t classes, int64_t channels, int64_t height, int64_t width) {
  return Lenet(classes, channels, height, width);
}
ResNet18 resnet18(int64_t classes, int64_t channels) { return ResNet18(classes, channels); }
Elementwise elementwise(std::vector<int64_t> shape) { return Elementwise(std::move(shape)); }

} // namespace agc::models
