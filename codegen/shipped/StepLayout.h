//===- StepLayout.h - What a shipped step looks like from C ----------------===//
//
// Takes: the manifests of a program's functions. Gives: where each tensor lies in
// the state, what the caller's structs hold, and how each function takes both.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_SHIPPED_STEPLAYOUT_H
#define AGC_CODEGEN_SHIPPED_STEPLAYOUT_H

#include "codegen/manifest.pb.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agc {

/// A tensor or number with its name in C.
struct StepTensor {
  std::string name;       // in the program
  std::string identifier; // in C
  proto::ArgumentInfo info;
  uint64_t offset = 0; // in the state, or in the caller's struct
  uint64_t savedAt = 0; // in a checkpoint, behind its header
  /// What the program checks an integer for: at least the first, less than the second.
  std::optional<std::pair<int64_t, int64_t>> range;
};

struct StepFunction {
  proto::Manifest manifest;
  /// Where each argument is.
  enum class Place { State, Batch, Hyper };
  struct Argument {
    Place place;
    size_t index; // of `state`, `inputs` or `hyper`
  };
  std::vector<Argument> arguments;
  struct Output {
    std::string identifier;
    proto::TensorType type;
  };
  std::vector<Output> outputs; // the results that are the caller's
  uint64_t firstCheck = 0;
  bool trains = false; // writes parameters

  bool uses(Place place) const;
};

struct StepLayout {
  std::string name; // a C identifier
  std::string target, flags; // what it was made for, and how
  std::vector<StepTensor> state, inputs, hyper;
  std::vector<StepFunction> functions;
  std::vector<std::string> checks; // of all functions, in order
  uint64_t stateBytes = 0, workspaceBytes = 0;
  uint64_t stackBytes = 0; // known when there is code, as is
  std::vector<std::pair<std::string, uint64_t>> code; // bytes of each function's
  uint64_t codeBytes() const;
  std::vector<proto::KernelInfo> timed; // each has a timer in the state, behind the tensors
  uint64_t timersAt = 0;
  uint64_t schema = 0; // of the state's tensors, from which follows where they lie
  /// A checkpoint's header with zeros for what differs, and where that is.
  std::string checkpointHeader;
  std::vector<size_t> saved; // the state's tensors as a checkpoint has them
  uint64_t checkpointBytes = 0, stepsAt = 0, checksumAt = 0;
};

/// Errors, as text that is not empty: functions that disagree about a tensor.
/// \p pointerBytes: of a pointer where the step runs.
std::string layOutStep(const std::string &name, std::vector<proto::Manifest> manifests,
                       unsigned pointerBytes, StepLayout &layout);

/// Makes room for timers of these kernels.
void addTimers(StepLayout &layout, std::vector<proto::KernelInfo> kernels);

/// Bytes of the state that layOutStep makes for a program.
uint64_t stateBytesOf(const proto::Module &program);

/// The part of layOutStep that is about checkpoints.
void layOutCheckpoint(StepLayout &layout);

/// `float`, `int64_t`, …; bf16 and f16 as their bits.
const char *typeInC(proto::DType dtype);
uint64_t sizeOf(proto::DType dtype);
uint64_t numelOf(const proto::TensorType &type);

/// The header, C99 and C++.
std::string stepHeader(const StepLayout &layout);
/// The module, Fortran 2003. layout.name: of at most 40 letters, the first one no _.
std::string stepFortran(const StepLayout &layout);
/// The manifest, JSON.
std::string stepManifest(const StepLayout &layout);
/// What of it the object itself says (StepNote.h): all that a caller needs to know, on
/// one line. \p needs: of an x86-64, by LLVM's names.
std::string stepNote(const StepLayout &layout, const std::vector<std::string> &needs);

} // namespace agc

#endif
