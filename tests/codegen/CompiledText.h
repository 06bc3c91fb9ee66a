//===- CompiledText.h - A function in MLIR text, compiled and loaded -------===//
#ifndef AGC_TESTS_CODEGEN_COMPILEDTEXT_H
#define AGC_TESTS_CODEGEN_COMPILEDTEXT_H

#include "codegen/Compiler.h"
#include "codegen/manifest.pb.h"
#include "ir/Dialect.h"
#include "ir/Serialize.h"
#include "runtime/jit/ObjectLoader.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

extern "C" agc::Compiler *agcGetCompiler();
extern "C" void agcLoadObject(std::string_view,
                              std::unique_ptr<agc::LoadedObject> &,
                              agc::CompilerError &);

namespace agc {

struct AlignedBuffer {
  explicit AlignedBuffer(size_t bytes)
      : data(std::aligned_alloc(64, (bytes + 127) / 64 * 64)) {
    std::memset(data, 0xCD, (bytes + 127) / 64 * 64);
  }
  AlignedBuffer(AlignedBuffer &&other) : data(std::exchange(other.data, nullptr)) {}
  ~AlignedBuffer() { std::free(data); }
  void *data;
};

/// Parts of about as many tiles each, the last first: what `count` threads do.
struct Threads {
  int64_t count;
  agc_executor executor{this, [](void *self, int64_t tiles, agc_task task, void *argument) {
                          int64_t parts = static_cast<Threads *>(self)->count;
                          for (int64_t i = parts; i-- > 0;)
                            if (tiles * i / parts < tiles * (i + 1) / parts)
                              task(argument, tiles * i / parts, tiles * (i + 1) / parts);
                        }};
};

/// MLIR text in the serialized form; empty if it is no program.
inline std::string serialize(const std::string &text) {
  mlir::MLIRContext context;
  context.loadDialect<ir::AgcDialect, mlir::func::FuncDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return "";
  auto message = ir::writeModule(*module);
  return mlir::failed(message) ? "" : message->SerializeAsString();
}

// -fsanitize=function looks for a type before the entry, which code that was
// loaded from an object has not.
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
inline int32_t callEntry(void *entry, void **arguments, void **results,
                         void *workspace, const agc_executor *executor,
                         agc_failure *failure) {
  return reinterpret_cast<agc_entry>(entry)(arguments, results, workspace, executor, failure);
}

/// @f of a serialized program, loaded.
class CompiledProgram {
public:
  /// Throws std::runtime_error with the compiler's message.
  explicit CompiledProgram(const std::string &program, bool reference = false,
                           const std::string &cpu = "native", int64_t maxWorkspaceBytes = -1,
                           bool strict = false,
                           AttentionForming attention = AttentionForming::WherePays) {
    CompileOptions options{"f", cpu, reference, maxWorkspaceBytes};
    options.strict = strict;
    options.attention = attention;
    CompiledObject object;
    check(agcGetCompiler()->compile(program, options, object));
    if (!manifest.ParseFromString(object.manifest))
      throw std::runtime_error("the manifest does not parse");
    CompilerError error;
    agcLoadObject(object.object, loaded, error);
    check(error);
    if (!(entry = loaded->find(manifest.entry())))
      throw std::runtime_error("the object has no entry");
    workspace.emplace_back(manifest.workspace_bytes());
  }

  /// Returns the status. Not for two threads at once: there is one workspace.
  int operator()(std::vector<void *> arguments, std::vector<void *> results,
                 const agc_executor *executor = nullptr) {
    agc_failure failure;
    return callEntry(entry, arguments.data(), results.data(), workspace[0].data,
                     executor, &failure);
  }

  proto::Manifest manifest;

protected:
  static void check(const CompilerError &error) {
    if (error)
      throw std::runtime_error(error.message);
  }

private:
  std::unique_ptr<LoadedObject> loaded;
  void *entry = nullptr;
  std::vector<AlignedBuffer> workspace;
};

/// @f of a program in MLIR text, loaded.
class CompiledText : public CompiledProgram {
public:
  explicit CompiledText(const std::string &text, bool reference = false,
                        const std::string &cpu = "native")
      : CompiledProgram(serialize(text), reference, cpu) {}

  /// The assembly of what the constructor would compile.
  static std::string assembly(const std::string &text,
                              const std::string &cpu = "native") {
    std::string result;
    check(agcGetCompiler()->print(serialize(text), Phase::Native,
                                  CompileOptions{"f", cpu, false}, result));
    return result;
  }
};

} // namespace agc

#endif
