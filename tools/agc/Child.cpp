#include "tools/agc/Child.h"

#include "agc/Error.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace agc::cli {
namespace {

[[noreturn]] void failSystem(const char *what, int error) {
  throw Error("AGC0201", std::string("cannot ") + what + ": " +
                             std::strerror(error));
}

std::vector<char *> pointers(std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (std::string &text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::string readToEnd(int descriptor) {
  std::string text;
  char block[4096];
  for (;;) {
    ssize_t got = ::read(descriptor, block, sizeof block);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return text;
    text.append(block, size_t(got));
  }
}

} // namespace

std::string runSelf(const std::vector<std::string> &arguments,
                    const std::vector<std::pair<std::string, std::string>>
                        &environment) {
  std::vector<std::string> argumentTexts = {"agc"}, environmentTexts;
  argumentTexts.insert(argumentTexts.end(), arguments.begin(), arguments.end());
  for (char **entry = environ; *entry; ++entry) {
    bool replaced = false;
    for (auto &[name, value] : environment)
      replaced |= std::string_view(*entry).rfind(name + "=", 0) == 0;
    if (!replaced)
      environmentTexts.emplace_back(*entry);
  }
  for (auto &[name, value] : environment)
    environmentTexts.push_back(name + "=" + value);

  int ends[2];
  if (::pipe(ends) != 0)
    failSystem("make a pipe", errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child;
  int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr,
                          pointers(argumentTexts).data(),
                          pointers(environmentTexts).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error) {
    ::close(ends[0]);
    failSystem("start /proc/self/exe", error);
  }
  std::string output = readToEnd(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error("AGC0340", "the measuring process failed");
  return output;
}

CacheFolder::CacheFolder() {
  const char *base = std::getenv("TMPDIR");
  folder = std::string(base && *base ? base : "/tmp") + "/agc-bench-XXXXXX";
  if (!::mkdtemp(folder.data()))
    failSystem(("make folder '" + folder + "'").c_str(), errno);
}

CacheFolder::~CacheFolder() {
  std::error_code ignored; // it is only left behind
  std::filesystem::remove_all(folder, ignored);
}

} // namespace agc::cli
