//===- ErrorsOfTrainingTest.cpp - Losses, optimizers, traced functions ----===//
#include "Refusals.h"

#include "frontend/Trace.h"

using namespace agc;
using namespace agc::testrefusals;
namespace F = agc::nn::functional;

namespace {

TEST(ErrorsOfTraining, OfLosses) {
  Tensor x = of({2, 3}), labels = of({2}, kInt64);
  expectRefusals({
      {"AGC0103", "expects input and target of one shape, got [2, 3] and [3]", [&] { F::soft_margin_loss(x, of({3})); }},
      {"AGC0102", "expects labels of integers, got bool", [&] { F::nll_loss(x, of({2}, kBool)); }},
      {"AGC0107", "expects labels of shape [2] for an input of shape [2, 3], got [3]",
       [&] { F::cross_entropy(x, of({3}, kInt64)); }},
      {"AGC0107", "expects [n, c, ...] or [c], got shape []", [&] { F::cross_entropy(of({}), labels); }},
      {"AGC0104", "expects label_smoothing in [0, 1], got 2",
       [&] { F::cross_entropy(x, labels, F::CrossEntropyFuncOptions().label_smoothing(2)); }},
      {"AGC0107", "expects probabilities of its input's shape [2, 3], got [3]", [&] { F::cross_entropy(x, of({3})); }},
      {"AGC0107", "expects a weight of 3 classes, got shape [2]",
       [&] { F::cross_entropy(x, labels, F::CrossEntropyFuncOptions().weight(of({2}))); }},
      {"AGC0103", "expects a weight that broadcasts to [2, 3], got shape [4, 2, 3]",
       [&] { F::binary_cross_entropy(x, x, F::BinaryCrossEntropyFuncOptions().weight(of({4, 2, 3}))); }},
      {"AGC0104", "expects beta of at least 0, got -1", [&] { F::smooth_l1_loss(x, x, F::SmoothL1LossFuncOptions().beta(-1)); }},
      {"AGC0104", "expects delta above 0, got 0", [&] { F::huber_loss(x, x, F::HuberLossFuncOptions().delta(0)); }},
      {"AGC0107", "expects inputs [n, d] or [d], got shape [1, 2, 3]",
       [&] { F::cosine_embedding_loss(of({1, 2, 3}), of({1, 2, 3}), of({1})); }},
  });
}

TEST(ErrorsOfTraining, OfOptimizers) {
  Tensor w = of({2}).requires_grad_();
  using Params = std::vector<Tensor>;
  optim::SGD sgd(Params{w}, optim::SGDOptions(0.1));
  expectRefusals({
      {"AGC0113", "cannot optimize a tensor that is not a leaf, got the one of shape [2] that MulBackward0 made; use detach()?",
       [&] { optim::SGD(Params{w * 2}, optim::SGDOptions(0.1)); }},
      {"AGC0117", "got the same parameter twice, of shape [2]", [&] { optim::Adam(Params{w, w}); }},
      {"AGC0117", "got the same parameter twice, of shape [2]", [&] { sgd.add_param_group(Params{w}); }},
      {"AGC0101", "expects a tensor, got an undefined one", [] { optim::AdamW(Params{Tensor()}); }},
      {"AGC0104", "'agc.SGD' expects lr, momentum and weight_decay of at least 0, got -1",
       [&] { optim::SGD(Params{w}, optim::SGDOptions(-1)); }},
      {"AGC0104", "'agc.SGD' expects a momentum and no dampening for nesterov, got 0",
       [&] { optim::SGD(Params{w}, optim::SGDOptions(1).nesterov(true)); }},
      {"AGC0104", "'agc.Adam' expects lr, eps and weight_decay of at least 0, got nan",
       [&] { optim::Adam(Params{w}, optim::AdamOptions(NAN)); }},
      {"AGC0104", "'agc.AdamW' expects betas in [0, 1), got 0.900000, 1.000000",
       [&] { optim::AdamW(Params{w}, optim::AdamWOptions(1).betas({0.9, 1})); }},
      {"AGC0104", "'agc.RMSprop' expects lr, alpha, eps, weight_decay and momentum of at least 0",
       [&] { optim::RMSprop(Params{w}, optim::RMSpropOptions(1).alpha(-1)); }},
      {"AGC0104", "'agc.Adagrad' expects lr, lr_decay, weight_decay, initial_accumulator_value and eps of at least 0",
       [&] { optim::Adagrad(Params{w}, optim::AdagradOptions(-1)); }},
  });
}

TEST(ErrorsOfTraining, OfSchedulers) {
  Tensor w = of({2}).requires_grad_();
  optim::SGD sgd(std::vector<Tensor>{w}, optim::SGDOptions(0.1));
  using Plateau = optim::ReduceLROnPlateauScheduler;
  optim::OneCycleLR cycle(sgd, 0.1, 2);
  cycle.step();
  double before = sgd.param_groups()[0].options().get_lr();
  expectRefusals({
      {"AGC0104", "'agc.StepLR' expects step_size of at least 1, got 0", [&] { optim::StepLR(sgd, 0); }},
      {"AGC0104", "'agc.ReduceLROnPlateauScheduler' expects a factor below 1, got 1", [&] { Plateau(sgd, Plateau::min, 1); }},
      {"AGC0104", "'agc.ReduceLROnPlateauScheduler' expects a min_lr for each of 1 groups, got 2",
       [&] { Plateau(sgd, Plateau::min, 0.1f, 10, 1e-4, Plateau::rel, 0, {0, 0}); }},
      {"AGC0104", "'agc.CosineAnnealingLR' expects t_max of at least 1, got 0", [&] { optim::CosineAnnealingLR(sgd, 0); }},
      {"AGC0104",
       "'agc.OneCycleLR' expects at least two steps, pct_start in [0, 1] and divisors above 0, got 1, 0.300000, 25",
       [&] { optim::OneCycleLR(sgd, 0.1, 1); }},
      {"AGC0104", "'agc.OneCycleLR' was made for 2 steps, and these are over", [&] { cycle.step(); }},
      {"AGC0104", "'agc.LinearWarmup' expects a start_factor in (0, 1], got 0", [&] { optim::LinearWarmup(sgd, 5, 0); }},
  });
  EXPECT_EQ(sgd.param_groups()[0].options().get_lr(), before);
}

TEST(ErrorsOfTraining, OfTracedFunctions) {
  nn::Linear model(2, 3);
  optim::SGD sgd(model->parameters(), optim::SGDOptions(0.1));
  auto all = [](const Tensor &y, const Tensor &) { return y; };
  auto sum = [](const Tensor &y, const Tensor &t) { return (y - t).sum(); };
  TrainStep step = train_step(model, sum, sgd, spec({4, 2}), spec({4, 3}));
  Compiled twice = compile([](Tensor x) { return x * 2; }, spec({2}));
  Tensor kept = of({2});
  expectRefusals({
      {"AGC0114", "expects a loss of one element, got shape [4, 3]", [&] { train_step(model, all, sgd, spec({4, 2}), spec({4, 3})); }},
      {"AGC0107", "expects 'x' of shape [4, 2] and dtype float32, got [3, 2] and float32", [&] { step(of({3, 2}), of({4, 3})); }},
      {"AGC0107", "expects 'x0' of shape [2] and dtype float32, got [2] and float64", [&] { twice(of({2}, kFloat64)); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { step(Tensor(), of({4, 3})); }},
      {"AGC0201", "/no/such/folder/x", [&] { step.save("/no/such/folder/x.agc"); }},
      {"AGC0120", "a function that compile or train_step traces cannot read a tensor's value: it has none yet",
       [] { compile([](Tensor x) { return x.sum().item<float>() > 0 ? x : -x; }, spec({2})); }},
      {"AGC0120", "cannot trace a function within another",
       [] { compile([](Tensor x) { return compile([](Tensor y) { return y; }, spec({2}))(x); }, spec({2})); }},
      {"AGC0120", "cannot fill a tensor while a function is traced",
       [&] { compile([&](Tensor x) { nn::init::zeros_(kept); return x; }, spec({2})); }},
      {"AGC0104", "'agc.value_and_grad' expects positions among its 1 arguments, got 1",
       [] { value_and_grad([](Tensor x) { return x.sum(); }, {1})(of({2})); }},
      {"AGC0116", "cannot fill a view from outside; fill its base", [&] { nn::init::ones_(kept[0]); }},
      {"AGC0104", "expects gradients of a finite norm, got nan; error_if_nonfinite=false clips all the same",
       [] {
         Tensor w = of({2}).requires_grad_();
         w.mutable_grad() = full({2}, NAN);
         nn::utils::clip_grad_norm_(w, 1, 2, true);
       }},
  });
}

float memory[40];

TEST(ErrorsOfTraining, OfMemoryThatIsNotAligned) {
  struct Net : nn::Module {
    Net() { w = register_parameter("w", from_blob(unaligned(), 2)); }
    static float *unaligned() { return memory + (reinterpret_cast<uintptr_t>(memory) % 64 == 0); }
    Tensor forward(Tensor x) { return x * w; }
    Tensor w;
  };
  auto net = std::make_shared<Net>();
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.1));
  auto sum = [](const Tensor &y, const Tensor &) { return y.sum(); };
  TrainStep step = train_step(net, sum, sgd, spec({2}), spec({1}));
  expectRefusals({{"AGC0101", "a parameter's memory must be aligned to 64 bytes, and that of shape [2] is not; use clone()?",
                   [&] { step(of({2}), of({1})); }}});
}

/// A program from words, as the command line gives them.
void build(void (*change)(ProgramRequest &)) {
  ProgramRequest r;
  r.model = "mlp";
  r.input = {4, 8};
  r.classes = 2;
  r.loss = "cross_entropy";
  r.optimizer = "sgd";
  change(r);
  traceProgram(r);
}

TEST(ErrorsOfTraining, OfPrograms) {
  expectRefusals(
      {{"AGC0121", "there is no model 'vgg'", [] { build([](auto &r) { r.model = "vgg"; }); }},
       {"AGC0121", "there is no loss 'hinge'", [] { build([](auto &r) { r.loss = "hinge"; }); }},
       {"AGC0121", "there is no optimizer 'lbfgs'", [] { build([](auto &r) { r.optimizer = "lbfgs"; }); }},
       {"AGC0121", "optimizer sgd has other options", [] { build([](auto &r) { r.options["speed"] = 3; }); }},
       {"AGC0121", "model 'mlp' expects an input of a batch and more, got [4]", [] { build([](auto &r) { r.input = {4}; }); }},
       {"AGC0121", "an mlp whose sizes start with 8 fits an input of shape [4, 8], got [7, 2]",
        [] { build([](auto &r) { r.sizes = {7, 2}; }); }},
       {"AGC0121", "model 'lenet' expects an input n x c x h x w, got [4, 8]", [] { build([](auto &r) { r.model = "lenet"; }); }},
       {"AGC0121", "model 'gpt' expects an input n x t of tokens, t at most its block of",
        [] { build([](auto &r) { r.model = "gpt", r.input = {4, 1 << 20}; }); }},
       {"AGC0121", "model 'lstm' expects an input n x t x features, got [4, 8]", [] { build([](auto &r) { r.model = "lstm"; }); }},
       {"AGC0121", "expects at least one class, got 0", [] { build([](auto &r) { r.classes = 0; }); }},
       {"AGC0121", "expects sizes of at least 1, got [4, 0]", [] { build([](auto &r) { r.input = {4, 0}; }); }},
       {"AGC0121", "cross_entropy expects an output of scores for each class, got shape [4]",
        [] { build([](auto &r) { r.model = "elementwise", r.input = {4}; }); }}},
      Line::None);
}

} // namespace
