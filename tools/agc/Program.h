//===- Program.h - .agc files and the weights beside them ------------------===//
#ifndef AGC_TOOLS_AGC_PROGRAM_H
#define AGC_TOOLS_AGC_PROGRAM_H

#include "ir/graph.pb.h"

#include <string>

namespace agc::cli {

/// The program in the file \p path, `-` for stdin, so far unchecked but for
/// what protobuf checks and the version: whoever walks its nodes passes it
/// through checkedProgram or the compiler first.
/// Errors: AGC0201 the system's; AGC0301 not a program; AGC0302 a newer one.
proto::Module readProgram(const std::string &path);

/// \p module as the compiler reads and writes it: every number in it is in its
/// bounds. With \p expandGradients, backward and update are written out.
/// Errors: the compiler's.
proto::Module checkedProgram(const proto::Module &module,
                             bool expandGradients = false);

/// Writes to \p path, `-` for stdout; the same program gives the same bytes.
void writeProgram(const std::string &path, const proto::Module &module);

/// `r.safetensors` for `r.agc`.
/// Errors: usage, if \p path is `-`: standard input has nothing beside it.
std::string weightsPath(const std::string &path);

/// The function \p name.
/// Errors: AGC0303, with the names that there are.
const proto::Function &findFunction(const proto::Module &module,
                                    const std::string &name);

std::string serialized(const proto::Module &module);

/// The value of a key of the program's metadata, or \p otherwise.
std::string metadata(const proto::Module &module, const std::string &key,
                     const std::string &otherwise = "");

} // namespace agc::cli

#endif
