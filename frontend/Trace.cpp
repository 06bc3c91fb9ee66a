#include "frontend/Trace.h"

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
};

template <typename Holder> Model modelOf(Holder holder) {
  return {holder.ptr(), [holder](const Tensor &x) { return holder->forward(x); }};
}

Model build(const ProgramRequest &r) {
  if (r.classes < 1)
    refuse("expects at least one class, got " + std::to_string(r.classes));
  if (r.model == "elementwise")
    return modelOf(models::elementwise(r.input));
  if (r.input.size() < 2)
    refuse("model '" + r.model + "' expects an input of a batch and more, got " + shapeText(r.input));
  if (r.model == "mlp") {
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
  if (r.input.size() != 4)
    refuse("model '" + r.model + "' expects an input n x c x h x w, got " + shapeText(r.input));
  if (r.model == "lenet")
    return modelOf(models::lenet(r.classes, r.input[1], r.input[2], r.input[3]));
  if (r.model == "resnet18")
    return modelOf(models::resnet18(r.classes, r.input[1]));
  refuse("there is no model '" + r.model + "'; there are mlp, lenet, resnet18, elementwise");
}

/// The loss, and the target that it takes for an output of type \p output.
std::pair<Loss, Spec> lossOf(const ProgramRequest &r, const Spec &output) {
  namespace F = nn::functional;
  if (r.loss == "cross_entropy") {
    if (output.shape.size() != 2)
      refuse("cross_entropy expects an output of scores for each class, got shape " +
             shapeText(output.shape));
    return {[](const Tensor &y, const Tensor &t) { return F::cross_entropy(y, t); },
            spec({output.shape[0]}, kInt64)};
  }
  if (r.loss == "mse")
    return {[](const Tensor &y, const Tensor &t) { return F::mse_loss(y, t); }, output};
  if (r.loss == "sum_error")
    return {[](const Tensor &y, const Tensor &t) { return (y - t).sum(); }, output};
  if (r.loss == "mean")
    return {[](const Tensor &y, const Tensor &) { return y.mean(); }, output};
  refuse("there is no loss '" + r.loss + "'; there are cross_entropy, mse, sum_error, mean");
}

} // namespace

TracedProgram traceProgram(const ProgramRequest &request) {
  checkedNumel(request.input.data(), request.input.size());
  for (int64_t size : request.input)
    if (size < 1)
      refuse("expects sizes of at least 1, got " + shapeText(request.input));
  manual_seed(request.seed);
  Model model = build(request);
  optim::SGD sgd(model.module->parameters(),
                 optim::SGDOptions(request.lr)
                     .momentum(request.momentum)
                     .dampening(request.dampening)
                     .weight_decay(request.weightDecay)
                     .nesterov(request.nesterov));
  Spec input = spec(request.input);
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
  auto [loss, target] = lossOf(request, spec(output->shape, output->dtype));
  TracedProgram program;
  proto::Module module;
  module.set_name(request.model);
  for (TracedFunction &function : detail::traceProgram(*model.module, model.forward, loss,
                                                       sgd, input, target, Loc::current()))
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
