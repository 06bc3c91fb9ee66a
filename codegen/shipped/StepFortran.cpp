//===- StepFortran.cpp - The Fortran module of a shipped step ---------------===//
//
// What StepHeader.cpp says to C, to Fortran 2003 by way of iso_c_binding. Names are
// the header's in small letters, which is all that Fortran tells apart.
//
//===----------------------------------------------------------------------===//
#include "codegen/shipped/StepLayout.h"

#include "runtime/shipped/step.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using llvm::formatv;

namespace agc {
namespace {

const char *typeInFortran(proto::DType dtype) {
  return llvm::StringSwitch<const char *>(typeInC(dtype))
      .Case("float", "real(c_float)")
      .Case("double", "real(c_double)")
      .Case("int64_t", "integer(c_int64_t)")
      .Case("int32_t", "integer(c_int32_t)")
      .Case("uint16_t", "integer(c_int16_t)") // a bf16's or f16's bits
      .Default("integer(c_int8_t)");
}

/// Names of one scope, no two alike.
class Names {
public:
  std::string operator()(const std::string &identifier) {
    std::string name = llvm::StringRef(identifier).lower().substr(0, 55);
    if (name[0] == '_')
      name = "x" + name;
    std::string unique = name;
    for (int i = 2; !taken.insert(unique).second; ++i)
      unique = name + "_" + std::to_string(i);
    return unique;
  }

private:
  llvm::StringSet<> taken;
};

class FortranModule {
public:
  explicit FortranModule(const StepLayout &layout)
      : layout(layout), name(llvm::StringRef(layout.name).lower()), os(text) {}

  std::string run() {
    os << formatv("! {0}.f90: a model with its training step, compiled by agc " AGC_VERSION ".\n", layout.name)
       << formatv("! Links with {0}.o; {0}.h says what each function does.\n", layout.name)
       << formatv("module {0}\n  use, intrinsic :: iso_c_binding\n  implicit none\n\n", name);
    constants();
    types();
    os << "  interface\n";
    function("init", "integer(c_int32_t)",
             {{"state", "type(c_ptr), value"}, {"seed", "integer(c_int64_t), value"}});
    for (const StepFunction &step : layout.functions)
      stepFunction(step);
    for (const char *copies : {"save", "load"})
      function(copies, "integer(c_int32_t)",
               {{"state", "type(c_ptr), value"}, {"buffer", "type(c_ptr), value"}, {"bytes", "integer(c_int64_t), value"}});
    os << "    ! The name ends in c_null_char.\n";
    function("parameter", "type(c_ptr)",
             {{"state", "type(c_ptr), value"}, {"name(*)", "character(kind=c_char), intent(in)"}});
    function("strerror", "type(c_ptr)", {{"status", "integer(c_int32_t), value"}});
    os << formatv("  end interface\nend module {0}\n", name);
    return text;
  }

private:
  const StepLayout &layout;
  std::string name, text;
  llvm::raw_string_ostream os;

  struct Argument {
    std::string name, type;
  };

  void constants() {
    auto bytes = [&](const char *what, uint64_t value) {
      os << formatv("  integer(c_int64_t), parameter :: {0}_{1} = {2}_c_int64_t\n", name, what, value);
    };
    os << "  ! State and workspace: what their addresses are multiples of, and their bytes.\n";
    bytes("alignment", AGC_ALIGNMENT);
    bytes("state_bytes", layout.stateBytes);
    bytes("workspace_bytes", std::max<uint64_t>(layout.workspaceBytes, 64));
    bytes("stack_bytes", layout.stackBytes);
    bytes("checkpoint_bytes", layout.checkpointBytes);
    if (!layout.code.empty())
      bytes("code_bytes", layout.codeBytes());
    os << formatv("  integer(c_int32_t), parameter :: {0}_ok = {1}, {0}_error_value = {2}\n\n", name,
                  int(AGC_STATUS_OK), int(AGC_STATUS_FIRST_CHECK));
  }

  void types() {
    if (!layout.inputs.empty()) {
      os << "  ! Where inputs are (c_loc), the last dimension first: C's rows are Fortran's columns.\n"
         << formatv("  type, bind(C) :: {0}_batch\n", name);
      Names fields;
      for (const StepTensor &input : layout.inputs) {
        os << formatv("    type(c_ptr) :: {0} ! {1}", fields(input.identifier), typeInFortran(input.info.type().dtype()));
        auto shape = llvm::reverse(input.info.type().shape());
        os << " (" << llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), ", ") << ")\n";
      }
      os << formatv("  end type {0}_batch\n\n", name);
    }
    if (!layout.hyper.empty()) {
      os << formatv("  type, bind(C) :: {0}_hyper\n", name);
      Names fields;
      for (const StepTensor &number : layout.hyper)
        os << formatv("    {0} :: {1} ! {2} when it was traced\n", typeInFortran(number.info.type().dtype()),
                      fields(number.identifier), number.info.default_value());
      os << formatv("  end type {0}_hyper\n\n", name);
    }
    os << "  ! Threads, if the caller has some; c_null_ptr where a function takes it: none.\n"
       << formatv("  type, bind(C) :: {0}_executor\n    type(c_ptr) :: context\n"
                  "    type(c_funptr) :: parallel_for\n  end type {0}_executor\n\n",
                  name);
  }

  void stepFunction(const StepFunction &step) {
    std::vector<Argument> arguments{{"state", "type(c_ptr), value"}};
    if (step.uses(StepFunction::Place::Batch))
      arguments.push_back({"batch", "type(" + name + "_batch), intent(in)"});
    if (step.uses(StepFunction::Place::Hyper))
      arguments.push_back({"hyper", "type(" + name + "_hyper), intent(in)"});
    Names names;
    for (const char *taken : {"state", "batch", "hyper", "workspace", "executor"})
      names(taken);
    for (const StepFunction::Output &output : step.outputs)
      arguments.push_back({names(output.identifier) + (numelOf(output.type) == 1 ? "" : "(*)"),
                           std::string(typeInFortran(output.type.dtype())) + ", intent(out)"});
    arguments.push_back({"workspace", "type(c_ptr), value"});
    arguments.push_back({"executor", "type(c_ptr), value"});
    function(step.manifest.entry(), "integer(c_int32_t)", arguments);
  }

  void function(const std::string &what, const char *result, const std::vector<Argument> &arguments) {
    os << formatv("    {0} function {1}_{2}( &\n", result, name, llvm::StringRef(what).lower());
    for (size_t i = 0; i < arguments.size(); ++i)
      os << "        " << llvm::StringRef(arguments[i].name).split('(').first << (i + 1 < arguments.size() ? "," : ")")
         << " &\n";
    os << formatv("        bind(C, name=\"{0}_{1}\")\n      import\n", layout.name, what);
    for (const Argument &argument : arguments)
      os << "      " << argument.type << " :: " << argument.name << "\n";
    os << formatv("    end function {0}_{1}\n", name, llvm::StringRef(what).lower());
  }
};

} // namespace

std::string stepFortran(const StepLayout &layout) { return FortranModule(layout).run(); }

} // namespace agc
