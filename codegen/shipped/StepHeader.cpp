//===- StepHeader.cpp - The C header of a shipped step ----------------------===//
#include "codegen/shipped/StepLayout.h"

#include "runtime/shipped/step.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using llvm::formatv;

namespace agc {
namespace {

std::string shapeOf(const proto::TensorType &type) {
  return ("[" + llvm::join(llvm::map_range(type.shape(), [](int64_t n) { return std::to_string(n); }), ", ") + "]");
}

/// A comment cannot end within a name, nor another one begin.
std::string inComment(std::string text) {
  for (const char *mark : {"*/", "/*"})
    for (size_t at = 0; (at = text.find(mark, at)) != text.npos;)
      text[at] = '.';
  for (char &c : text)
    if (static_cast<unsigned char>(c) < ' ')
      c = ' ';
  return text;
}

class Header {
public:
  explicit Header(const StepLayout &layout)
      : layout(layout), upper(llvm::StringRef(layout.name).upper()), os(text) {}

  std::string run() {
    begin();
    constants();
    status();
    executor();
    structs();
    functions();
    os << "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
    return text;
  }

private:
  const StepLayout &layout;
  std::string upper, text;
  llvm::raw_string_ostream os;

  void begin() {
    os << formatv("/* {0}.h: a model with its training step, compiled by agc " AGC_VERSION ".\n", layout.name)
       << " *\n"
          " * One object file, which needs nothing else: no allocation, no files, no\n"
          " * threads of its own, no state but what the caller gives it:\n"
          " *\n"
       << formatv(" *   static _Alignas({0}_ALIGNMENT) char state[{0}_STATE_BYTES];\n", upper)
       << formatv(" *   static _Alignas({0}_ALIGNMENT) char workspace[{0}_WORKSPACE_BYTES];\n", upper)
       << formatv(" *   {0}_init(state, 0);\n", layout.name)
       << " *\n"
          " * A state holds parameters and all that training keeps. A workspace holds\n"
          " * nothing between calls. Two states may be used at once, each with a workspace.\n"
          " * Every function returns a status, and has changed nothing if that is an error. */\n"
       << formatv("#ifndef {0}_H\n#define {0}_H\n\n", upper)
       << "#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  }

  void constants() {
    os << "/* State and workspace: what their addresses are multiples of, and their bytes. */\n"
       << formatv("#define {0}_ALIGNMENT {1}\n", upper, AGC_ALIGNMENT)
       << formatv("#define {0}_STATE_BYTES {1}\n", upper, layout.stateBytes)
       << formatv("#define {0}_WORKSPACE_BYTES {1}\n", upper, std::max<uint64_t>(layout.workspaceBytes, 64))
       << "/* Bytes of stack that are enough for a call, and for a task on another thread. */\n"
       << formatv("#define {0}_STACK_BYTES {1}\n", upper, layout.stackBytes)
       << "/* Bytes of a checkpoint, of any memory: a .safetensors file. */\n"
       << formatv("#define {0}_CHECKPOINT_BYTES {1}\n", upper, layout.checkpointBytes);
    if (!layout.code.empty()) // as text, it has no size yet
      os << "/* Bytes of machine code in the object. */\n"
         << formatv("#define {0}_CODE_BYTES {1}\n", upper, layout.codeBytes());
    os << "/* Of the tensors in a state and where they lie; of the functions below. */\n"
       << formatv("#define {0}_SCHEMA_HASH UINT64_C({1:x})\n", upper, layout.schema)
       << formatv("#define {0}_ABI_VERSION {1}\n\n", upper, AGC_SHIPPED_ABI);
  }

  void status() {
    os << "/* What functions return. */\nenum {\n";
    auto one = [&](const char *name, int value, const std::string &what) {
      os << formatv("  {0}_{1} = {2}, /* {3} */\n", upper, name, value, inComment(what));
    };
    one("OK", AGC_STATUS_OK, "done");
    one("ERROR_NULL", AGC_STATUS_NULL, "a pointer is null");
    one("ERROR_MISALIGNED", AGC_STATUS_MISALIGNED, "a pointer is not aligned");
    one("ERROR_NOT_A_STATE", AGC_STATUS_NOT_A_STATE, "the state was never initialized");
    one("ERROR_OTHER_ABI", AGC_STATUS_OTHER_ABI, "the state is another version's");
    one("ERROR_OTHER_STEP", AGC_STATUS_OTHER_STEP, "the state is another step's");
    one("ERROR_SHORT_BUFFER", AGC_STATUS_SHORT_BUFFER, "a buffer is too short");
    one("ERROR_BAD_CHECKPOINT", AGC_STATUS_BAD_CHECKPOINT, "no checkpoint, or a damaged one");
    one("ERROR_OTHER_CHECKPOINT", AGC_STATUS_OTHER_CHECKPOINT, "a tensor is missing, or is another");
    os << formatv("  {0}_ERROR_VALUE = {1} /* from here on: a value that is out of range */\n", upper,
                  int(AGC_STATUS_FIRST_CHECK))
       << "};\n\n"
       << "/* What a status means; never null. */\n"
       << formatv("const char *{0}_strerror(int32_t status);\n\n", layout.name);
  }

  void executor() {
    os << "/* Threads, if the caller has some: calls task(argument, begin, end) on ranges\n"
          " * that cover 0 to count, and returns when all are done. Any split gives the\n"
          " * same bits. Functions take null for it: then the caller's thread does all. */\n"
          "#ifndef AGC_EXECUTOR\n#define AGC_EXECUTOR\n"
          "typedef void (*agc_task)(void *argument, int64_t begin, int64_t end);\n"
          "typedef struct agc_executor {\n"
          "  void *context;\n"
          "  void (*parallel_for)(void *context, int64_t count, agc_task task, void *argument);\n"
          "} agc_executor;\n#endif\n\n";
  }

  void structs() {
    if (!layout.inputs.empty()) {
      os << "/* Inputs, row-major; a function needs those that it says. */\n"
         << formatv("typedef struct {0}_batch {{\n", layout.name);
      for (const StepTensor &input : layout.inputs)
        os << formatv("  const {0} *{1}; /* {2} */\n", typeInC(input.info.type().dtype()), input.identifier,
                      shapeOf(input.info.type()));
      os << formatv("} {0}_batch;\n\n", layout.name);
    }
    if (!layout.hyper.empty()) {
      os << formatv("typedef struct {0}_hyper {{\n", layout.name);
      for (const StepTensor &number : layout.hyper)
        os << formatv("  {0} {1}; /* {2} when it was traced */\n", typeInC(number.info.type().dtype()),
                      number.identifier, number.info.default_value());
      os << formatv("} {0}_hyper;\n\n", layout.name);
    }
  }

  /// What the function is told, with its commas.
  std::string parameters(const StepFunction &function) const {
    std::string list = "void *state";
    if (function.uses(StepFunction::Place::Batch))
      list += ", const " + layout.name + "_batch *batch";
    if (function.uses(StepFunction::Place::Hyper))
      list += ", const " + layout.name + "_hyper *hyper";
    for (const StepFunction::Output &output : function.outputs)
      list += std::string(", ") + typeInC(output.type.dtype()) + " *" + output.identifier;
    return list + ", void *workspace, const agc_executor *executor";
  }

  void functions() {
    os << "/* A state as the model's constructor begins it; the same seed, the same bits.";
    std::vector<std::string> unknown;
    for (const StepTensor &tensor : layout.state)
      if (tensor.info.role() != proto::ROLE_OPTIMIZER_STATE && tensor.info.role() != proto::ROLE_SEED &&
          !tensor.info.has_initial())
        unknown.push_back(inComment(tensor.name));
    if (!unknown.empty())
      os << "\n * Zero, as the program does not say how they begin: " << llvm::join(unknown, ", ") << ".";
    os << " */\n" << formatv("int32_t {0}_init(void *state, uint64_t seed);\n", layout.name);
    for (const StepFunction &function : layout.functions) {
      os << "\n/*";
      std::vector<std::string> needs;
      for (const StepFunction::Argument &argument : function.arguments)
        if (argument.place == StepFunction::Place::Batch)
          needs.push_back(layout.inputs[argument.index].identifier);
      if (!needs.empty())
        os << " Needs batch->" << llvm::join(needs, ", batch->") << ".";
      os << (function.trains ? " Trains: updates the state." : " Leaves the parameters as they are.");
      for (const StepFunction::Output &output : function.outputs)
        os << " " << output.identifier << ": " << shapeOf(output.type) << ".";
      os << " */\n"
         << formatv("int32_t {0}_{1}({2});\n", layout.name, function.manifest.entry(), parameters(function));
    }
    os << "\n/* The whole state, with the steps made, as a checkpoint, and back: training goes\n"
          " * on with the same bits. Loading takes tensors by name and needs no initialized\n"
          " * state; other tensors in the file are no error. */\n"
       << formatv("int32_t {0}_save(const void *state, void *buffer, uint64_t bytes);\n", layout.name)
       << formatv("int32_t {0}_load(void *state, const void *buffer, uint64_t bytes);\n", layout.name);
    if (!layout.timed.empty())
      os << formatv("\n/* What each kernel took since {0}_init, {0}_load or {0}_profile_reset, in ticks of the\n"
                    " * processor's counter on the calling thread; flops and bytes are of one call.\n"
                    " * table: {1}_KERNELS rows. */\n"
                    "#define {1}_KERNELS {2}\n"
                    "typedef struct {0}_kernel_time {{\n  const char *name;\n"
                    "  uint64_t calls, ticks, flops, bytes;\n} {0}_kernel_time;\n"
                    "int32_t {0}_profile(const void *state, {0}_kernel_time *table);\n"
                    "int32_t {0}_profile_reset(void *state);\n",
                    layout.name, upper, layout.timed.size());
    os << "\n/* The tensor of that name in the state, or null. With its offset there, in bytes:";
    for (const StepTensor &tensor : layout.state)
      os << formatv("\n *   {0,-40} {1,10}  {2} {3}", inComment(tensor.name), tensor.offset,
                    typeInC(tensor.info.type().dtype()), shapeOf(tensor.info.type()));
    os << " */\n" << formatv("void *{0}_parameter(void *state, const char *name);\n", layout.name);
  }
};

} // namespace

std::string stepHeader(const StepLayout &layout) { return Header(layout).run(); }

} // namespace agc
