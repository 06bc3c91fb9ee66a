#include "runtime/core/AtomicFile.h"

#include "agc/Error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace agc {
namespace {

[[noreturn]] void fail(const char *verb, const std::string &path, int error) {
  throw Error("AGC0201", std::string("cannot ") + verb + " '" + path +
                             "': " + std::strerror(error));
}

/// Closes a file, and removes it unless it was kept.
struct TemporaryFile {
  std::string path;
  int descriptor = -1;
  bool kept = false;
  ~TemporaryFile() {
    if (descriptor >= 0)
      ::close(descriptor);
    if (!kept)
      ::unlink(path.c_str());
  }
};

int writeAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    text.remove_prefix(size_t(written));
  }
  return 0;
}

std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash ? path.substr(0, slash) : "/";
}

} // namespace

void writeFileAtomically(const std::string &path, const std::string_view *pieces,
                         size_t count) {
  static std::atomic<uint32_t> serial{0};
  TemporaryFile file;
  do {
    file.path = path + ".tmp" + std::to_string(::getpid()) + "." +
                std::to_string(serial.fetch_add(1));
    file.descriptor = ::open(file.path.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    // One that was killed may have had this very number: in a container, all have.
  } while (file.descriptor < 0 && errno == EEXIST);
  if (file.descriptor < 0) {
    file.kept = true; // it is not ours
    fail("write", path, errno);
  }
  for (size_t i = 0; i < count; ++i)
    if (int error = writeAll(file.descriptor, pieces[i]))
      fail("write", path, error);
  if (::fsync(file.descriptor) != 0)
    fail("write", path, errno);
  int closed = ::close(file.descriptor);
  file.descriptor = -1;
  if (closed != 0)
    fail("write", path, errno);
  if (::rename(file.path.c_str(), path.c_str()) != 0)
    fail("write", path, errno);
  file.kept = true;
  // So that the new name survives a crash too; a folder that cannot be synced
  // (some network file systems) is no reason to fail.
  int folder = ::open(folderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    (void)::fsync(folder);
    ::close(folder);
  }
}

void writeFileAtomically(const std::string &path,
                         std::initializer_list<std::string_view> pieces) {
  writeFileAtomically(path, pieces.begin(), pieces.size());
}

std::string readFile(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    fail("read", path, errno);
  struct stat status;
  std::string text;
  int error = ::fstat(descriptor, &status) != 0 ? errno
              : S_ISDIR(status.st_mode)         ? EISDIR
                                                : 0;
  // One more, to see the end without growing: that would copy all of it.
  if (!error && status.st_size > 0)
    text.reserve(size_t(status.st_size) + 1);
  while (!error) {
    size_t have = text.size();
    size_t want = text.capacity() > have ? text.capacity() - have : 1 << 16;
    text.resize(have + want);
    ssize_t got = ::read(descriptor, text.data() + have, want);
    if (got < 0 && errno == EINTR)
      got = 0;
    else if (got < 0)
      error = errno;
    else if (got == 0) {
      text.resize(have);
      break;
    }
    text.resize(have + size_t(got < 0 ? 0 : got));
  }
  ::close(descriptor);
  if (error)
    fail("read", path, error);
  return text;
}

} // namespace agc
