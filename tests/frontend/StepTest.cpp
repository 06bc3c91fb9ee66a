//===- StepTest.cpp - The step that is traced once ------------------------===//
#include "frontend/Trace.h"
#include "frontend/core/Recorder.h"
#include "ir/graph.pb.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/jit/CompilerLibrary.h"

#include <agc/agc.h>

#include "gtest/gtest.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <cmath>
#include <map>
#include <set>

using namespace agc;
namespace F = agc::nn::functional;

namespace {

struct Training {
  explicit Training(models::Lenet m) : model(std::move(m)) {}
  models::Lenet model;
  optim::SGD sgd{model->parameters(),
                 optim::SGDOptions(0.05).momentum(0.9).weight_decay(1e-3)};
};

models::Lenet lenet() {
  manual_seed(3);
  return models::lenet(10, 1, 8, 8);
}

Spec images() { return spec({4, 1, 8, 8}); }
Spec labels() { return spec({4}, kInt64); }

TEST(Step, GivesTheBitsOfTheUsersOwnLoop) {
  Training own(lenet()), traced(lenet());
  auto step = train_step(traced.model, F::cross_entropy, traced.sgd, images(), labels());
  for (int i = 0; i < 4; ++i) {
    Tensor x = rand({4, 1, 8, 8}), t = randint(10, {4});
    own.sgd.zero_grad();
    Tensor loss = F::cross_entropy(own.model->forward(x), t);
    loss.backward();
    own.sgd.step();
    EXPECT_EQ(step(x, t), loss.item<float>()) << i;
  }
  for (const auto &item : own.model->named_parameters())
    EXPECT_TRUE(item.value().equal(traced.model->named_parameters()[item.key()])) << item.key();
}

TEST(Step, TracingChangesNothing) {
  Training training(lenet());
  Tensor before = training.model->parameters()[0].detach().clone();
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  EXPECT_TRUE(training.model->parameters()[0].equal(before));
  EXPECT_FALSE(training.model->parameters()[0].grad().defined());
  EXPECT_TRUE(training.model->is_training());
}

TEST(Step, SeesWhatTheUserDoesBetweenCalls) {
  Training training(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  Tensor x = rand({4, 1, 8, 8}), t = randint(10, {4});
  float first = step(x, t);
  Tensor weight = training.model->named_parameters()["fc2.weight"];
  Tensor old = weight * 1; // recorded, not run
  {
    NoGradGuard quiet;
    weight.zero_();
    training.model->named_parameters()["fc2.bias"].zero_();
  }
  EXPECT_NEAR(step(x, t), std::log(10.0f), 1e-6f); // all scores are 0
  EXPECT_NE(old.sum().item<float>(), 0);
  EXPECT_NE(first, std::log(10.0f));
  // A value read before is not written over.
  Tensor kept = weight.detach();
  std::string shown = kept.clone().toString();
  Tensor copy = kept.clone();
  copy.sum().item<float>();
  step(x, t);
  EXPECT_EQ(copy.toString(), shown);
  EXPECT_NE(weight.detach().clone().toString(), shown);
}

TEST(Step, ReadsTheLearningRateAtEveryCall) {
  Training training(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  Tensor x = rand({4, 1, 8, 8}), t = randint(10, {4});
  step(x, t);
  training.sgd.param_groups()[0].options().set_lr(0);
  uint64_t compiled = hooks::counters().compiledSegments;
  float a = step(x, t), b = step(x, t);
  EXPECT_EQ(a, b);
  EXPECT_EQ(hooks::counters().compiledSegments, compiled);
}

template <typename Fn> std::string errorOf(Fn fn) {
  try {
    fn();
  } catch (const Error &error) {
    return error.what();
  }
  return "none";
}

TEST(Step, BadBatchesAreErrorsAndChangeNothing) {
  Training training(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  Tensor x = rand({4, 1, 8, 8}), t = tensor({1, 2, 3, 4});
  step(x, t);
  Tensor before = training.model->parameters()[0].detach().clone();
  before.sum().item<float>();
  EXPECT_NE(errorOf([&] { step(rand({3, 1, 8, 8}), t); }).find("[4, 1, 8, 8]"), std::string::npos);
  EXPECT_NE(errorOf([&] { step(x, t.to(kFloat32)); }).find("int64"), std::string::npos);
  EXPECT_NE(errorOf([&] { step(x, tensor({1, 2, 3, 10})); }).find("got 10 at position 3"), std::string::npos);
  EXPECT_NE(errorOf([&] { step(x, tensor({1, -1, 3, 4})); }).find("got -1 at position 1"), std::string::npos);
  EXPECT_TRUE(training.model->parameters()[0].equal(before));
  EXPECT_GT(step(x, tensor({1, -100, 3, 4})), 0); // ignored
}

TEST(Step, MemoryOfTheUsersAtAnyAddress) {
  Training training(lenet()), twin(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  auto other = train_step(twin.model, F::cross_entropy, twin.sgd, images(), labels());
  std::vector<float> memory(4 * 64 + 1);
  for (size_t i = 0; i < memory.size(); ++i)
    memory[i] = float(i % 7);
  Tensor t = tensor({1, 2, 3, 4}), blob = from_blob(memory.data() + 1, {4, 1, 8, 8});
  EXPECT_EQ(step(blob, t), other(blob.clone(), t));
  // A pointer into a parameter shows the update.
  float *weight = training.model->parameters()[0].data_ptr<float>();
  float before = weight[0];
  EXPECT_EQ(step(blob, t), other(blob.clone(), t));
  EXPECT_NE(weight[0], before);
  EXPECT_EQ(weight[0], twin.model->parameters()[0].detach().flatten()[0].item<float>());
}

TEST(Step, ParametersThatTheUserHasAPointerTo) {
  nn::Linear model(1, 1);
  float *weight = model->weight.data_ptr<float>(), *bias = model->bias.data_ptr<float>();
  *weight = 2, *bias = 0;
  optim::SGD sgd(model->parameters(), optim::SGDOptions(0.5));
  auto first = [](const Tensor &y, const Tensor &) { return y.sum(); };
  TrainStep step = train_step(model, first, sgd, spec({1, 1}), spec({1}));
  EXPECT_EQ(*weight, 2);
  EXPECT_EQ(step(ones({1, 1}), zeros(1)), 2);
  EXPECT_EQ(*weight, 1.5);
  *weight = 7; // is seen, as in PyTorch
  EXPECT_EQ(step(ones({1, 1}), zeros(1)), 6.5);
  EXPECT_EQ(model->weight.item<float>(), 6.5);
}

TEST(Step, WhatReadsValuesCannotBeTraced) {
  Training training(lenet());
  auto reads = [](const Tensor &y, const Tensor &t) {
    return y.sum().item<float>() > 0 ? F::cross_entropy(y, t) : y.sum();
  };
  EXPECT_NE(errorOf([&] { train_step(training.model, reads, training.sgd, images(), labels()); })
                .find("AGC0120"), std::string::npos);
  auto picks = [](const Tensor &y, const Tensor &) { return y.index({y > 0}).sum(); };
  EXPECT_NE(errorOf([&] { train_step(training.model, picks, training.sgd, images(), labels()); })
                .find("AGC0120"), std::string::npos);
  // And all goes on as before.
  EXPECT_EQ(ones({2}).sum().item<float>(), 2);
}

proto::Module parsed(const std::string &bytes) {
  proto::Module module;
  EXPECT_TRUE(module.ParseFromString(bytes));
  return module;
}

TEST(Step, AFrozenResNet18TrainsItsNewHeadAlone) {
  manual_seed(3);
  auto model = models::resnet18(1000);
  for (Tensor &parameter : model->parameters())
    parameter.requires_grad_(false);
  model->fc = model->replace_module("fc", nn::Linear(512, 10));
  std::map<std::string, Tensor> before;
  for (const auto &item : model->named_parameters())
    before[item.key()] = item.value().clone();
  optim::SGD sgd(model->fc->parameters(), optim::SGDOptions(1e-2).momentum(0.9));
  auto step = train_step(model, F::cross_entropy, sgd, spec({2, 3, 32, 32}), spec({2}, kInt64));
  Tensor x = rand({2, 3, 32, 32}), target = tensor({1, 7});
  step(x, target);
  sgd.zero_grad();
  F::cross_entropy(model->forward(x), target).backward();
  for (const auto &item : model->named_parameters()) {
    bool isHead = item.key() == "fc.weight" || item.key() == "fc.bias";
    EXPECT_EQ(item.value().equal(before.at(item.key())), !isHead) << item.key();
    EXPECT_EQ(item.value().grad().defined(), isHead) << item.key();
  }
  // The backward is that of the head: no gradient of a convolution is there.
  proto::Module module = parsed(step.serialize());
  for (const proto::Node &node : module.functions(0).nodes())
    if (node.op() == "gradient")
      EXPECT_EQ(node.results_size(), 2);
}

TEST(Step, ComesBackAsItWentOut) {
  manual_seed(4);
  auto model = models::resnet18(10);
  optim::SGD sgd(model->parameters(), optim::SGDOptions(1e-2).momentum(0.9));
  auto step = train_step(model, F::cross_entropy, sgd, spec({2, 3, 32, 32}), spec({2}, kInt64));
  std::string traced = step.serialize(), once, twice, before, after;
  ASSERT_FALSE(compiler().rewrite(traced, Phase::Graph, once));
  ASSERT_FALSE(compiler().rewrite(once, Phase::Graph, twice));
  EXPECT_TRUE(once == twice) << once.size() << " bytes, then " << twice.size();
  ASSERT_FALSE(compiler().print(traced, Phase::Graph, {}, before));
  ASSERT_FALSE(compiler().print(once, Phase::Graph, {}, after));
  EXPECT_TRUE(before == after) << "another graph came back";
}

TEST(Step, SavesFunctionsWithNamesAndRoles) {
  Training training(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  std::string stem = testing::TempDir() + "agc-step-" + std::to_string(::getpid());
  step.save(stem + ".agc");
  proto::Module module = parsed(readFile(stem + ".agc"));
  ASSERT_EQ(module.functions_size(), 3);
  EXPECT_EQ(module.functions(0).name(), "train_step");
  EXPECT_EQ(module.functions(1).name(), "forward");
  EXPECT_EQ(module.functions(2).name(), "eval");
  const proto::Function &f = module.functions(0);
  std::map<std::string, const proto::Argument *> arguments;
  for (const proto::Argument &argument : f.arguments())
    EXPECT_TRUE(arguments.emplace(argument.name(), &argument).second);
  EXPECT_EQ(arguments.at("conv1.weight")->role(), proto::ROLE_PARAMETER);
  EXPECT_EQ(arguments.at("momentum_buffer.fc2.bias")->role(), proto::ROLE_OPTIMIZER_STATE);
  EXPECT_EQ(arguments.at("x")->role(), proto::ROLE_INPUT);
  EXPECT_EQ(arguments.at("target")->type().dtype(), proto::DTYPE_I64);
  EXPECT_EQ(arguments.at("lr")->role(), proto::ROLE_HYPERPARAMETER);
  EXPECT_EQ(arguments.at("lr")->default_value(), 0.05);
  EXPECT_EQ(f.arguments_size(), 8 + 8 + 3);
  EXPECT_EQ(f.results(0).name(), "loss");
  for (int i = 1; i < f.results_size(); ++i)
    EXPECT_EQ(f.arguments(int(f.results(i).updates()) - 1).name(), f.results(i).name());
  SafetensorsFile weights;
  readSafetensors(stem + ".safetensors", weights);
  EXPECT_EQ(weights.tensors.size(), 8u);
  std::filesystem::remove(stem + ".agc");
  std::filesystem::remove(stem + ".safetensors");
}

// What a layer or an initializer drew is known; what was set otherwise is not, and
// neither an update nor a load changes that.
TEST(Step, SaysHowItsParametersBegin) {
  nn::Sequential model(nn::Linear(4, 3), nn::BatchNorm1d(3));
  auto layer = model->ptr<nn::LinearImpl>(0);
  nn::init::normal_(layer->weight, 1, 0.5);
  {
    NoGradGuard quiet;
    layer->bias.copy_(tensor({1.f, 2.f, 3.f}));
  }
  optim::SGD optimizer(model->parameters(), optim::SGDOptions(0.1).momentum(0.9));
  auto initials = [&] {
    auto step = train_step(model, nn::functional::mse_loss, optimizer, spec({2, 4}), spec({2, 3}));
    step(rand({2, 4}), rand({2, 3}));
    std::string stem = testing::TempDir() + "begins" + std::to_string(getpid());
    step.save(stem + ".agc");
    proto::Module module = parsed(readFile(stem + ".agc"));
    std::filesystem::remove(stem + ".agc");
    std::filesystem::remove(stem + ".safetensors");
    std::map<std::string, std::string> texts;
    for (const proto::Argument &argument : module.functions(0).arguments())
      texts[argument.name()] =
          argument.has_initial()
              ? proto::Initial::Distribution_Name(argument.initial().distribution()) + " " +
                    std::to_string(argument.initial().a()) + " " + std::to_string(argument.initial().b())
              : "";
    return texts;
  };
  for (int turn = 0; turn < 2; ++turn) {
    auto texts = initials();
    EXPECT_EQ(texts["0.weight"], "NORMAL 1.000000 0.500000");
    EXPECT_EQ(texts["0.bias"], "");
    EXPECT_EQ(texts["1.weight"], "CONSTANT 1.000000 0.000000");
    EXPECT_EQ(texts["1.running_mean"], "CONSTANT 0.000000 0.000000");
    EXPECT_EQ(texts["x"], "");
  }
}

TEST(Step, ScopesSayWhereAnOpStands) {
  ProgramRequest request;
  request.model = "resnet18";
  request.input = {2, 3, 32, 32};
  proto::Module module = parsed(traceProgram(request).module);
  std::set<std::string> scopes;
  for (const proto::Location &location : module.locations())
    scopes.insert(location.scope());
  for (const char *scope : {"layer1.0.conv1/conv2d", "layer2.0.downsample.1/batch_norm", "relu",
                            "cross_entropy", "layer1.0.conv1/sgd"})
    EXPECT_TRUE(scopes.count(scope)) << scope;
}

/// An input that fits the model.
static std::vector<int64_t> inputOf(const std::string &model) {
  if (model == "gpt")
    return {2, 5};
  if (model == "lstm")
    return {2, 3, 4};
  if (model == "elementwise")
    return {16};
  return {2, 3, 32, 32};
}

TEST(Step, EveryOpHasItsLine) {
  for (const std::string &model : programModels())
    for (const ProgramOptimizer &optimizer : programOptimizers()) {
      ProgramRequest request;
      request.model = model;
      request.input = inputOf(model);
      request.loss = "mse";
      request.optimizer = optimizer.name;
      for (const std::string &number : optimizer.numbers)
        request.options[number] = number == "dampening" ? 0 : 0.5;
      for (const std::string &flag : optimizer.flags)
        request.options[flag] = 1;
      proto::Module module = parsed(traceProgram(request).module);
      for (const proto::Function &function : module.functions())
        for (const proto::Node &node : function.nodes()) {
          ASSERT_NE(node.location(), 0u) << node.op() << " of " << model << " with " << optimizer.name;
          const proto::Location &location = module.locations(int(node.location()) - 1);
          EXPECT_FALSE(location.file().empty()) << node.op() << " in " << location.scope();
          EXPECT_GT(location.line(), 0u);
        }
    }
}

TEST(Program, EveryModelAndLoss) {
  for (const std::string &model : programModels())
    for (const std::string &loss : programLosses()) {
      ProgramRequest request;
      request.model = model;
      request.input = inputOf(model);
      request.loss = loss;
      if (request.model == "elementwise" && request.loss == "cross_entropy") {
        EXPECT_THROW(traceProgram(request), Error);
        continue;
      }
      TracedProgram program = traceProgram(request);
      proto::Module module = parsed(program.module);
      std::set<std::string> names;
      // Bodies of loops come before the functions that they are in.
      for (const proto::Function &function : module.functions())
        if (function.name() == "train_step")
          for (const proto::Argument &argument : function.arguments())
            names.insert(argument.name());
      EXPECT_TRUE(names.count("x") && names.count("target")) << model << loss;
      for (const SavedTensor &weight : program.weights)
        EXPECT_TRUE(names.count(weight.name)) << model << " " << weight.name;
    }
}

TEST(Program, TheSameSeedGivesTheSameProgram) {
  ProgramRequest request;
  request.input = {4, 16};
  request.seed = 5;
  TracedProgram a = traceProgram(request), b = traceProgram(request);
  EXPECT_EQ(a.module, b.module);
  EXPECT_EQ(a.weights[0].data, b.weights[0].data);
  request.seed = 6;
  EXPECT_NE(traceProgram(request).weights[0].data, a.weights[0].data);
}

TEST(Program, BadRequestsAreErrors) {
  auto error = [](auto change) {
    ProgramRequest request;
    request.input = {4, 16};
    change(request);
    return errorOf([&] { traceProgram(request); });
  };
  EXPECT_NE(error([](auto &r) { r.model = "vgg"; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.loss = "hinge"; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.optimizer = "lbfgs"; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.options["speed"] = 3; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.input = {4}; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.input = {4, 0}; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.sizes = {15, 2}; }).find("AGC0121"), std::string::npos);
  EXPECT_NE(error([](auto &r) { r.input = {1LL << 40, 1LL << 40}; }).find("AGC0108"), std::string::npos);
}

TEST(Step, IsShippedAsTheCommandDoes) {
  Training training(lenet());
  auto step = train_step(training.model, F::cross_entropy, training.sgd, images(), labels());
  std::string folder = testing::TempDir() + "agc-shipped-" + std::to_string(::getpid());
  ASSERT_EQ(::mkdir(folder.c_str(), 0777), 0);
  step.compile({.target = "x86-64-v3", .max_memory = 1 << 20}).write(folder + "/lenet");
  std::ifstream header(folder + "/lenet.h"), manifest(folder + "/lenet.json");
  std::string text(std::istreambuf_iterator<char>(header), {}), json(std::istreambuf_iterator<char>(manifest), {});
  EXPECT_NE(text.find("int32_t lenet_train_step("), std::string::npos);
  EXPECT_NE(json.find("x86-64-v3"), std::string::npos);
  EXPECT_NE(errorOf([&] { step.compile().write(folder + "/2nd"); }).find("a name in C"), std::string::npos);
  EXPECT_NE(errorOf([&] { step.compile({.target = "z80"}).write(folder + "/z"); }).find("unknown target 'z80'"),
            std::string::npos);
  EXPECT_NE(errorOf([&] { step.compile({.sanitize = "address"}).write(folder + "/z"); }).find("unknown sanitizer"),
            std::string::npos);
  EXPECT_NE(errorOf([&] { step.compile({.max_memory = 1000}).write(folder + "/z"); }).find("the state alone takes"),
            std::string::npos);
  EXPECT_FALSE(std::ifstream(folder + "/z.o").good());
  for (const char *suffix : {".o", ".h", ".json"})
    EXPECT_EQ(::unlink((folder + "/lenet" + suffix).c_str()), 0);
  EXPECT_EQ(::rmdir(folder.c_str()), 0);
}

TEST(Compile, AnyFunction) {
  auto f = compile([](Tensor x, Tensor w) { return matmul(x, w).tanh(); }, spec({2, 3}), spec({3, 2}));
  Tensor x = rand({2, 3}), w = rand({3, 2}).requires_grad_();
  Tensor expected = matmul(x, w).tanh();
  EXPECT_TRUE(f(x, w.detach()).equal(expected));
  EXPECT_TRUE(f(x, w).requires_grad()); // recorded, where a gradient is wanted
  EXPECT_NE(errorOf([&] { f(rand({3, 3}), w.detach()); }).find("[2, 3]"), std::string::npos);
}

TEST(Compile, ConvolutionsAreSumsUnderStrictFp) {
  Tensor x = randn({4, 64, 12, 12}), w = randn({64, 64, 3, 3});
  auto convolved = [&] {
    auto f = compile([](Tensor x, Tensor w) { return conv2d(x, w, {}, 1, 1); },
                     spec({4, 64, 12, 12}), spec({64, 64, 3, 3}));
    Tensor traced = f(x, w), recorded = conv2d(x, w, {}, 1, 1);
    EXPECT_TRUE(traced.equal(recorded));
    return traced;
  };
  EXPECT_FALSE(get_strict_fp());
  Tensor byTiles = convolved();
  set_strict_fp(true);
  Tensor sums = convolved();
  set_strict_fp(false);
  EXPECT_FALSE(byTiles.equal(sums));
  EXPECT_TRUE(allclose(byTiles, sums, 1e-4, 1e-3));
  EXPECT_TRUE(convolved().equal(byTiles)); // neither is taken for the other
}

TEST(Compile, ValueAndGrad) {
  auto f = value_and_grad([](Tensor x, Tensor w) { return (x * w.pow(2)).sum(); }, {1});
  Tensor x = tensor({1., 2.}), w = tensor({3., 4.});
  auto [value, gradients] = f(x, w);
  EXPECT_EQ(value.item<float>(), 41);
  ASSERT_EQ(gradients.size(), 1u);
  EXPECT_EQ(gradients[0].toString(), "tensor([ 6., 16.])");
  EXPECT_FALSE(w.requires_grad());
}

} // namespace
