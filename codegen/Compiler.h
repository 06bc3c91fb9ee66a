//===- Compiler.h - The compiler as seen from outside ----------------------===//
//
// The compiler lives in a library of its own (libagc-compiler), because LLVM
// and MLIR cost 20 ms and 82 MiB at every start. This interface names neither,
// so that frontend, runtime and tools can load the library when they first
// need it (runtime/jit/CompilerLibrary.h) and not before.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_COMPILER_H
#define AGC_CODEGEN_COMPILER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agc {

/// How far a program has come on its way to the machine.
enum class Phase { Graph, Gradient, Loops, Kernels, Native };

/// A text, or the reason why there is none. Never thrown through LLVM frames:
/// callers outside the compiler turn a failure into their own kind of error.
struct CompilerError {
  enum class Kind { None, Input, Unsupported, ResourceLimit, Internal };
  Kind kind = Kind::None;
  std::string message;  // one line per diagnostic, `file:line:column: error: …`
  explicit operator bool() const { return kind != Kind::None; }
};

/// Whether to say where the time of compiling goes, by phase and pass: MLIR's table.
enum class Timing { None, Text, Json };

/// Where attention becomes one op (docs/attention.md). Other than where it pays it is
/// for tests.
enum class AttentionForming { WherePays, Always, Never };

struct CompileOptions {
  /// Function of the module to compile; others are ignored.
  std::string function;
  /// LLVM's name of a CPU, or "native".
  std::string cpu = "native";
  /// The oracle of the tests: each op alone, in f64, scalar loops, libm.
  /// Floating-point arguments and results are then f64.
  bool reference = false;
  /// Of its workspace; -1: no limit. As ShipOptions::maxMemoryBytes.
  int64_t maxWorkspaceBytes = -1;
  /// Each kernel has a timer. The function then takes a table behind its arguments:
  /// two u64 of each kernel of the manifest, to which calls and ticks are added.
  bool profile = false;
  Timing timing = Timing::None;
  /// Each sum is computed as it is written: no convolution by fewer multiplications,
  /// whose error is larger (docs/winograd.md), and no factor taken out of a sum.
  bool strict = false;
  AttentionForming attention = AttentionForming::WherePays;
};

/// An object file and the serialized agc::proto::Manifest that describes it.
struct CompiledObject {
  std::string object;
  std::string manifest;
  /// If asked for; of this compilation alone, so no cache keeps it.
  std::string timing = "";
};

/// What a step is shipped as.
struct ShipOptions {
  std::string name; // of its functions, a C identifier
  /// A name of Compiler::targets(), or several with commas between.
  std::string target = "native";
  std::string cpu; // LLVM's name of one that is more than the target's own, or empty
  /// Library: the object in a static library.
  enum class Emit { Object, Library, Assembly, LLVM } emit = Emit::Object;
  /// Of state and workspace together; 0: no limit. Values are computed again rather
  /// than kept, or it is an error that says what is alive at the peak.
  uint64_t maxMemoryBytes = 0;
  bool fortran = false; // a module beside the header
  bool debugInfo = false; // DWARF: the lines of the user's program
  /// "thread": the object is watched by ThreadSanitizer's runtime, with which it is to be
  /// linked. Empty: nothing is.
  std::string sanitize;
  bool profile = false; // each kernel has a timer, in the state
  Timing timing = Timing::None;
  bool strict = false;  // as CompileOptions::strict
};

struct ShippedStep {
  std::string object;   // or what was asked for
  std::string header;   // C
  std::string manifest; // JSON
  std::string fortran;  // if asked for
  std::string timing;   // likewise
};

/// What an object, a static library or a program says of a step in it.
struct NotedStep {
  std::string text; // JSON: docs/shipped.md, "The note"
  bool runsHere = false; // this machine is of its target, and has what its code uses
  std::vector<std::pair<std::string, uint64_t>> code; // bytes of each function of an object
};

/// What a step can be shipped for.
struct TargetInfo {
  std::string name, description;
  std::string triple;            // as LLVM says it
  std::vector<std::string> cpus; // one for each version of the code in an object
};

/// Every method takes a module as serialized agc::proto::Module bytes, which it
/// does not trust. Thread-safe.
class Compiler {
public:
  virtual ~Compiler() = default;

  virtual CompilerError compile(std::string_view module,
                                const CompileOptions &options,
                                CompiledObject &result) = 0;

  /// All functions of a module that are no bodies, in one object that needs nothing
  /// else, with the state and the C functions of docs/shipped.md.
  virtual CompilerError ship(std::string_view module, const ShipOptions &options,
                             ShippedStep &result) = 0;

  /// The steps in an object file, a static library or a program, in order.
  virtual CompilerError notes(std::string_view file, std::vector<NotedStep> &steps) = 0;

  /// In the order in which they are shown.
  virtual std::vector<TargetInfo> targets() = 0;

  /// The module at the end of \p phase: MLIR text, for Native assembly. An
  /// empty options.function means all functions.
  virtual CompilerError print(std::string_view module, Phase phase,
                              const CompileOptions &options,
                              std::string &text) = 0;

  /// The module at the end of \p phase (Loops or Kernels) as a graph to draw, an
  /// agc::proto::Module: its nodes are loop nests or calls of kernels. It is no
  /// program. An empty options.function means all functions.
  virtual CompilerError outline(std::string_view module, Phase phase,
                                const CompileOptions &options,
                                std::string &result) = 0;

  /// Checks a module and brings it to \p phase (Graph or Gradient), serialized
  /// again. At Gradient every symbolic `gradient` node has been expanded.
  virtual CompilerError rewrite(std::string_view module, Phase phase,
                                std::string &result) = 0;

  /// A module of one function, differentiated, and then as a function of \p size
  /// examples at once: arguments number \p batched, in order, and all results
  /// have one more dimension, the first.
  virtual CompilerError batch(std::string_view module,
                              const std::vector<uint32_t> &batched,
                              int64_t size, std::string &result) = 0;
};

/// How libagc-compiler hands its compiler out.
using GetCompilerFn = Compiler *(*)();
#define AGC_COMPILER_SYMBOL "agcGetCompiler"

} // namespace agc

#endif
