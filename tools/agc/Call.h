//===- Call.h - A compiled function with its tensors -----------------------===//
//
// A program's functions share state: `forward` reads the parameters that
// `train_step` writes. State holds those tensors by name; a Call binds one
// compiled function to it and has the inputs and results of its own.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_CALL_H
#define AGC_TOOLS_AGC_CALL_H

#include "runtime/core/Philox.h"
#include "runtime/jit/Executable.h"
#include "tools/agc/HostTensor.h"
#include "tools/agc/KernelTable.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agc::cli {

/// Parameters, buffers and optimizer state, by name.
struct State {
  std::map<std::string, HostTensor> tensors;

  /// Takes the tensors of a .safetensors file.
  /// Errors: as readWeights.
  void load(const std::string &path);

  /// The tensor \p name of a program's state, which gets the type and shape given.
  /// What is not there yet is added: optimizer state begins at zero, a random
  /// stream at \p seed.
  /// Its memory is \p pool's.
  /// Errors: AGC0320, a parameter or buffer is missing, or has another shape.
  HostTensor &find(const std::string &name, proto::Role role, DType type,
                   const std::vector<int64_t> &shape, uint64_t seed, TensorPool &pool);

  /// Errors: as writeSafetensors.
  void save(const std::string &path) const;
};

class Call {
public:
  struct Options {
    bool reference = false;              // the oracle: f64, one op at a time
    bool profile = false;                // time each kernel
    Timing timing = Timing::None;        // of compiling
    uint64_t seed = 0;                   // where a random stream starts
    std::map<std::string, double> hyper; // overrides of default values
  };

  /// Compiles \p function of \p module, or finds it compiled. Parameters and
  /// buffers must be in \p state, which is converted if it has other types;
  /// optimizer state that is not starts at zero and is added.
  /// Errors: AGC0303 no such function; AGC0320 a tensor is missing or has
  /// another shape; the compiler's.
  Call(const proto::Module &module, const std::string &function, State &state,
       const Options &options);
  Call(const proto::Module &module, const std::string &function, State &state)
      : Call(module, function, state, Options()) {}

  /// Errors: AGC0321, a check of the function failed (a label out of range);
  /// no state was written then.
  void run();

  /// Errors: AGC0322, no such argument or result, with those there are.
  const HostTensor &argument(const std::string &name) const;
  const HostTensor &result(const std::string &name) const;

  /// Of each kernel, under Options::profile: what its calls took since the last time
  /// that this was asked.
  std::vector<KernelTime> takeKernelTimes();

  /// Arguments that are a caller's to fill in.
  std::vector<std::string> inputs() const;
  bool hasArgument(const std::string &name) const;

  const proto::Manifest &manifest() const { return executable->manifest(); }
  /// What Options::timing asks for; empty if the function was found compiled.
  const std::string &compileTiming() const { return executable->compileTiming(); }

private:
  std::shared_ptr<Executable> executable;
  std::vector<HostTensor> arguments, results;
  std::vector<void *> argumentPointers, resultPointers;
  std::vector<uint64_t> timers; // of each kernel, calls and ticks
};

/// Random data: floats uniform in [0, 1), integers from the first to less than the
/// second of \p range, or 0 and 1.
void fillRandom(const HostTensor &tensor, std::optional<std::pair<int64_t, int64_t>> range,
                Generator &generator);
/// For all inputs; integers in the range that the program checks them against.
void fillRandom(Call &call, uint64_t seed);

/// `layer1.0.conv1/conv2d model.cpp:31, backward`
std::string lineText(const proto::Location &location);

} // namespace agc::cli

#endif
