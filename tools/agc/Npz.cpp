#include "tools/agc/Npz.h"

#include "agc/Error.h"
#include "runtime/core/Sizes.h"

#include <zip.h>

#include <algorithm>
#include <memory>

namespace agc::cli {
namespace {

constexpr size_t headerLimit = size_t(64) << 10;
// Deflate's best: anything above lies about its size.
constexpr uint64_t maxCompression = 1032;

using Archive = std::unique_ptr<zip_t, void (*)(zip_t *)>;

Archive open(const std::string &path) {
  int code = 0;
  zip_t *archive = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive)
    return Archive(archive, zip_discard);
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string why = zip_error_strerror(&error);
  bool systems = zip_error_system_type(&error) == ZIP_ET_SYS ||
                 code == ZIP_ER_NOENT;
  zip_error_fini(&error);
  throw Error(systems ? "AGC0201" : "AGC0310",
              "cannot read '" + path + "': " + why);
}

HostTensor readMember(zip_t *archive, zip_uint64_t index, const std::string &path,
                      const std::string &key) {
  auto damaged = [&](const std::string &why) {
    return Error("AGC0310", "array '" + key + "' of '" + path + "' is damaged: " +
                                why);
  };
  zip_stat_t stat;
  zip_stat_init(&stat);
  std::unique_ptr<zip_file_t, int (*)(zip_file_t *)> file(
      zip_fopen_index(archive, index, 0), zip_fclose);
  if (!file || zip_stat_index(archive, index, 0, &stat) != 0 ||
      !(stat.valid & ZIP_STAT_SIZE) || !(stat.valid & ZIP_STAT_COMP_SIZE))
    throw damaged(zip_strerror(archive));
  if (stat.size / maxCompression > stat.comp_size)
    throw damaged("it cannot be as large as the archive says");

  auto read = [&](char *data, size_t count) {
    for (size_t done = 0; done < count;) {
      zip_int64_t got = zip_fread(file.get(), data + done, count - done);
      if (got < 0)
        throw damaged(zip_file_strerror(file.get()));
      if (got == 0)
        throw damaged("it is truncated");
      done += size_t(got);
    }
  };
  // No memory is asked for on the word of the archive's directory: the header
  // comes first, and the two must agree.
  std::string head(std::min<zip_uint64_t>(stat.size, headerLimit), '\0');
  read(head.data(), head.size());
  NpyHeader header = parseNpyHeader(head, key);
  uint64_t bytes = uint64_t(
      checkedBytes(header.shape.data(), header.shape.size(), header.type));
  if (stat.size != header.headerBytes + bytes)
    throw damaged("expected " + std::to_string(bytes) + " bytes of elements, got " +
                  std::to_string(stat.size - header.headerBytes));
  HostTensor tensor = HostTensor::zeros(header.type, std::move(header.shape));
  size_t ready = head.size() - header.headerBytes;
  std::copy_n(head.data() + header.headerBytes, ready, tensor.data());
  read(tensor.data() + ready, size_t(bytes) - ready);
  // The checksum is compared where the data ends.
  char more;
  if (zip_fread(file.get(), &more, 1) != 0)
    throw damaged(zip_file_strerror(file.get()));
  return tensor;
}

} // namespace

HostTensor readNpz(const std::string &path, const std::string &key) {
  Archive archive = open(path);
  zip_int64_t index = zip_name_locate(archive.get(), (key + ".npy").c_str(), 0);
  if (index < 0)
    throw Error("AGC0310", "'" + path + "' has no array '" + key + "'");
  return readMember(archive.get(), zip_uint64_t(index), path, key);
}

std::map<std::string, HostTensor> readNpz(const std::string &path) {
  Archive archive = open(path);
  std::map<std::string, HostTensor> arrays;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char *name = zip_get_name(archive.get(), zip_uint64_t(i), 0);
    std::string key = name ? name : "";
    if (key.size() > 4 && key.compare(key.size() - 4, 4, ".npy") == 0)
      key.resize(key.size() - 4);
    arrays.emplace(key, readMember(archive.get(), zip_uint64_t(i), path, key));
  }
  return arrays;
}

} // namespace agc::cli
