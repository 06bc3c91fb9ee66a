//===- JoinObjects.cpp - Several ELF objects as one ---------------------------===//
#include "codegen/JoinObjects.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/MC/StringTableBuilder.h"
#include "llvm/Object/ELF.h"

using namespace llvm;
using namespace llvm::object;

namespace agc {
namespace {

using Elf = ELF64LE;

/// One of the objects, and where its sections and symbols are in the result.
struct Part {
  ELFFile<Elf> file;
  const Elf::Shdr *symbolTable;
  std::vector<uint32_t> sections, symbols; // 0: not there
};

struct Section {
  Elf::Shdr header;
  StringRef name;
  std::string content;
};

struct Symbol {
  Elf::Sym entry;
  StringRef name;
};

class Joiner {
public:
  Error add(StringRef object);
  Expected<std::string> join();

private:
  std::vector<Part> parts;
  std::vector<Section> sections{1}; // the first is none
  std::vector<Symbol> locals{1}, globals; // the first is none
  StringMap<uint32_t> others;             // places of those that parts know of each other
  StringSet<> once;                       // sections of which one is enough
  bool hasFile = false;

  /// In a place: of those that are seen from outside, which come behind the others.
  static constexpr uint32_t isGlobal = uint32_t(1) << 31;

  Error takeSections(Part &part);
  bool isKept(const Elf::Shdr &header, StringRef name);
  Error takeSymbols(Part &part, bool areDefined);
  Error takeSymbol(const Part &part, Elf::Sym symbol, StringRef name, uint32_t &place);
  Error relocate(Part &part);
  std::string write();
};

} // namespace

Error Joiner::add(StringRef object) {
  Expected<ELFFile<Elf>> file = ELFFile<Elf>::create(object);
  if (!file)
    return file.takeError();
  parts.push_back({std::move(*file), nullptr, {}, {}});
  return Error::success();
}

/// What is loaded; of what says something of the whole object, such as whether the stack
/// may be executed, the first. Tables of symbols are made anew.
bool Joiner::isKept(const Elf::Shdr &header, StringRef name) {
  switch (header.sh_type) {
  case ELF::SHT_NULL:
  case ELF::SHT_SYMTAB:
  case ELF::SHT_STRTAB:
  case ELF::SHT_RELA:
  case ELF::SHT_LLVM_ADDRSIG:
    return false;
  }
  if (header.sh_flags & ELF::SHF_ALLOC)
    return header.sh_size > 0 || once.insert(name).second;
  return once.insert(name).second;
}

Error Joiner::takeSections(Part &part) {
  auto headers = part.file.sections();
  if (!headers)
    return headers.takeError();
  part.sections.resize(headers->size());
  for (auto [i, header] : enumerate(*headers)) {
    Expected<StringRef> name = part.file.getSectionName(header);
    if (!name)
      return name.takeError();
    if (header.sh_type == ELF::SHT_SYMTAB)
      part.symbolTable = &header;
    if (header.sh_type == ELF::SHT_GROUP || header.sh_flags & ELF::SHF_LINK_ORDER)
      return createStringError("section " + *name + " is tied to others");
    if (!isKept(header, *name))
      continue;
    part.sections[i] = uint32_t(sections.size());
    Section section{header, *name, ""};
    if (header.sh_type != ELF::SHT_NOBITS) {
      auto bytes = part.file.getSectionContents(header);
      if (!bytes)
        return bytes.takeError();
      section.content = std::string(bytes->begin(), bytes->end());
    }
    sections.push_back(std::move(section));
  }
  return Error::success();
}

Error Joiner::takeSymbol(const Part &part, Elf::Sym symbol, StringRef name, uint32_t &place) {
  bool isDefined = symbol.st_shndx != ELF::SHN_UNDEF;
  if (isDefined && symbol.st_shndx < ELF::SHN_LORESERVE) {
    symbol.st_shndx = Elf::Half(part.sections[symbol.st_shndx]);
    if (!symbol.st_shndx) // of a section that is not there
      return Error::success();
  }
  bool isLocal = symbol.getBinding() == ELF::STB_LOCAL;
  if (symbol.getType() == ELF::STT_FILE && std::exchange(hasFile, true))
    return Error::success();
  if (!isLocal) {
    auto [known, isNew] = others.try_emplace(name);
    if (!isNew && isDefined)
      return createStringError("'" + name + "' is defined twice");
    if (!isNew) {
      place = known->second;
      return Error::success();
    }
    if (isDefined && symbol.getVisibility() == ELF::STV_HIDDEN) {
      isLocal = true;
      symbol.setBinding(ELF::STB_LOCAL);
      symbol.st_other = ELF::STV_DEFAULT;
    }
    place = known->second =
        isLocal ? uint32_t(locals.size()) : isGlobal | uint32_t(globals.size());
  } else {
    place = uint32_t(locals.size());
  }
  (isLocal ? locals : globals).push_back({symbol, name});
  return Error::success();
}

Error Joiner::takeSymbols(Part &part, bool areDefined) {
  if (!part.symbolTable)
    return createStringError("an object has no symbols");
  auto symbols = part.file.symbols(part.symbolTable);
  if (!symbols)
    return symbols.takeError();
  auto strings = part.file.getStringTableForSymtab(*part.symbolTable);
  if (!strings)
    return strings.takeError();
  part.symbols.resize(symbols->size());
  for (auto [i, symbol] : drop_begin(enumerate(*symbols))) {
    Expected<StringRef> name = symbol.getName(*strings);
    if (!name)
      return name.takeError();
    if ((symbol.st_shndx != ELF::SHN_UNDEF) == areDefined)
      if (Error error = takeSymbol(part, symbol, *name, part.symbols[i]))
        return error;
  }
  return Error::success();
}

Error Joiner::relocate(Part &part) {
  auto headers = part.file.sections();
  if (!headers)
    return headers.takeError();
  for (const Elf::Shdr &header : *headers) {
    if (header.sh_type != ELF::SHT_RELA || !part.sections[header.sh_info])
      continue;
    auto list = part.file.relas(header);
    if (!list)
      return list.takeError();
    Expected<StringRef> name = part.file.getSectionName(header);
    if (!name)
      return name.takeError();
    Section section{header, *name, ""};
    section.header.sh_info = part.sections[header.sh_info];
    for (Elf::Rela relocation : *list) {
      relocation.setSymbol(part.symbols[relocation.getSymbol(false)], false);
      section.content.append(reinterpret_cast<const char *>(&relocation), sizeof relocation);
    }
    sections.push_back(std::move(section));
  }
  return Error::success();
}

Expected<std::string> Joiner::join() {
  for (Part &part : parts)
    if (Error error = takeSections(part))
      return error;
  // First those that are defined, so that all are known to those who ask for them.
  for (bool areDefined : {true, false})
    for (Part &part : parts)
      if (Error error = takeSymbols(part, areDefined))
        return error;
  for (Part &part : parts) {
    for (uint32_t &symbol : part.symbols)
      if (symbol & isGlobal)
        symbol = (symbol & ~isGlobal) + uint32_t(locals.size());
    if (Error error = relocate(part))
      return error;
  }
  if (sections.size() + 3 >= ELF::SHN_LORESERVE)
    return createStringError("an object has at most " + Twine(ELF::SHN_LORESERVE) +
                             " sections");
  return write();
}

std::string Joiner::write() {
  StringTableBuilder names(StringTableBuilder::ELF), symbolNames(StringTableBuilder::ELF);
  auto addSection = [&](StringRef name, uint32_t type, size_t entry) -> Section & {
    Section section{};
    section.name = name;
    section.header.sh_type = type;
    section.header.sh_entsize = entry;
    section.header.sh_addralign = entry ? 8 : 1;
    sections.push_back(std::move(section));
    return sections.back();
  };
  for (const Symbol &symbol : concat<Symbol>(locals, globals))
    symbolNames.add(symbol.name);
  symbolNames.finalize();
  Section &table = addSection(".symtab", ELF::SHT_SYMTAB, sizeof(Elf::Sym));
  uint32_t tableIndex = uint32_t(sections.size() - 1);
  table.header.sh_link = tableIndex + 1;
  table.header.sh_info = uint32_t(locals.size());
  for (Symbol &symbol : concat<Symbol>(locals, globals)) {
    symbol.entry.st_name = uint32_t(symbolNames.getOffset(symbol.name));
    table.content.append(reinterpret_cast<const char *>(&symbol.entry), sizeof symbol.entry);
  }
  auto textOf = [](const StringTableBuilder &strings) {
    std::string text(strings.getSize(), '\0');
    strings.write(reinterpret_cast<uint8_t *>(text.data()));
    return text;
  };
  addSection(".strtab", ELF::SHT_STRTAB, 0).content = textOf(symbolNames);
  addSection(".shstrtab", ELF::SHT_STRTAB, 0);
  for (const Section &section : sections)
    names.add(section.name);
  names.finalize();
  sections.back().content = textOf(names);

  Elf::Ehdr header = parts.front().file.getHeader();
  std::string object(sizeof header, '\0');
  for (Section &section : sections) {
    Elf::Shdr &about = section.header;
    about.sh_name = uint32_t(names.getOffset(section.name));
    if (about.sh_type == ELF::SHT_NULL)
      continue;
    if (about.sh_type == ELF::SHT_RELA)
      about.sh_link = tableIndex;
    object.resize(alignTo(object.size(), std::max<uint64_t>(1, about.sh_addralign)));
    about.sh_offset = object.size();
    if (about.sh_type != ELF::SHT_NOBITS)
      about.sh_size = section.content.size();
    object += section.content;
  }
  object.resize(alignTo(object.size(), 8));
  header.e_shoff = object.size();
  header.e_shnum = Elf::Half(sections.size());
  header.e_shstrndx = Elf::Half(sections.size() - 1);
  std::memcpy(object.data(), &header, sizeof header);
  for (const Section &section : sections)
    object.append(reinterpret_cast<const char *>(&section.header), sizeof section.header);
  return object;
}

Expected<std::string> joinObjects(ArrayRef<std::string> objects) {
  Joiner joiner;
  for (const std::string &object : objects)
    if (Error error = joiner.add(object))
      return error;
  return joiner.join();
}

} // namespace agc
