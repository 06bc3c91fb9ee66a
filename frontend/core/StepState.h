//===- StepState.h - What a traced step keeps, by name --------------------===//
#ifndef AGC_FRONTEND_CORE_STEPSTATE_H
#define AGC_FRONTEND_CORE_STEPSTATE_H

#include "frontend/core/Traced.h"

#include "runtime/checkpoint/Safetensors.h"

#include <agc/LoadReport.h>

namespace agc::detail {

/// The state of a program's functions: the tensors that they take and change in
/// this process, as its checkpoints have them.
class StepState {
public:
  StepState(const std::vector<TracedFunction> &functions, const proto::Module &program);

  /// Errors: as writeCheckpoint.
  void save(const std::string &path, uint64_t steps) const;
  /// Returns what was loaded, and sets \p steps.
  /// Errors: as readCheckpoint; AGC0118, it does not fit and \p strict. Nothing has
  /// changed then.
  LoadReport load(const std::string &path, bool strict, uint64_t &steps) const;

  /// Parameters and buffers, by name.
  OrderedDict<std::string, Tensor> weights() const;

private:
  struct Entry {
    std::string name;
    int role;
    TypeRef type;
    Tensor tensor; // undefined: the default generator's state
  };
  std::vector<Entry> entries;
  uint64_t schema;
};

/// Parameters and buffers, by name.
OrderedDict<std::string, Tensor> namedTensors(const nn::Module &module);

/// Puts what fits of \p file, which was read from \p path, into \p tensors.
/// Errors: AGC0118, it does not fit and \p strict. Nothing has changed then.
LoadReport loadTensors(const OrderedDict<std::string, Tensor> &tensors,
                       const SafetensorsFile &file, const std::string &path, bool strict);

} // namespace agc::detail

#endif
