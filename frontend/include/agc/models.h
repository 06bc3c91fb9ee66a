//===- models.h - Models that come with agc -------------------------------===//
#ifndef AGC_MODELS_H
#define AGC_MODELS_H

#include <agc/nn/Modules.h>

namespace agc::models {

/// Linear layers with ReLU between; images are flattened.
class MlpImpl : public nn::Module {
public:
  /// Errors: fewer than two sizes.
  explicit MlpImpl(std::vector<int64_t> sizes);
  Tensor forward(Arg x);

private:
  nn::Sequential layers{nullptr};
};
AGC_MODULE(Mlp);

/// Two convolutions and pools, two linear layers, for small images.
class LenetImpl : public nn::Module {
public:
  LenetImpl(int64_t classes, int64_t channels, int64_t height, int64_t width);
  Tensor forward(Arg x);

private:
  nn::Conv2d conv1{nullptr}, conv2{nullptr};
  nn::Linear fc1{nullptr}, fc2{nullptr};
};
AGC_MODULE(Lenet);

/// Two convolutions beside a shortcut.
class BasicBlockImpl : public nn::Module {
public:
  BasicBlockImpl(int64_t in, int64_t out, int64_t stride);
  Tensor forward(Arg x);

private:
  nn::Conv2d conv1{nullptr}, conv2{nullptr};
  nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
  nn::Sequential downsample{nullptr};
};
AGC_MODULE(BasicBlock);

/// ResNet-18 (He et al. 2015), with torchvision's names.
class ResNet18Impl : public nn::Module {
public:
  explicit ResNet18Impl(int64_t classes = 1000, int64_t channels = 3);
  Tensor forward(Arg x);

  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  nn::Sequential layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  nn::Linear fc{nullptr};
};
AGC_MODULE(ResNet18);

/// Four rounds of tanh(w x + 0.5) sigmoid(w) - 0.25 w, element by element; the
/// output is w after them.
class ElementwiseImpl : public nn::Module {
public:
  explicit ElementwiseImpl(std::vector<int64_t> shape);
  Tensor forward(Arg x);

  Tensor w;
};
AGC_MODULE(Elementwise);

Mlp mlp(std::vector<int64_t> sizes);
Lenet lenet(int64_t classes = 10, int64_t channels = 1, int64_t height = 28,
            int64_t width = 28);
ResNet18 resnet18(int64_t classes = 1000, int64_t channels = 3);
Elementwise elementwise(std::vector<int64_t> shape);

} // namespace agc::models

#endif
