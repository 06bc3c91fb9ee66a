#include "runtime/jit/ShipStep.h"

#include "runtime/core/AtomicFile.h"
#include "runtime/jit/CompilerLibrary.h"

namespace agc {

/// Of ASCII, whatever the locale.
static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool isDigit(char c) { return c >= '0' && c <= '9'; }

static std::string lastPart(const std::string &path) { return path.substr(path.rfind('/') + 1); }

std::optional<std::string> stepNameOf(const std::string &path) {
  std::string name = lastPart(path);
  if (name.empty() || isDigit(name[0]))
    return std::nullopt;
  for (char c : name)
    if (!isLetter(c) && !isDigit(c))
      return std::nullopt;
  return name;
}

std::string wantedStepPath(const std::string &path) {
  std::string name = lastPart(path);
  std::string text = "a path whose last part is a name in C, as its functions begin with it: "
                     "letters, digits and _; got '" + name + "'";
  size_t dot = name.rfind('.');
  if (dot != std::string::npos && stepNameOf(name.substr(0, dot)))
    text += "; leave '" + name.substr(dot) + "' off, as several files are written";
  return text;
}

static std::string objectPath(ShipOptions::Emit emit, const std::string &path, const std::string &name) {
  switch (emit) {
  case ShipOptions::Emit::Object:
    return path + ".o";
  case ShipOptions::Emit::Library:
    return path.substr(0, path.size() - name.size()) + "lib" + name + ".a";
  case ShipOptions::Emit::Assembly:
    return path + ".s";
  case ShipOptions::Emit::LLVM:
    return path + ".ll";
  }
  return path;
}

std::vector<std::string> shipStep(std::string_view program, ShipOptions options,
                                  const std::string &path, std::string *timing) {
  options.name = stepNameOf(path).value();
  ShippedStep step;
  throwIf(compiler().ship(program, options, step));
  if (timing)
    *timing = std::move(step.timing);
  std::vector<std::string> paths{objectPath(options.emit, path, options.name), path + ".h", path + ".json"};
  writeFileAtomically(paths[0], {step.object});
  writeFileAtomically(paths[1], {step.header});
  writeFileAtomically(paths[2], {step.manifest});
  if (options.fortran) {
    paths.push_back(path + ".f90");
    writeFileAtomically(paths.back(), {step.fortran});
  }
  return paths;
}

} // namespace agc
