#include "frontend/Trace.h"

#include "frontend/TraceOptimizers.h"
#include "frontend/core/Traced.h"

#include "ir/graph.pb.h"

#include <agc/models.h>

#include "runtime/core/Sizes.h"

namespace agc {

using namespace detail;

namespace {

[[noreturn]] void refuse(const std::string &why) { throw Error("AGC0121", why); }

struct Model {
  std::shared_ptr<nn::Module> module;
  Forward forward;
  DType input;
};

template <typename Holder> Model modelOf(Holder holder, DType input = kFloat32) {
  return {holder.ptr(), [holder](const Tensor &x) { return holder->forward(x); }, input};
}

/// Of images.
void expectImages(const ProgramRequest &r) {
  if (r.input.size() != 4)
    refuse("model '" + r.model + "' expects an input n x c x h x w, got " + shapeText(r.input));
}

Model buildMlp(const ProgramRequest &r) {
  if (r.input.size() < 2)
    refuse("model 'mlp' expects an input of a batch and more, got " + shapeText(r.input));
  int64_t elements = 1;
  for (size_t d = 1; d < r.input.size(); ++d)
    elements *= r.input[d];
  std::vector<int64_t> sizes = r.sizes;
  if (sizes.empty())
    sizes = {elements, 128, r.classes};
  if (sizes.size() < 2 || sizes.front() != elements)
    refuse("an mlp whose sizes start with " + std::to_string(elements) +
           " fits an input of shape " + shapeText(r.input) + ", got " + shapeText(sizes));
  return modelOf(models::mlp(sizes));
}
Model buildLenet(const ProgramRequest &r) {
  expectImages(r);
  return modelOf(models::lenet(r.classes, r.input[1], r.input[2], r.input[3]));
}
template <models::ResNet (*make)(int64_t, int64_t)> Model buildResNet(const ProgramRequest &r) {
  expectImages(r);
  return modelOf(make(r.classes, r.input[1]));
}
Model buildGpt(const ProgramRequest &r) {
  if (r.input.size() != 2 || r.input[1] > r.block)
    refuse("model 'gpt' expects an input n x t of tokens, t at most its block of " + std::to_string(r.block) +
           ", got " + shapeText(r.input));
  return modelOf(models::gpt(r.layers, r.heads, r.width, r.block, r.vocab), kInt64);
}
Model buildLstm(const ProgramRequest &r) {
  if (r.input.size() != 3)
    refuse("model 'lstm' expects an input n x t x features, got " + shapeText(r.input));
  return modelOf(models::lstm_classifier(r.input[2], r.hidden, r.classes));
}
Model buildElementwise(const ProgramRequest &r) { return modelOf(models::elementwise(r.input)); }

const std::pair<const char *, Model (*)(const ProgramRequest &)> builders[] = {
    {"mlp", buildMlp},
    {"lenet", buildLenet},
    {"resnet18", buildResNet<models::resnet18>},
    {"resnet34", buildResNet<models::resnet34>},
    {"resnet50", buildResNet<models::resnet50>},
    {"gpt", buildGpt},
    {"lstm", buildLstm},
    {"elementwise", buildElementwise}};

Model build(const ProgramRequest &r) {
  if (r.classes < 1)
    refuse("expects at least one class, got " + std::to_string(r.classes));
  for (const auto &[name, builder] : builders)
    if (r.model == name)
      return builder(r);
  refuse("there is no model '" + r.model + "'");
}

/// A loss, and the target that it takes for an output.
struct LossOf {
  Loss loss;
  Spec target;
};
LossOf crossEntropy(const Spec &output) {
  namespace F = nn::functional;
  if (output.shape.size() == 3) // scores of each token
    return {[](const Tensor &y, const Tensor &t) {
              return F::cross_entropy(y.view({-1, y.size(2)}), t.view(-1));
            },
            spec({output.shape[0], output.shape[1]}, kInt64)};
  if (output.shape.size() != 2)
    refuse("cross_entropy expects an output of scores for each class, got shape " +
           shapeText(output.shape));
  return {[](const Tensor &y, const Tensor &t) { return F::cross_entropy(y, t); },
          spec({output.shape[0]}, kInt64)};
}
LossOf mse(const Spec &output) {
  return {[](const Tensor &y, const Tensor &t) { return nn::functional::mse_loss(y, t); }, output};
}
LossOf sumError(const Spec &output) {
  return {[](const Tensor &y, const Tensor &t) { return (y - t).sum(); }, output};
}
LossOf mean(const Spec &output) {
  return {[](const Tensor &y, const Tensor &) { return y.mean(); }, output};
}

const std::pair<const char *, LossOf (*)(const Spec &)> losses[] = {
    {"cross_entropy", crossEntropy}, {"mse", mse}, {"sum_error", sumError}, {"mean", mean}};

LossOf lossOf(const std::string &wanted, const Spec &output) {
  for (const auto &[name, loss] : losses)
    if (wanted == name)
      return loss(output);
  refuse("there is no loss '" + wanted + "'");
}

template <typename Table> std::vector<std::string> namesOf(const Table &table) {
  std::vector<std::string> names;
  for (const auto &[name, value] : table)
    names.push_back(name);
  return names;
}

} // namespace

std::vector<std::string> programModels() { return namesOf(builders); }
std::vector<std::string> programLosses() { return namesOf(losses); }

TracedProgram traceProgram(const ProgramRequest &request) {
  checkedNumel(request.input.data(), request.input.size());
  for (int64_t size : request.input)
    if (size < 1)
      refuse("expects sizes of at least 1, got " + shapeText(request.input));
  manual_seed(request.seed);
  Model model = build(request);
  std::unique_ptr<optim::Optimizer> optimizer = makeOptimizer(request, model.module->parameters());
  Spec input = spec(request.input, model.input);
  // The output's shape, from a trace of the forward alone.
  TypeRef output;
  {
    ModeGuard mode(*model.module, false);
    NoGradGuard quiet;
    TracedFunction forward = traceFunction(
        "forward", {{"x", input}}, [&] { return statesOf(*model.module); },
        [&](const std::vector<Tensor> &in) {
          return std::vector<NamedOutput>{{"output", model.forward(in[0])}};
        },
        Loc());
    output = forward.segment.outputs[0].type();
  }
  auto [loss, target] = lossOf(request.loss, spec(output->shape, output->dtype));
  TracedProgram program;
  proto::Module module;
  module.set_name(request.model);
  for (TracedFunction &function : detail::traceProgram(*model.module, model.forward, loss,
                                                       *optimizer, input, target, Loc::current()))
    emit(function.segment, function.spec, module);
  program.module = module.SerializeAsString();
  for (const NamedState &state : statesOf(*model.module)) {
    BufferRef buffer = materialize(state.tensor);
    const Type &type = *implOf(state.tensor).type;
    program.weights.push_back({state.name, type.dtype, type.shape,
                               {static_cast<const char *>(buffer->data()), size_t(type.sizeBytes)}});
    program.memory.push_back(buffer);
  }
  return program;
}

} // namespace agc
