//===- Serialize.h - Tensors, models and optimizers as files --------------===//
//
// All are .safetensors. A training step has checkpoints of all that it keeps:
// TrainStep::save_checkpoint.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_SERIALIZE_H
#define AGC_SERIALIZE_H

#include <agc/LoadReport.h>
#include <agc/nn/Module.h>
#include <agc/optim/Optimizer.h>

namespace agc {

/// Parameters and buffers, by name.
void save(const nn::Module &module, const std::string &path, Loc loc = Loc::current());
/// Reads what save wrote, or any .safetensors with the same names and shapes.
/// Without \p strict what fits is loaded, and the report says what did not.
/// Errors: AGC0118, \p strict, and a name is missing or unknown, or has another shape
/// or dtype. Nothing has changed then.
LoadReport load(nn::Module &module, const std::string &path, bool strict = true,
                Loc loc = Loc::current());
template <typename M> void save(const nn::ModuleHolder<M> &m, const std::string &path, Loc loc = Loc::current()) {
  save(static_cast<const nn::Module &>(*m), path, loc);
}
template <typename M>
LoadReport load(nn::ModuleHolder<M> &m, const std::string &path, bool strict = true, Loc loc = Loc::current()) {
  return load(static_cast<nn::Module &>(*m), path, strict, loc);
}
template <typename M>
  requires std::is_base_of_v<nn::Module, M>
void save(const std::shared_ptr<M> &m, const std::string &path, Loc loc = Loc::current()) {
  save(static_cast<const nn::Module &>(*m), path, loc);
}
template <typename M>
  requires std::is_base_of_v<nn::Module, M>
LoadReport load(std::shared_ptr<M> &m, const std::string &path, bool strict = true, Loc loc = Loc::current()) {
  return load(static_cast<nn::Module &>(*m), path, strict, loc);
}

/// What an optimizer keeps for its parameters, by their numbers, and its learning
/// rates. Its other options are those that it was made with.
void save(const optim::Optimizer &optimizer, const std::string &path, Loc loc = Loc::current());
/// Also into an optimizer that has made no step yet. \p strict as for a module.
/// Errors: AGC0118, another kind of optimizer's; \p strict, and it does not fit.
LoadReport load(optim::Optimizer &optimizer, const std::string &path, bool strict = true,
                Loc loc = Loc::current());

/// Tensors, in their order.
void save(const Tensor &tensor, const std::string &path, Loc loc = Loc::current());
void save(const std::vector<Tensor> &tensors, const std::string &path, Loc loc = Loc::current());
/// New tensors, as they were saved. Errors: AGC0118, the file has others.
void load(Tensor &tensor, const std::string &path, Loc loc = Loc::current());
void load(std::vector<Tensor> &tensors, const std::string &path, Loc loc = Loc::current());

} // namespace agc

#endif
