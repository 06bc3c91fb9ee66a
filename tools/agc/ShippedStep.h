//===- ShippedStep.h - An object of `agc compile`, loaded into this process -===//
//
// By the loader of the JIT. What the step takes is in the object's note
// (docs/shipped.md): nothing is needed beside it.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_SHIPPEDSTEP_H
#define AGC_TOOLS_AGC_SHIPPEDSTEP_H

#include "codegen/Compiler.h"
#include "runtime/jit/ObjectLoader.h"
#include "tools/agc/HostTensor.h"
#include "tools/agc/KernelTable.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace agc::cli {

/// Whether the file begins as an object, a static library or a program does.
bool isObjectFile(const std::string &path);

/// The steps in such a file.
/// Errors: AGC0201 the system's; AGC0362, it is no such file or has no step in it.
std::vector<NotedStep> readSteps(const std::string &path);

class ShippedStep {
public:
  /// Errors: as readSteps; AGC0362, several steps, a program, or one for another machine.
  explicit ShippedStep(const std::string &path);

  const nlohmann::json &note() const { return description; }
  /// Each with zeros at first.
  std::map<std::string, HostTensor> inputs;
  /// As the program begins them.
  std::map<std::string, double> hyper;

  /// Begins the state.
  void init(uint64_t seed);
  /// Where that tensor is in the state; null if there is none.
  void *tensor(const std::string &name);
  /// What calls a function on agc's threads, with the hyperparameters as they are now.
  /// Errors: AGC0303, no such function. Of the call: AGC0321, a status, with its text.
  std::function<void()> bind(const std::string &function);
  /// Of each kernel, if the object was made with --profile: what its calls took since the
  /// last time that this was asked.
  std::vector<KernelTime> takeKernelTimes();

  /// Of the last call.
  const HostTensor &output(const std::string &name) const { return outputs.at(name); }

private:
  struct Function {
    bool takesBatch = false, takesHyper = false;
    std::vector<std::string> outputs;
  };

  nlohmann::json description;
  std::vector<std::string> inputOrder;
  std::map<std::string, Function> functions;
  std::unique_ptr<LoadedObject> object;
  HostTensor state, workspace;
  std::map<std::string, HostTensor> outputs;

  void readNote();
  void *symbol(const std::string &function) const;
  void refuse(int32_t status) const;
};

/// Random data for inputs: floats uniform in [0, 1), integers in the range that the step
/// checks them against, else 0 and 1.
void fillRandom(ShippedStep &step, uint64_t seed);

} // namespace agc::cli

#endif
