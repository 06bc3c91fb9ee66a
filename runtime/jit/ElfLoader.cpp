//===- ElfLoader.cpp - Objects into executable memory, without LLVM --------===//
//
// One mapping holds, each from a page of its own: code and the stubs that reach
// functions of other libraries; constants and the table of addresses; data.
//
//===----------------------------------------------------------------------===//
#include "runtime/jit/ElfLoader.h"

#include <dlfcn.h>
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

namespace agc {
namespace {

class Mapping {
public:
  explicit Mapping(size_t size) : size(size) {
    void *address = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    base = address == MAP_FAILED ? nullptr : static_cast<char *>(address);
  }
  ~Mapping() {
    if (base)
      munmap(base, size);
  }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;

  char *base;
  size_t size;
};

class ElfImage final : public LoadedObject {
public:
  using Functions = std::unordered_map<std::string, void *>;
  ElfImage(std::unique_ptr<Mapping> mapping, Functions functions)
      : mapping(std::move(mapping)), functions(std::move(functions)) {}
  void *find(const std::string &function) const override {
    auto found = functions.find(function);
    return found == functions.end() ? nullptr : found->second;
  }

private:
  std::unique_ptr<Mapping> mapping;
  Functions functions;
};

void *externalFunction(const char *name) {
  static const std::unordered_map<std::string_view, void *> own = {
      {"memcpy", reinterpret_cast<void *>(&std::memcpy)},
      {"memmove", reinterpret_cast<void *>(&std::memmove)},
      {"memset", reinterpret_cast<void *>(&std::memset)}};
  if (auto found = own.find(name); found != own.end())
    return found->second;
  static void *libm = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
  return libm ? dlsym(libm, name) : nullptr;
}

/// Links one object; each step is false if the object is not for this loader.
class Linker {
public:
  explicit Linker(std::string_view object) : object(object) {}

  std::unique_ptr<LoadedObject> link() {
    if (!readHeaders() || !place() || !relocate() || !protect())
      return nullptr;
    if (const char *map = std::getenv("AGC_PERF_MAP"); map && *map)
      writePerfMap();
    ElfImage::Functions functions;
    for (const Elf64_Sym &symbol : symbols)
      if (symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) == STB_GLOBAL &&
          ELF64_ST_TYPE(symbol.st_info) == STT_FUNC)
        if (std::optional<uint64_t> address = addressOf(symbol))
          functions[nameOf(symbol)] = reinterpret_cast<void *>(*address);
    return std::make_unique<ElfImage>(std::move(mapping), std::move(functions));
  }

private:
  /// The elements at \p offset of the file; empty optional beyond its end. A
  /// copy, as nothing says that they are aligned.
  template <typename T>
  std::optional<std::vector<T>> read(uint64_t offset, uint64_t count) const {
    if (offset > object.size() || count > (object.size() - offset) / sizeof(T))
      return std::nullopt;
    std::vector<T> elements(count);
    if (count)
      std::memcpy(elements.data(), object.data() + offset, count * sizeof(T));
    return elements;
  }

  bool readHeaders() {
    auto header = read<Elf64_Ehdr>(0, 1);
    if (!header)
      return false;
    const Elf64_Ehdr &elf = header->front();
    if (std::memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_ident[EI_CLASS] != ELFCLASS64 ||
        elf.e_ident[EI_DATA] != ELFDATA2LSB || elf.e_type != ET_REL ||
        elf.e_machine != EM_X86_64 || elf.e_shentsize != sizeof(Elf64_Shdr))
      return false;
    auto table = read<Elf64_Shdr>(elf.e_shoff, elf.e_shnum);
    if (!table)
      return false;
    sections = std::move(*table);
    for (const Elf64_Shdr &section : sections) {
      if (section.sh_type != SHT_SYMTAB)
        continue;
      auto list = read<Elf64_Sym>(section.sh_offset,
                                  section.sh_size / sizeof(Elf64_Sym));
      if (!list || section.sh_link >= sections.size())
        return false;
      const Elf64_Shdr &text = sections[section.sh_link];
      auto bytes = read<char>(text.sh_offset, text.sh_size);
      if (!bytes || bytes->empty() || bytes->back() != '\0')
        return false;
      symbols = std::move(*list);
      names = std::move(*bytes);
    }
    return !symbols.empty();
  }

  const char *nameOf(const Elf64_Sym &symbol) const {
    return symbol.st_name < names.size() ? names.data() + symbol.st_name : "";
  }

  enum Segment { Code, Constants, Data, numSegments };
  static Segment segmentOf(const Elf64_Shdr &section) {
    return section.sh_flags & SHF_EXECINSTR ? Code
           : section.sh_flags & SHF_WRITE   ? Data
                                            : Constants;
  }

  /// Gives each section its place and copies it there.
  bool place() {
    // Room for a stub and an address a symbol: few bytes, so all get them.
    uint64_t sizes[numSegments] = {symbols.size() * stubBytes,
                                   symbols.size() * sizeof(uint64_t), 0};
    std::vector<uint64_t> offsets(sections.size(), unplaced);
    for (size_t i = 0; i < sections.size(); ++i) {
      const Elf64_Shdr &section = sections[i];
      if (!(section.sh_flags & SHF_ALLOC) || section.sh_type == SHT_X86_64_UNWIND)
        continue;
      uint64_t align = section.sh_addralign ? section.sh_addralign : 1;
      if (section.sh_flags & SHF_TLS || align > pageBytes ||
          (align & (align - 1)) || section.sh_size > maxBytes)
        return false;
      uint64_t &size = sizes[segmentOf(section)];
      offsets[i] = size = (size + align - 1) & ~(align - 1);
      size += section.sh_size;
      if (size > maxBytes)
        return false;
    }
    uint64_t total = 0;
    for (int i = 0; i < numSegments; ++i) {
      starts[i] = total;
      total += (sizes[i] + pageBytes - 1) & ~(pageBytes - 1);
    }
    starts[numSegments] = total;
    mapping = std::make_unique<Mapping>(total);
    if (!mapping->base)
      return false;

    placed.resize(sections.size());
    for (size_t i = 0; i < sections.size(); ++i) {
      if (offsets[i] == unplaced)
        continue;
      const Elf64_Shdr &section = sections[i];
      placed[i] = mapping->base + starts[segmentOf(section)] + offsets[i];
      if (section.sh_type == SHT_NOBITS)
        continue;
      if (section.sh_offset > object.size() ||
          section.sh_size > object.size() - section.sh_offset)
        return false;
      if (section.sh_size)
        std::memcpy(placed[i], object.data() + section.sh_offset,
                    section.sh_size);
    }
    return true;
  }

  std::optional<uint64_t> addressOf(const Elf64_Sym &symbol) const {
    if (symbol.st_shndx == SHN_UNDEF) {
      void *function = externalFunction(nameOf(symbol));
      if (!function)
        return std::nullopt;
      return reinterpret_cast<uint64_t>(function);
    }
    if (symbol.st_shndx >= placed.size() || !placed[symbol.st_shndx] ||
        symbol.st_value > sections[symbol.st_shndx].sh_size)
      return std::nullopt;
    return reinterpret_cast<uint64_t>(placed[symbol.st_shndx]) + symbol.st_value;
  }

  /// The entry of symbol \p index in the table of addresses.
  uint64_t addressSlot(uint32_t index, uint64_t address) {
    char *slot = mapping->base + starts[Constants] + index * sizeof(uint64_t);
    std::memcpy(slot, &address, sizeof(address));
    return reinterpret_cast<uint64_t>(slot);
  }

  /// A jump to \p address, near enough for a call's 32 bits.
  uint64_t stub(uint32_t index, uint64_t address) {
    char *code = mapping->base + starts[Code] + index * stubBytes;
    int64_t distance = int64_t(addressSlot(index, address)) -
                       (reinterpret_cast<int64_t>(code) + 6);
    int32_t narrow = int32_t(distance);
    const unsigned char jump[2] = {0xFF, 0x25}; // jmp *narrow(%rip)
    std::memcpy(code, jump, 2);
    std::memcpy(code + 2, &narrow, 4);
    return reinterpret_cast<uint64_t>(code);
  }

  bool relocate() {
    for (const Elf64_Shdr &section : sections) {
      if (section.sh_type == SHT_REL)
        return false;
      if (section.sh_type != SHT_RELA || section.sh_info >= placed.size() ||
          !placed[section.sh_info])
        continue;
      auto list = read<Elf64_Rela>(section.sh_offset,
                                   section.sh_size / sizeof(Elf64_Rela));
      if (!list)
        return false;
      for (const Elf64_Rela &relocation : *list)
        if (!apply(relocation, placed[section.sh_info],
                   sections[section.sh_info].sh_size))
          return false;
    }
    return true;
  }

  bool apply(const Elf64_Rela &relocation, char *section, uint64_t size) {
    uint64_t index = ELF64_R_SYM(relocation.r_info);
    uint32_t type = ELF64_R_TYPE(relocation.r_info);
    uint64_t width = type == R_X86_64_64 || type == R_X86_64_PC64 ? 8 : 4;
    if (index >= symbols.size() || relocation.r_offset > size ||
        width > size - relocation.r_offset)
      return false;
    const Elf64_Sym &symbol = symbols[index];
    std::optional<uint64_t> target = addressOf(symbol);
    if (!target)
      return false;
    char *where = section + relocation.r_offset;
    uint64_t place = reinterpret_cast<uint64_t>(where);
    switch (type) {
    case R_X86_64_64: {
      uint64_t value = *target + relocation.r_addend;
      std::memcpy(where, &value, 8);
      return true;
    }
    case R_X86_64_PC64: {
      uint64_t value = *target + relocation.r_addend - place;
      std::memcpy(where, &value, 8);
      return true;
    }
    case R_X86_64_PLT32:
    case R_X86_64_PC32:
      if (symbol.st_shndx == SHN_UNDEF)
        target = stub(uint32_t(index), *target);
      break;
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
      target = addressSlot(uint32_t(index), *target);
      break;
    default:
      return false;
    }
    int64_t value = int64_t(*target + relocation.r_addend - place);
    if (value < std::numeric_limits<int32_t>::min() ||
        value > std::numeric_limits<int32_t>::max())
      return false;
    int32_t narrow = int32_t(value);
    std::memcpy(where, &narrow, 4);
    return true;
  }

  bool protect() {
    const int access[] = {PROT_READ | PROT_EXEC, PROT_READ};
    for (int i : {Code, Constants})
      if (uint64_t size = starts[i + 1] - starts[i])
        if (mprotect(mapping->base + starts[i], size, access[i]) != 0)
          return false;
    return true;
  }

  /// Names the functions for `perf report`, which looks for them there.
  void writePerfMap() const {
    std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
    std::ofstream map(path, std::ios::app);
    map << std::hex;
    for (const Elf64_Sym &symbol : symbols)
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC)
        if (std::optional<uint64_t> address = addressOf(symbol))
          map << *address << ' ' << symbol.st_size << ' ' << nameOf(symbol) << '\n';
  }

  static constexpr uint64_t stubBytes = 8, unplaced = ~uint64_t(0);
  static constexpr uint64_t maxBytes = uint64_t(1) << 30;
  const uint64_t pageBytes = uint64_t(sysconf(_SC_PAGESIZE));

  std::string_view object;
  std::vector<Elf64_Shdr> sections;
  std::vector<Elf64_Sym> symbols;
  std::vector<char> names;
  std::unique_ptr<Mapping> mapping;
  uint64_t starts[numSegments + 1];
  std::vector<char *> placed; // where each section is, or null
};

} // namespace

std::unique_ptr<LoadedObject> loadElf(std::string_view object) {
#ifdef __x86_64__
  return Linker(object).link();
#else
  (void)object;
  return nullptr;
#endif
}

} // namespace agc
