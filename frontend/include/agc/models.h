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

/// Two convolutions of 3 x 3 beside a shortcut.
class BasicBlockImpl : public nn::Module {
public:
  static constexpr int64_t expansion = 1;
  BasicBlockImpl(int64_t in, int64_t width, int64_t stride);
  Tensor forward(Arg x);

private:
  nn::Conv2d conv1{nullptr}, conv2{nullptr};
  nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
  nn::Sequential downsample{nullptr};
};
AGC_MODULE(BasicBlock);

/// Convolutions of 1, 3 and 1, four times as many channels at the end, beside a
/// shortcut; the second has the stride.
class BottleneckImpl : public nn::Module {
public:
  static constexpr int64_t expansion = 4;
  BottleneckImpl(int64_t in, int64_t width, int64_t stride);
  Tensor forward(Arg x);

private:
  nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  nn::Sequential downsample{nullptr};
};
AGC_MODULE(Bottleneck);

/// A residual network (He et al. 2015), with torchvision's names.
class ResNetImpl : public nn::Module {
public:
  enum class Block { Basic, Bottleneck };
  /// \p blocks: of each of the four stages.
  ResNetImpl(Block block, std::vector<int64_t> blocks, int64_t classes = 1000, int64_t channels = 3);
  Tensor forward(Arg x);

  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  nn::Sequential layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  nn::Linear fc{nullptr};
};
AGC_MODULE(ResNet);
using ResNet18 = ResNet;
using ResNet34 = ResNet;
using ResNet50 = ResNet;

/// Causal attention and a feed-forward, each behind a norm and beside a shortcut.
class GptBlockImpl : public nn::Module {
public:
  GptBlockImpl(int64_t width, int64_t heads);
  Tensor forward(Arg x);

private:
  int64_t heads;
  nn::LayerNorm ln1{nullptr}, ln2{nullptr};
  nn::Linear qkv{nullptr}, proj{nullptr}, fc{nullptr}, out{nullptr};
};
AGC_MODULE(GptBlock);

/// A language model: the next token at each of [n, t] tokens, as scores
/// [n, t, vocab]. The head is the table of tokens.
class GptImpl : public nn::Module {
public:
  /// Errors: AGC0104, a size below 1, heads that do not divide the width.
  GptImpl(int64_t layers, int64_t heads, int64_t width, int64_t block, int64_t vocab);
  /// Errors: AGC0107, more tokens than a block.
  Tensor forward(Arg tokens);

private:
  nn::Embedding tok{nullptr}, pos{nullptr};
  nn::ModuleList blocks{nullptr};
  nn::LayerNorm ln{nullptr};
};
AGC_MODULE(Gpt);

/// Scores of classes from the last step of an LSTM over [n, t, i].
class LstmClassifierImpl : public nn::Module {
public:
  LstmClassifierImpl(int64_t input, int64_t hidden, int64_t classes);
  Tensor forward(Arg x);

private:
  nn::LSTM lstm{nullptr};
  nn::Linear fc{nullptr};
};
AGC_MODULE(LstmClassifier);

/// Four rounds of tanh(w x + 0.5) sigmoid(w) - 0.25 w, element by element; the
/// output is w after them.
class ElementwiseImpl : public nn::Module {
public:
  explicit ElementwiseImpl(std::vector<int64_t> shape);
  Tensor forward(Arg x);

  Tensor w;
};
AGC_MODULE(Elementwise);

Mlp mlp(std::vector<int64_t> sizes, Loc loc = Loc::current());
Lenet lenet(int64_t classes = 10, int64_t channels = 1, int64_t height = 28,
            int64_t width = 28, Loc loc = Loc::current());
ResNet resnet18(int64_t classes = 1000, int64_t channels = 3);
ResNet resnet34(int64_t classes = 1000, int64_t channels = 3);
ResNet resnet50(int64_t classes = 1000, int64_t channels = 3);
Gpt gpt(int64_t layers = 4, int64_t heads = 4, int64_t width = 128, int64_t block = 64, int64_t vocab = 65,
        Loc loc = Loc::current());
LstmClassifier lstm_classifier(int64_t input, int64_t hidden = 128, int64_t classes = 10,
                               Loc loc = Loc::current());
Elementwise elementwise(std::vector<int64_t> shape, Loc loc = Loc::current());

} // namespace agc::models

#endif
