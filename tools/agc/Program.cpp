#include "tools/agc/Program.h"

#include "ir/Bodies.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/jit/CompilerLibrary.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdio>

namespace agc::cli {
namespace {

/// The newest version of the format that this tool writes and reads.
constexpr uint32_t formatVersion = 1;

std::string readAll(const std::string &path) {
  if (path != "-")
    return readFile(path);
  std::string bytes;
  char block[1 << 16];
  while (size_t count = std::fread(block, 1, sizeof block, stdin))
    bytes.append(block, count);
  return bytes;
}

} // namespace

proto::Module readProgram(const std::string &path) {
  std::string bytes = readAll(path);
  std::string name = path == "-" ? "standard input" : "'" + path + "'";
  proto::Module module;
  if (!module.ParseFromString(bytes) || module.version() == 0)
    throw Error("AGC0301", name + " is not an agc program, or is damaged");
  if (module.version() > formatVersion)
    throw Error("AGC0302",
                name + " has format version " + std::to_string(module.version()) +
                    ", and this agc reads up to " +
                    std::to_string(formatVersion) + "; use a newer agc");
  return module;
}

proto::Module checkedProgram(const proto::Module &module, bool expandGradients) {
  std::string bytes;
  throwIf(compiler().rewrite(serialized(module),
                             expandGradients ? Phase::Gradient : Phase::Graph,
                             bytes));
  proto::Module result;
  if (!result.ParseFromString(bytes))
    throw Error("AGC0299", "the compiler wrote a program that does not parse");
  return result;
}

std::string serialized(const proto::Module &module) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    if (!module.SerializeToCodedStream(&coded))
      throw Error("AGC0205", "a program of more than 2 GiB cannot be written");
  }
  return bytes;
}

void writeProgram(const std::string &path, const proto::Module &module) {
  std::string bytes = serialized(module);
  if (path == "-")
    print(bytes);
  else
    writeFileAtomically(path, {bytes});
}

std::string weightsPath(const std::string &path) {
  if (path == "-")
    throw UsageError("this verb needs the weights beside the program: give a "
                     "file, not '-'");
  size_t dot = path.rfind('.'), slash = path.rfind('/');
  bool hasSuffix =
      dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return (hasSuffix ? path.substr(0, dot) : path) + ".safetensors";
}

const proto::Function &findFunction(const proto::Module &module,
                                    const std::string &name) {
  std::string known;
  std::set<std::string> bodies = bodyNames(module);
  for (const proto::Function &function : module.functions()) {
    if (bodies.count(function.name()))
      continue; // nobody calls it but its own node
    if (function.name() == name)
      return function;
    known += (known.empty() ? "" : ", ") + function.name();
  }
  throw Error("AGC0303", "the program has no function '" + name + "'; it has " +
                             (known.empty() ? "none" : known));
}

std::string metadata(const proto::Module &module, const std::string &key,
                     const std::string &otherwise) {
  for (const proto::Metadata &entry : module.metadata())
    if (entry.key() == key)
      return entry.value();
  return otherwise;
}

} // namespace agc::cli
