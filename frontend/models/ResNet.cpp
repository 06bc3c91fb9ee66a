#include <agc/models.h>

#include <agc/nn/Init.h>

namespace agc::models {

using namespace agc::nn;

namespace {

Conv2d conv(int64_t in, int64_t out, int64_t size, int64_t stride) {
  Conv2d layer(Conv2dOptions(in, out, size).stride(stride).padding(size / 2).bias(false));
  init::kaiming_normal_(layer->weight, 0, kFanOut, kReLU);
  return layer;
}

/// What a shortcut does where sizes change.
Sequential shortcut(int64_t in, int64_t out, int64_t stride) {
  return Sequential(conv(in, out, 1, stride), BatchNorm2d(out));
}

template <typename Block> Sequential stage(int64_t &in, int64_t width, int64_t count, int64_t stride) {
  Sequential blocks(std::make_shared<SequentialImpl>());
  for (int64_t i = 0; i < count; ++i) {
    blocks->push_back(Block(in, width, i ? 1 : stride));
    in = width * Block::Impl::expansion;
  }
  return blocks;
}

} // namespace

BasicBlockImpl::BasicBlockImpl(int64_t in, int64_t width, int64_t stride) {
  conv1 = register_module("conv1", conv(in, width, 3, stride));
  bn1 = register_module("bn1", BatchNorm2d(width));
  conv2 = register_module("conv2", conv(width, width, 3, 1));
  bn2 = register_module("bn2", BatchNorm2d(width));
  if (stride != 1 || in != width)
    downsample = register_module("downsample", shortcut(in, width, stride));
}
Tensor BasicBlockImpl::forward(Arg x) {
  Tensor y = relu(bn1->forward(conv1->forward(x)));
  y = bn2->forward(conv2->forward(y));
  return relu(y + (downsample ? downsample->forward(x) : x.tensor));
}

BottleneckImpl::BottleneckImpl(int64_t in, int64_t width, int64_t stride) {
  int64_t out = width * expansion;
  conv1 = register_module("conv1", conv(in, width, 1, 1));
  bn1 = register_module("bn1", BatchNorm2d(width));
  conv2 = register_module("conv2", conv(width, width, 3, stride));
  bn2 = register_module("bn2", BatchNorm2d(width));
  conv3 = register_module("conv3", conv(width, out, 1, 1));
  bn3 = register_module("bn3", BatchNorm2d(out));
  if (stride != 1 || in != out)
    downsample = register_module("downsample", shortcut(in, out, stride));
}
Tensor BottleneckImpl::forward(Arg x) {
  Tensor y = relu(bn1->forward(conv1->forward(x)));
  y = relu(bn2->forward(conv2->forward(y)));
  y = bn3->forward(conv3->forward(y));
  return relu(y + (downsample ? downsample->forward(x) : x.tensor));
}

ResNetImpl::ResNetImpl(Block block, std::vector<int64_t> blocks, int64_t classes, int64_t channels) {
  if (blocks.size() != 4)
    throw Error("AGC0104", "'agc.resnet' expects four stages, got " + std::to_string(blocks.size()));
  conv1 = register_module("conv1", conv(channels, 64, 7, 2));
  bn1 = register_module("bn1", BatchNorm2d(64));
  int64_t in = 64;
  Sequential *stages[] = {&layer1, &layer2, &layer3, &layer4};
  for (size_t i = 0; i < 4; ++i) {
    auto make = block == Block::Basic ? stage<BasicBlock> : stage<Bottleneck>;
    *stages[i] = register_module("layer" + std::to_string(i + 1), make(in, int64_t(64) << i, blocks[i], i ? 2 : 1));
  }
  fc = register_module("fc", Linear(in, classes));
}
Tensor ResNetImpl::forward(Arg x) {
  Tensor y = relu(bn1->forward(conv1->forward(x)));
  y = max_pool2d(y, 3, 2, 1);
  y = layer4->forward(layer3->forward(layer2->forward(layer1->forward(y))));
  return fc->forward(adaptive_avg_pool2d(y, 1).flatten(1));
}

ResNet resnet18(int64_t classes, int64_t channels) {
  return ResNet(ResNetImpl::Block::Basic, std::vector<int64_t>{2, 2, 2, 2}, classes, channels);
}
ResNet resnet34(int64_t classes, int64_t channels) {
  return ResNet(ResNetImpl::Block::Basic, std::vector<int64_t>{3, 4, 6, 3}, classes, channels);
}
ResNet resnet50(int64_t classes, int64_t channels) {
  return ResNet(ResNetImpl::Block::Bottleneck, std::vector<int64_t>{3, 4, 6, 3}, classes, channels);
}

} // namespace agc::models
