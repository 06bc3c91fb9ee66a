//===- StepCheckpointTest.cpp - Training that stops and goes on -----------===//
#include <agc/agc.h>

#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/core/AtomicFile.h"
#include "tests/frontend/Refusals.h"

#include "gtest/gtest.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>

using namespace agc;
using agc::testrefusals::expectRefusals;
namespace F = agc::nn::functional;

namespace {

/// A model with its optimizer and step, from \p seed.
struct Training {
  nn::Sequential model;
  optim::Adam adam;
  TrainStep step;

  explicit Training(uint64_t seed, int64_t width = 6, bool dropout = true)
      : model(make(seed, width, dropout)), adam(model->parameters(), optim::AdamOptions(0.01)),
        step(train_step(model, F::mse_loss, adam, spec({4, 3}), spec({4, 2}))) {}

  static nn::Sequential make(uint64_t seed, int64_t width, bool dropout) {
    manual_seed(seed);
    nn::Sequential model(nn::Linear(3, width), nn::BatchNorm1d(width));
    if (dropout)
      model->push_back(nn::Dropout(0.5));
    model->push_back("last", nn::Linear(width, 2));
    return model;
  }

  float train(int steps) {
    Tensor x = arange(12.f).view({4, 3}) / 8, y = arange(8.f).view({4, 2}) / 4;
    float loss = 0;
    for (int i = 0; i < steps; ++i)
      loss = step(x, y);
    return loss;
  }

  /// Parameters, buffers and the optimizer's state.
  std::vector<std::vector<char>> bits() const {
    std::vector<Tensor> all = model->parameters();
    for (const Tensor &buffer : model->buffers())
      all.push_back(buffer);
    for (const auto &state : adam.state())
      all.push_back(state.tensor);
    std::vector<std::vector<char>> bits;
    for (const Tensor &tensor : all) {
      Tensor copy = tensor.detach().clone();
      auto *data = static_cast<const char *>(copy.data_ptr());
      bits.emplace_back(data, data + copy.nbytes());
    }
    return bits;
  }
};

class StepCheckpoint : public testing::Test {
protected:
  std::string path = testing::TempDir() + "agc-step-" + std::to_string(::getpid()) + ".safetensors";
  ~StepCheckpoint() override { std::filesystem::remove(path); }
};

std::vector<std::string> namesOf(const std::vector<TensorInfo> &tensors) {
  std::vector<std::string> names;
  for (const TensorInfo &tensor : tensors)
    names.push_back(tensor.name);
  return names;
}

} // namespace

TEST_F(StepCheckpoint, GoesOnWithTheSameBits) {
  Training whole(1);
  float loss = whole.train(10);
  Training first(1);
  first.train(5);
  first.step.save_checkpoint(path);
  Training second(99);
  second.train(3);
  LoadReport report = second.step.load_checkpoint(path);
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(second.step.steps(), 5u);
  EXPECT_EQ(second.train(5), loss);
  EXPECT_EQ(second.step.steps(), 10u);
  EXPECT_TRUE(second.bits() == whole.bits());
  EXPECT_NE(Training(99).train(5), loss);
}

TEST_F(StepCheckpoint, SaysWhatItIs) {
  Training training(1);
  training.train(3);
  training.step.save_checkpoint(path);
  SafetensorsFile file;
  CheckpointInfo info = readCheckpoint(path, file);
  EXPECT_EQ(info.steps, 3u);
  // Six of the model's, three statistics, three states for each parameter, and rng.
  EXPECT_EQ(file.tensors.size(), 6u + 3u + 18u + 1u);
  EXPECT_EQ(file.tensors.at("rng").shape, (std::vector<int64_t>{2}));
  EXPECT_TRUE(file.tensors.count("exp_avg.last.weight"));
}

// A model that has changed: by name, or not at all.
TEST_F(StepCheckpoint, LoadsByNameIntoAnotherModel) {
  Training small(1);
  small.train(4);
  small.step.save_checkpoint(path);
  Training large(2, 8, /*dropout=*/false);
  large.train(2);
  auto before = large.bits();
  expectRefusals({{"AGC0118",
                   "does not fit the model: it has a tensor 'rng' (i64 [2]) that the model has "
                   "not; has '0.weight' as f32 [6, 3], expected f32 [8, 3] and",
                   [&] { large.step.load_checkpoint(path); }}});
  EXPECT_TRUE(large.bits() == before);
  EXPECT_EQ(large.step.steps(), 2u);

  LoadReport report = large.step.load_checkpoint(path, /*strict=*/false);
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(namesOf(report.unexpected), std::vector<std::string>{"rng"});
  EXPECT_TRUE(report.missing.empty());
  // What does not depend on the width.
  EXPECT_EQ(namesOf(report.loaded),
            (std::vector<std::string>{"last.bias", "1.num_batches_tracked", "step.0.weight",
                                      "step.0.bias", "step.1.weight", "step.1.bias",
                                      "step.last.weight", "step.last.bias",
                                      "exp_avg.last.bias", "exp_avg_sq.last.bias"}));
  EXPECT_EQ(report.mismatched[0].model.name, "0.weight");
  EXPECT_EQ(report.mismatched[0].file.shape, (std::vector<int64_t>{6, 3}));
  EXPECT_TRUE(large.model->named_parameters()["last.bias"].equal(
      small.model->named_parameters()["last.bias"]));
  auto after = large.bits();
  EXPECT_TRUE(after[0] == before[0]) << "what does not fit stays as it was";
  EXPECT_EQ(large.step.steps(), 4u);
  large.train(1);
  std::ostringstream text;
  text << report;
  EXPECT_NE(text.str().find("not in the model:  rng  i64 [2]\n"), std::string::npos);
}

TEST_F(StepCheckpoint, DamagedFilesChangeNothing) {
  nn::Linear model(1, 1);
  optim::SGD sgd(model->parameters(), optim::SGDOptions(0.1));
  auto step = train_step(model, F::mse_loss, sgd, spec({1, 1}), spec({1, 1}));
  step(ones({1, 1}), ones({1, 1}));
  step.save_checkpoint(path);
  std::string whole = readFile(path);
  float weight = model->weight.item<float>();
  step(ones({1, 1}), ones({1, 1}));
  float now = model->weight.item<float>();
  ASSERT_NE(weight, now);
  auto expectRefused = [&](const std::string &bytes, const std::string &what) {
    std::string other = path + ".damaged";
    std::FILE *out = std::fopen(other.c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), out);
    std::fclose(out);
    for (bool strict : {true, false})
      EXPECT_THROW(step.load_checkpoint(other, strict), Error) << what;
    std::filesystem::remove(other);
  };
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = char(changed[i] ^ (1 << i % 8));
    expectRefused(changed, "byte " + std::to_string(i));
    expectRefused(whole.substr(0, i), "length " + std::to_string(i));
  }
  EXPECT_EQ(model->weight.item<float>(), now);
  EXPECT_EQ(step.steps(), 2u);
  step.load_checkpoint(path);
  EXPECT_EQ(model->weight.item<float>(), weight);
}

TEST_F(StepCheckpoint, ErrorsNameTheCallersLine) {
  Training training(1);
  save(training.model, path);
  expectRefusals({
      {"AGC0201", "cannot read '/no/such/file': No such file", [&] { training.step.load_checkpoint("/no/such/file"); }},
      {"AGC0201", "cannot write '/no/such/file'", [&] { training.step.save_checkpoint("/no/such/file"); }},
      {"AGC0206", "is not a checkpoint", [&] { training.step.load_checkpoint(path); }},
  });
}

// What was recorded before a load saw the tensors of before; a pointer shows the new.
TEST_F(StepCheckpoint, LoadsWhereTensorsAreInUse) {
  nn::Linear model(2, 1);
  optim::SGD sgd(model->parameters(), optim::SGDOptions(0.1));
  auto step = train_step(model, F::mse_loss, sgd, spec({1, 2}), spec({1, 1}));
  step.save_checkpoint(path);
  float first = model->weight[0][0].item<float>();
  {
    NoGradGuard quiet;
    model->weight.fill_(7);
  }
  Tensor pending = model->weight * 2;
  const float *bias = model->bias.data_ptr<float>();
  float wanted = *bias;
  const_cast<float *>(bias)[0] = 55;
  step.load_checkpoint(path);
  EXPECT_EQ(pending[0][0].item<float>(), 14);
  EXPECT_EQ(model->weight[0][0].item<float>(), first);
  EXPECT_EQ(*bias, wanted);
  EXPECT_TRUE(model->weight.requires_grad());
}

// Tensors that no module has belong to the program: each under a name of its own,
// in whichever functions it is, and among the weights.
TEST_F(StepCheckpoint, HasWhatNoModuleHas) {
  nn::Linear layer(2, 1);
  Tensor warm = full({1, 2}, 0.5f), cold = full({1, 2}, 4.f), both = full({1, 2}, 3.f);
  struct NetImpl : nn::Module {
    nn::Linear layer;
    Tensor warm, cold, both;
    NetImpl(nn::Linear l, Tensor w, Tensor c, Tensor b) : layer(l), warm(w), cold(c), both(b) {
      register_module("layer", layer);
    }
    Tensor forward(const Tensor &x) { return layer(x * (is_training() ? warm : cold) + both); }
  };
  auto net = std::make_shared<NetImpl>(layer, warm, cold, both);
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.1));
  auto step = train_step(net, F::mse_loss, sgd, spec({1, 2}), spec({1, 1}));
  step.save_checkpoint(path);
  SafetensorsFile file;
  readCheckpoint(path, file);
  auto first = [&](const char *name) {
    float x;
    std::memcpy(&x, file.tensors.at(name).data.data(), 4);
    return x;
  };
  std::multiset<float> captured = {first("captured.0"), first("captured.1"), first("captured.2")};
  EXPECT_EQ(captured, (std::multiset<float>{0.5f, 3.f, 4.f}));
  EXPECT_EQ(file.tensors.size(), 5u);
  EXPECT_TRUE(step.load_checkpoint(path).complete());

  std::string stem = path.substr(0, path.size() - std::string(".safetensors").size());
  step.save(stem + ".agc"); // and the weights, as `path`
  readSafetensors(path, file);
  EXPECT_EQ(file.tensors.size(), 5u);
  EXPECT_EQ(first("captured.1") + first("captured.0") + first("captured.2"), 7.5f);
  std::filesystem::remove(stem + ".agc");
}

TEST_F(StepCheckpoint, WeightsOfAModuleByName) {
  nn::Sequential from(nn::Linear(2, 3), nn::Linear(3, 4)), to(nn::Linear(2, 3), nn::Linear(3, 5));
  save(from, path);
  auto before = to->named_parameters()["1.weight"].detach().clone();
  EXPECT_TRUE(load(from, path).complete());
  LoadReport report = load(to, path, /*strict=*/false);
  EXPECT_EQ(namesOf(report.loaded), (std::vector<std::string>{"0.weight", "0.bias"}));
  ASSERT_EQ(report.mismatched.size(), 2u);
  EXPECT_EQ(report.mismatched[0].file.shape, (std::vector<int64_t>{4, 3}));
  EXPECT_TRUE(to->named_parameters()["0.weight"].equal(from->named_parameters()["0.weight"]));
  EXPECT_TRUE(to->named_parameters()["1.weight"].equal(before));
}

// A checkpoint has the weights, too; a damaged one has none.
TEST_F(StepCheckpoint, IsWeightsAsWell) {
  Training training(1);
  training.train(2);
  training.step.save_checkpoint(path);
  nn::Sequential model = Training::make(7, 6, true);
  LoadReport report = load(model, path, /*strict=*/false);
  EXPECT_TRUE(report.missing.empty() && report.mismatched.empty());
  EXPECT_TRUE(model->named_parameters()["last.weight"].equal(
      training.model->named_parameters()["last.weight"]));
  std::string bytes = readFile(path);
  bytes.back() = char(bytes.back() ^ 1);
  writeFileAtomically(path, {bytes});
  EXPECT_THROW(load(model, path, /*strict=*/false), Error);
}
