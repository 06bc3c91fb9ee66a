//===- StepNote.cpp - What an object says of the step in it -----------------===//
#include "codegen/shipped/StepNote.h"

#include "codegen/EmitObject.h"

#include "llvm/IR/Constants.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace agc {

static constexpr StringLiteral sectionName = ".note.agc";
static const StringRef owner("agc\0", 4);

void emitNote(Module &module, StringRef text) {
  LLVMContext &context = module.getContext();
  if (module.getTargetTriple().isWasm()) {
    module.getOrInsertNamedMetadata("wasm.custom_sections")
        ->addOperand(MDNode::get(context, {MDString::get(context, sectionName),
                                           MDString::get(context, text)}));
    return;
  }
  std::string bytes;
  for (uint32_t number : {uint32_t(owner.size()), uint32_t(text.size()), 1u}) {
    char word[4];
    support::endian::write32le(word, number);
    bytes.append(word, 4);
  }
  bytes += owner.str() + text.str();
  bytes.resize(alignTo(bytes.size(), 4));
  Constant *data = ConstantDataArray::getString(context, bytes, /*AddNull=*/false);
  auto *note = new GlobalVariable(module, data->getType(), /*isConstant=*/true,
                                  GlobalValue::PrivateLinkage, data, "note");
  note->setSection(sectionName);
  note->setAlignment(Align(4));
  appendToCompilerUsed(module, {note});
}

std::vector<std::string> needsOf(const TargetMachine &target) {
  static constexpr const char *features[] = {
      "sse4.2",   "popcnt",   "avx",      "avx2",       "fma",          "f16c",
      "bmi",      "bmi2",     "lzcnt",    "movbe",      "avx512f",      "avx512bw",
      "avx512cd", "avx512dq", "avx512vl", "avx512vnni", "avx512bf16",   "avx512fp16",
      "gfni",     "avxvnni",  "avx512vbmi", "avx512ifma", "avx512vbmi2", "avx512bitalg",
      "avx512vpopcntdq"};
  std::vector<std::string> needs;
  if (target.getTargetTriple().isX86())
    for (const char *feature : features)
      if (target.getMCSubtargetInfo()->checkFeatures(std::string("+") + feature))
        needs.push_back(feature);
  return needs;
}

/// Whether this machine can run a step with this note.
static bool runsHere(const object::ObjectFile &file, StringRef text) {
  Triple host(sys::getProcessTriple());
  if (file.getArch() != host.getArch())
    return false;
  Expected<json::Value> note = json::parse(text);
  if (!note) {
    consumeError(note.takeError());
    return false;
  }
  StringMap<bool> features = sys::getHostCPUFeatures();
  const json::Object *object = note->getAsObject();
  const json::Array *needs = object ? object->getArray("needs") : nullptr;
  return needs && all_of(*needs, [&](const json::Value &feature) {
           return features.lookup(feature.getAsString().value_or(""));
         });
}

/// Of all notes in a section that are agc's, the texts; what is cut short is left out.
static std::vector<StringRef> textsOf(StringRef bytes, bool isElf) {
  if (!isElf)
    return {bytes};
  std::vector<StringRef> texts;
  while (bytes.size() >= 12) {
    uint64_t nameSize = support::endian::read32le(bytes.data()),
             size = support::endian::read32le(bytes.data() + 4);
    uint64_t at = 12 + alignTo(nameSize, 4);
    if (at + size > bytes.size())
      break;
    if (bytes.substr(12, nameSize) == owner)
      texts.push_back(bytes.substr(at, size));
    bytes = bytes.substr(std::min<uint64_t>(at + alignTo(size, 4), bytes.size()));
  }
  return texts;
}

static Error addNotes(const object::ObjectFile &file, std::vector<NotedStep> &steps) {
  for (const object::SectionRef &section : file.sections()) {
    Expected<StringRef> name = section.getName();
    if (!name)
      return name.takeError();
    if (*name != sectionName)
      continue;
    Expected<StringRef> bytes = section.getContents();
    if (!bytes)
      return bytes.takeError();
    for (StringRef text : textsOf(*bytes, file.isELF())) {
      NotedStep &step = steps.emplace_back();
      step.text = text.str();
      step.runsHere = runsHere(file, text);
      if (file.isRelocatableObject())
        step.code = codeSizes(file.getData());
    }
  }
  return Error::success();
}

Expected<std::vector<NotedStep>> readNotes(StringRef bytes) {
  std::vector<NotedStep> steps;
  Expected<std::unique_ptr<object::Binary>> binary =
      object::createBinary(MemoryBufferRef(bytes, "file"));
  if (!binary)
    return binary.takeError();
  auto *archive = dyn_cast<object::Archive>(binary->get());
  if (!archive) {
    auto *file = dyn_cast<object::ObjectFile>(binary->get());
    if (!file)
      return createStringError("it is no object");
    if (Error error = addNotes(*file, steps))
      return error;
    return steps;
  }
  Error error = Error::success();
  for (const object::Archive::Child &child : archive->children(error)) {
    Expected<std::unique_ptr<object::Binary>> member = child.getAsBinary();
    if (!member) {
      consumeError(member.takeError());
      continue; // Libraries have members that are no objects.
    }
    if (auto *file = dyn_cast<object::ObjectFile>(member->get()))
      if (Error bad = addNotes(*file, steps)) {
        consumeError(std::move(error));
        return bad;
      }
  }
  if (error)
    return error;
  return steps;
}

} // namespace agc
