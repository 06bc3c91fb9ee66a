#include "runtime/jit/DiskCache.h"

#include "agc/Error.h"
#include "runtime/core/AtomicFile.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

namespace agc {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".agcobj";
constexpr std::string_view magic = "agc-cache-1\n";

uint64_t hash(std::string_view text, uint64_t seed) {
  uint64_t h = seed ^ text.size() * 0x9E3779B97F4A7C15;
  auto mix = [&h](uint64_t word) {
    h = (h ^ word) * 0xD6E8FEB86659FD93;
    h ^= h >> 32;
  };
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    mix(word);
  }
  uint64_t rest = 0;
  if (i < text.size())
    std::memcpy(&rest, text.data() + i, text.size() - i);
  mix(rest);
  return h;
}

std::string number(uint64_t value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, 8);
  return bytes;
}

/// Takes the next piece, with its length before it, off \p rest.
bool takePiece(std::string_view &rest, std::string_view &piece) {
  uint64_t size;
  if (rest.size() < 8)
    return false;
  std::memcpy(&size, rest.data(), 8);
  rest.remove_prefix(8);
  if (size > rest.size())
    return false;
  piece = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

/// Makes room for \p bytes. Others may do the same at the same time: a file that is gone
/// already is as good as removed, and who has opened one still reads all of it.
void makeRoom(const std::string &folder, uint64_t bytes) {
  struct File {
    fs::file_time_type used;
    uint64_t bytes;
    fs::path path;
  };
  std::vector<File> files;
  uint64_t total = bytes;
  std::error_code error;
  auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    File file{entry->last_write_time(gone), entry->file_size(gone), entry->path()};
    std::string name = file.path.filename().string();
    if (gone || name.find(suffix) == std::string::npos)
      continue;
    if (!name.ends_with(suffix)) {
      // Of a process that was killed while it wrote; a living one needs no hour.
      if (now - file.used > std::chrono::hours(1))
        fs::remove(file.path, gone);
      continue;
    }
    total += file.bytes;
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const File &a, const File &b) { return a.used < b.used; });
  for (const File &file : files) {
    if (total <= diskCacheLimit())
      return;
    total -= file.bytes;
    fs::remove(file.path, error);
  }
}

} // namespace

uint64_t diskCacheLimit() {
  uint64_t mib = 1024;
  if (const char *text = std::getenv("AGC_CACHE_MIB"))
    std::from_chars(text, text + std::strlen(text), mib);
  return mib << 20;
}

std::string diskCacheFolder() {
  if (const char *folder = std::getenv("AGC_CACHE_DIR"))
    return folder;
  if (const char *folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
    return std::string(folder) + "/agc";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/agc";
  return "";
}

std::string diskCacheFile(const std::string &key) {
  char name[40];
  std::snprintf(name, sizeof(name), "%016llx%016llx",
                static_cast<unsigned long long>(hash(key, 1)),
                static_cast<unsigned long long>(hash(key, 2)));
  return diskCacheFolder() + "/" + name + std::string(suffix);
}

bool readDiskCache(const std::string &key, CompiledObject &result) {
  if (diskCacheFolder().empty())
    return false;
  std::string file;
  try {
    file = readFile(diskCacheFile(key));
  } catch (const Error &) {
    return false;
  }
  std::string_view rest(file), sum, storedKey, manifest, object;
  if (!rest.starts_with(magic))
    return false;
  rest.remove_prefix(magic.size());
  if (!takePiece(rest, sum) || sum != number(hash(rest, 3)) ||
      !takePiece(rest, storedKey) || storedKey != key ||
      !takePiece(rest, manifest) || !takePiece(rest, object) || !rest.empty())
    return false;
  result.manifest = manifest;
  result.object = object;
  // Used now: it is removed after those that were not.
  (void)::utimensat(AT_FDCWD, diskCacheFile(key).c_str(), nullptr, 0);
  return true;
}

void writeDiskCache(const std::string &key, const CompiledObject &object) {
  std::string folder = diskCacheFolder();
  if (folder.empty())
    return;
  std::error_code error;
  if (fs::create_directories(folder, error))
    // Objects are code that runs: nobody else may write them.
    fs::permissions(folder, fs::perms::owner_all, error);
  std::string body;
  for (const std::string *piece : {&key, &object.manifest, &object.object})
    body += number(piece->size()) + *piece;
  if (body.size() > diskCacheLimit())
    return;
  makeRoom(folder, body.size());
  try {
    writeFileAtomically(diskCacheFile(key),
                        {magic, number(8), number(hash(body, 3)), body});
  } catch (const Error &) {
  }
}

} // namespace agc
