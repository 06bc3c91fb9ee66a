//===- ShipStep.h - A program as files to link ------------------------------===//
#ifndef AGC_RUNTIME_JIT_SHIPSTEP_H
#define AGC_RUNTIME_JIT_SHIPSTEP_H

#include "codegen/Compiler.h"

#include <optional>

namespace agc {

/// The last part of \p path, which functions begin with; nothing if that is no
/// identifier of C.
std::optional<std::string> stepNameOf(const std::string &path);

/// What such a path is, and what \p path is instead, for an error.
std::string wantedStepPath(const std::string &path);

/// Compiles a program, serialized, to PATH.o (libPATH.a, PATH.s or PATH.ll, as
/// options.emit says), PATH.h, PATH.json and, if asked for, PATH.f90, each written
/// whole or not at all. Returns their paths. options.name is stepNameOf(path).
/// \p timing, if given: the table that options.timing asks for.
/// Errors: what Compiler::ship and writeFileAtomically say.
std::vector<std::string> shipStep(std::string_view program, ShipOptions options,
                                  const std::string &path, std::string *timing = nullptr);

} // namespace agc

#endif
