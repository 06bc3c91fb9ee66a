// Modules made of modules: calling, names, printing, cloning.
#include "training.h"

#include <sstream>

namespace nn = torch::nn;

struct TwoImpl : nn::Cloneable<TwoImpl> {
  TwoImpl(int64_t in, int64_t out) : in(in), out(out) { reset(); }
  void reset() override {
    a = register_module("a", nn::Linear(in, out));
    b = register_module("b", nn::Linear(nn::LinearOptions(in, out).bias(false)));
    scale = register_parameter("scale", torch::ones({out}));
    count = register_buffer("count", torch::zeros({2}));
  }
  Tensor forward(Tensor x, Tensor y, bool adds) { return (adds ? a(x) + b(y) : a(x) - b(y)) * scale; }
  int64_t in, out;
  nn::Linear a{nullptr}, b{nullptr};
  Tensor scale, count;
};
TORCH_MODULE(Two);

struct LengthImpl : nn::Module {
  int64_t forward(Tensor x) { return x.numel(); }
};
struct HalfImpl : nn::Module {
  double forward(int64_t n) { return double(n) / 2; }
};

template <typename M> void print(const std::string &name, const M &module) {
  std::ostringstream out;
  out << module;
  std::printf("%s\n%s\n", name.c_str(), out.str().c_str());
}

int main() {
  Tensor x = values(1, {2, 3}, -1, 1, torch::kFloat32), y = values(2, {2, 3}, -1, 1, torch::kFloat32);
  nn::Sequential named({{"first", nn::Linear(3, 4)}, {"act", nn::ReLU()}, {"last", nn::Linear(4, 2)}});
  fill(*named);
  show("named", named->forward(x));
  for (auto &item : named->named_parameters())
    show("named." + item.key(), item.value());
  print("named", named);
  nn::Sequential mixed(Two(3, 4), nn::Functional([](Tensor t) { return t * 2; }), nn::Functional(torch::leaky_relu, 0.5));
  fill(*mixed);
  show("mixed", mixed->forward(x, y, false));
  show("mixed.at", mixed->at<TwoImpl>(0).scale);
  std::printf("size %d\n", int(mixed->size()));
  nn::Sequential other(nn::Identity{}, LengthImpl{}, HalfImpl{});
  std::printf("other %g\n", other->forward<double>(x));
  nn::Sequential longer;
  longer->push_back("one", nn::Linear(3, 3));
  longer->push_back(nn::Tanh());
  longer->extend(std::vector<std::shared_ptr<nn::LinearImpl>>{std::make_shared<nn::LinearImpl>(3, 2)});
  fill(*longer);
  show("longer", longer->forward(x));
  int count = 0;
  for (auto &module : *longer)
    count += !module.is_empty();
  std::printf("iterated %d\n", count);

  nn::ModuleList list(nn::Linear(3, 3), nn::ReLU());
  list->push_back(nn::Linear(3, 2));
  list->insert(3, nn::Linear(3, 3));
  fill(*list);
  show("list", list->ptr<nn::LinearImpl>(2)->forward(list[0]->as<nn::Linear>()->forward(x)));
  show("list.at", list->at<nn::LinearImpl>(3).weight);
  for (auto &item : list->named_parameters())
    std::printf("list.%s\n", item.key().c_str());
  print("list", list);

  torch::OrderedDict<std::string, std::shared_ptr<nn::Module>> parts;
  parts.insert("conv", nn::Conv2d(1, 1, 3).ptr());
  parts.insert("line", nn::Linear(3, 1).ptr());
  nn::ModuleDict dict(parts);
  dict->update(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{{"line", nn::Linear(3, 2).ptr()}, {"more", nn::Bilinear(3, 3, 2).ptr()}});
  fill(*dict);
  show("dict", dict->at<nn::LinearImpl>("line").forward(x));
  show("dict.more", dict["more"]->as<nn::Bilinear>()->forward(x, y));
  std::printf("dict %d %d %d\n", int(dict->size()), int(dict->contains("conv")), int(dict->contains("none")));
  print("dict", dict);
  dict->pop("conv");
  for (const std::string &key : dict->keys())
    std::printf("key %s\n", key.c_str());

  nn::AnyModule any{Two(3, 2)};
  fill(*any.ptr());
  show("any", any.forward(x, y, true));
  show("any.get", any.get<TwoImpl>().b->weight);
  std::printf("any %d\n", int(nn::AnyModule().is_empty()));

  auto original = std::make_shared<TwoImpl>(3, 2);
  fill(*original);
  auto copy = std::dynamic_pointer_cast<TwoImpl>(original->clone());
  {
    torch::NoGradGuard quiet;
    copy->a->weight.add_(1);
    copy->count.add_(3);
  }
  show("clone.of", original->forward(x, y, true));
  show("clone", copy->forward(x, y, true));
  for (auto &item : copy->named_buffers())
    show("clone." + item.key(), item.value());
  auto twice = std::dynamic_pointer_cast<nn::SequentialImpl>(named->clone());
  torch::optim::SGD sgd(named->parameters(), 0.5);
  named->forward(x).sum().backward();
  sgd.step();
  show("trained", named->forward(x));
  show("untouched", twice->forward(x));

  print("linear", nn::Linear(2, 3));
  print("bilinear", nn::Bilinear(2, 3, 4));
  print("conv1d", nn::Conv1d(nn::Conv1dOptions(2, 4, 3).stride(2).padding(1).groups(2)));
  print("conv2d", nn::Conv2d(nn::Conv2dOptions(2, 4, {3, 2}).padding(torch::kSame).dilation(2).bias(false).padding_mode(torch::kReflect)));
  print("transpose", nn::ConvTranspose2d(nn::ConvTranspose2dOptions(2, 4, 3).stride(2).output_padding(1)));
  print("max_pool", nn::MaxPool1d(2));
  print("avg_pool", nn::AvgPool2d(nn::AvgPool2dOptions({2, 1})));
  print("adaptive", nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({std::nullopt, 3})));
  print("batch_norm", nn::BatchNorm2d(3));
  print("layer_norm", nn::LayerNorm(nn::LayerNormOptions({2, 3})));
  print("dropout", nn::Dropout(0.25));
  print("dropout2d", nn::Dropout2d(nn::Dropout2dOptions(0.5).inplace(true)));
  print("embedding", nn::Embedding(nn::EmbeddingOptions(4, 2).padding_idx(1)));
  print("lstm", nn::LSTM(nn::LSTMOptions(2, 3).num_layers(2).batch_first(true).dropout(0.5)));
  print("rnn_cell", nn::RNNCell(nn::RNNCellOptions(2, 3).bias(false).nonlinearity(torch::kReLU)));
  print("upsample", nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kBilinear).align_corners(true)));
  print("fold", nn::Fold(nn::FoldOptions({4, 5}, 2)));
  print("shuffle", nn::PixelShuffle(2));
  print("cosine", nn::CosineSimilarity());
  print("pairwise", nn::PairwiseDistance());
  print("flatten", nn::Flatten());
  print("unflatten", nn::Unflatten(nn::UnflattenOptions(1, {2, 3})));
  print("encoder", nn::TransformerEncoder(nn::TransformerEncoderLayer(4, 2), 1));

  showError("empty sequential", [&] { nn::Sequential()->forward(x); });
  showError("empty any", [&] { nn::AnyModule().forward(x); });
  showError("wrong type", [&] { any.forward(x, 1, true); });
  showError("too few", [&] { any.forward(x); });
  showError("wrong class", [&] { any.get<nn::LinearImpl>(); });
  showError("no such module", [&] { list->ptr(9); });
  showError("no such key", [&] { dict["none"]; });
  showError("not cloneable", [&] { LengthImpl().clone(); });
}
