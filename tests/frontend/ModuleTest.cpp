//===- ModuleTest.cpp - Modules, their names, modes and files -------------===//
#include "runtime/checkpoint/Safetensors.h"

#include <agc/agc.h>

#include "gtest/gtest.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <sstream>

namespace torch = agc;

namespace {

// As a program for libtorch writes it.
struct NetImpl : torch::nn::Module {
  NetImpl()
      : conv(torch::nn::Conv2dOptions(1, 2, 3).padding(1).bias(false)), fc(nullptr) {
    register_module("conv", conv);
    fc = register_module("fc", torch::nn::Linear(32, 3));
    scale = register_parameter("scale", torch::ones({3}));
    steps = register_buffer("steps", torch::zeros({}));
    norm = register_module("norm", torch::nn::BatchNorm2d(2));
  }
  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(norm(conv(x)));
    return fc(x.flatten(1)) * scale;
  }
  torch::nn::Conv2d conv;
  torch::nn::Linear fc;
  torch::nn::BatchNorm2d norm{nullptr};
  torch::Tensor scale, steps;
};
TORCH_MODULE(Net);

std::string temporary(const char *name) {
  return testing::TempDir() + "agc-" + std::to_string(::getpid()) + "-" + name;
}

TEST(Module, NamesInOrderOfRegistrationOwnFirst) {
  Net net;
  EXPECT_EQ(net->named_parameters().keys(),
            (std::vector<std::string>{"scale", "conv.weight", "fc.weight", "fc.bias",
                                      "norm.weight", "norm.bias"}));
  EXPECT_EQ(net->named_buffers().keys(),
            (std::vector<std::string>{"steps", "norm.running_mean", "norm.running_var",
                                      "norm.num_batches_tracked"}));
  EXPECT_EQ(net->named_modules().keys(),
            (std::vector<std::string>{"", "conv", "fc", "norm"}));
  EXPECT_EQ(net->children().size(), 3u);
  EXPECT_TRUE(net->named_parameters()["scale"].requires_grad());
  EXPECT_THROW(net->named_parameters()["nothing"], torch::Error);
}

TEST(Module, ResNet18HasTorchvisionsNames) {
  auto model = torch::models::resnet18(10);
  auto parameters = model->named_parameters();
  EXPECT_EQ(parameters.size(), 62u);
  EXPECT_EQ(model->named_buffers().size(), 60u);
  for (const char *name : {"conv1.weight", "bn1.bias", "layer1.0.conv1.weight",
                           "layer2.0.downsample.0.weight", "layer2.0.downsample.1.bias",
                           "layer4.1.bn2.weight", "fc.bias"})
    EXPECT_TRUE(parameters.contains(name)) << name;
  EXPECT_EQ(parameters["layer3.0.conv1.weight"].sizes().vec(),
            (std::vector<int64_t>{256, 128, 3, 3}));
}

TEST(Module, BadRegistrationsAreErrors) {
  struct Empty : torch::nn::Module {} module;
  module.register_parameter("a", torch::ones({1}));
  EXPECT_THROW(module.register_parameter("a", torch::ones({1})), torch::Error);
  EXPECT_THROW(module.register_parameter("a.b", torch::ones({1})), torch::Error);
  EXPECT_THROW(module.register_buffer("", torch::ones({1})), torch::Error);
  EXPECT_THROW(torch::nn::Linear(nullptr)->forward(torch::ones({1})), torch::Error);
}

TEST(Module, DefaultInitializationIsPyTorchs) {
  torch::manual_seed(1);
  torch::nn::Linear linear(100, 400);
  // kaiming_uniform_(a = sqrt(5)): bound 1 / sqrt(fan in).
  EXPECT_LE(linear->weight.detach().abs().max().item<float>(), 0.1f);
  EXPECT_NEAR(linear->weight.detach().std().item<float>(), 0.1f / std::sqrt(3.0f), 1e-3f);
  EXPECT_LE(linear->bias.detach().abs().max().item<float>(), 0.1f);
  torch::manual_seed(1);
  EXPECT_TRUE(torch::nn::Linear(100, 400)->weight.equal(linear->weight));
}

TEST(Module, BatchNormTrainsAndEvaluates) {
  torch::nn::BatchNorm2d norm(1);
  auto x = torch::tensor({1., 2., 3., 6.}).view({1, 1, 2, 2});
  auto y = norm(x);
  EXPECT_NEAR(y.mean().item<float>(), 0, 1e-6);
  // Mean 3, unbiased variance 14 / 3.
  EXPECT_NEAR(norm->running_mean.item<float>(), 0.3f, 1e-6f);
  EXPECT_NEAR(norm->running_var.item<float>(), 0.9f + 1.4f / 3, 1e-6f);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  norm->eval();
  auto z = norm(x);
  EXPECT_NEAR(z[0][0][1][1].item<float>(), 5.7f / std::sqrt(0.9f + 1.4f / 3 + 1e-5f), 1e-5f);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  norm->train();
  EXPECT_THROW(norm(torch::ones({1, 1, 1, 1})), torch::Error);
  EXPECT_THROW(norm(torch::ones({1, 1, 2})), torch::Error);
}

TEST(Module, ModesGoDown) {
  Net net;
  EXPECT_TRUE(net->is_training());
  net->eval();
  EXPECT_FALSE(net->norm->is_training());
  net->train();
  EXPECT_TRUE(net->norm->is_training());
  int visited = 0;
  net->apply([&](torch::nn::Module &) { ++visited; });
  EXPECT_EQ(visited, 4);
}

TEST(Module, SequentialAndPrinting) {
  torch::nn::Sequential model(torch::nn::Linear(2, 3), torch::nn::ReLU(),
                              torch::nn::Linear(torch::nn::LinearOptions(3, 1).bias(false)));
  std::ostringstream out;
  out << model;
  EXPECT_EQ(out.str(),
            "torch::nn::Sequential(\n"
            "  (0): torch::nn::Linear(in_features=2, out_features=3, bias=true)\n"
            "  (1): torch::nn::ReLU()\n"
            "  (2): torch::nn::Linear(in_features=3, out_features=1, bias=false)\n"
            ")");
  EXPECT_EQ(model->forward(torch::ones({5, 2})).sizes().vec(), (std::vector<int64_t>{5, 1}));
  EXPECT_EQ(model->named_parameters().keys(),
            (std::vector<std::string>{"0.weight", "0.bias", "2.weight"}));
}

TEST(Module, SavedAndLoadedIsTheSame) {
  Net first, second;
  first->forward(torch::rand({2, 1, 4, 4})); // the statistics move
  std::string path = temporary("net.safetensors");
  torch::save(first, path);
  torch::load(second, path);
  for (const auto &item : first->named_parameters())
    EXPECT_TRUE(item.value().equal(second->named_parameters()[item.key()])) << item.key();
  EXPECT_TRUE(first->norm->running_var.equal(second->norm->running_var));
  EXPECT_TRUE(second->fc->weight.requires_grad());
  auto x = torch::rand({1, 1, 4, 4});
  first->eval();
  second->eval();
  EXPECT_TRUE(first->forward(x).equal(second->forward(x)));
  std::filesystem::remove(path);
}

TEST(Module, LoadsWhatPyTorchWrote) {
  // make_weights.py made the file.
  const char *path = AGC_TEST_FRONTEND "/weights.safetensors";
  torch::nn::Sequential net(torch::nn::Conv2d(1, 3, 3), torch::nn::BatchNorm2d(3), torch::nn::ReLU(),
                            torch::nn::Flatten(), torch::nn::Linear(12, 2));
  torch::load(net, path);
  net->eval();
  EXPECT_EQ(net->named_buffers()["1.num_batches_tracked"].item<int64_t>(), 1);
  auto y = net->forward(torch::arange(32.f).view({2, 1, 4, 4}) / 32).view({4});
  agc::SafetensorsFile file;
  agc::readSafetensors(path, file);
  std::istringstream output(file.metadata.at("output"));
  for (int i = 0; i < 4; ++i) {
    float wanted;
    output >> wanted;
    EXPECT_NEAR(y[i].item<float>(), wanted, 1e-6f) << i;
  }
}

TEST(Module, WeightsThatDoNotFitChangeNothing) {
  torch::nn::Linear linear(2, 2);
  auto before = linear->weight.detach().clone();
  before.sum().item<float>();
  std::string path = temporary("bad.safetensors");
  std::string four(16, '\0'), two(8, '\0');
  auto error = [&](std::vector<agc::SavedTensor> tensors) -> std::string {
    agc::writeSafetensors(path, std::move(tensors));
    try {
      torch::load(linear, path);
    } catch (const torch::Error &e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_NE(error({{"weight", torch::kFloat32, {2, 2}, four}}).find("no tensor 'bias'"), std::string::npos);
  EXPECT_NE(error({{"weight", torch::kFloat32, {4}, four}, {"bias", torch::kFloat32, {2}, two}}).find("[4]"), std::string::npos);
  EXPECT_NE(error({{"weight", torch::kInt32, {2, 2}, four}, {"bias", torch::kFloat32, {2}, two}}).find("i32"), std::string::npos);
  EXPECT_NE(error({{"weight", torch::kFloat32, {2, 2}, four}, {"bias", torch::kFloat32, {2}, two}, {"more", torch::kFloat32, {2}, two}}).find("'more'"), std::string::npos);
  EXPECT_TRUE(linear->weight.equal(before));
  EXPECT_THROW(torch::load(linear, path + ".missing"), torch::Error);
  std::filesystem::remove(path);
}

TEST(Module, OtherDtype) {
  Net net;
  net->to(torch::kFloat64);
  EXPECT_EQ(net->fc->weight.dtype(), torch::kFloat64);
  EXPECT_EQ(net->norm->num_batches_tracked.dtype(), torch::kInt64);
  auto y = net->forward(torch::rand({2, 1, 4, 4}, torch::kFloat64));
  y.sum().backward();
  EXPECT_EQ(net->fc->weight.grad().dtype(), torch::kFloat64);
}

} // namespace
