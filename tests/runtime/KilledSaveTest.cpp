//===- KilledSaveTest.cpp - A save that is killed at any system call ------===//
//
// A child saves over a good checkpoint and stops before and after each of its
// system calls; it is killed at the first, then at the second, and so on until it
// gets through. What is there then must load: the old one or the new.
//
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/Checkpoint.h"

#include "gtest/gtest.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

using namespace agc;

namespace {

constexpr uint64_t oldSteps = 1, newSteps = 2;

void save(const std::string &path, uint64_t steps) {
  // Some more than one page, so that nothing depends on small writes.
  std::vector<int64_t> numbers(3000, int64_t(steps));
  writeCheckpoint(path, {7, steps, {}},
                  {{"w", DType::I64, {3000}, {reinterpret_cast<char *>(numbers.data()), 24000}},
                   {"b", DType::U8, {1}, steps == oldSteps ? "o" : "n"}});
}

/// The steps of the checkpoint, all of whose numbers must be of that save.
uint64_t load(const std::string &path) {
  SafetensorsFile file;
  uint64_t steps = readCheckpoint(path, file).steps;
  std::vector<int64_t> numbers(3000, int64_t(steps));
  EXPECT_EQ(file.tensors.at("w").data,
            std::string_view(reinterpret_cast<char *>(numbers.data()), 24000));
  EXPECT_EQ(file.tensors.at("b").data, steps == oldSteps ? "o" : "n");
  return steps;
}

struct Call {
  uint64_t number, first;
  int64_t result;
};
enum class End { Finished, Killed, NotAllowed };

/// Runs \p body in a child, which is killed at the stop number \p stop, of which
/// each system call has two. \p calls: what it made, where the system tells.
End runKilledAt(size_t stop, const std::function<void()> &body, std::vector<Call> &calls) {
  pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      ::_exit(2);
    ::raise(SIGSTOP);
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status))
    return End::NotAllowed;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  for (size_t at = 0;; ++at) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      return End::Finished;
    }
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) {
      ADD_FAILURE() << "the child stopped by signal " << WSTOPSIG(status);
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return End::Killed;
    }
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0) {
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        calls.push_back({info.entry.nr, info.entry.args[0], 0});
      else if (info.op == PTRACE_SYSCALL_INFO_EXIT && !calls.empty())
        calls.back().result = info.exit.rval;
    }
    if (at == stop) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return End::Killed;
    }
  }
}

/// A folder of its own, for what killed saves leave.
class KilledSave : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "agc-killed-" + std::to_string(::getpid());
  std::string path = folder + "/c.safetensors";
  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
};

bool isOpen(uint64_t number) {
#ifdef SYS_open
  if (number == SYS_open)
    return true;
#endif
  return number == SYS_openat;
}
bool isRename(uint64_t number) {
#ifdef SYS_rename
  if (number == SYS_rename)
    return true;
#endif
#ifdef SYS_renameat
  if (number == SYS_renameat)
    return true;
#endif
  return number == SYS_renameat2;
}

} // namespace

TEST_F(KilledSave, LeavesTheOldOrTheNew) {
  size_t sawOld = 0, sawNew = 0, killed = 0;
  for (size_t stop = 0;; ++stop) {
    save(path, oldSteps);
    std::vector<Call> calls;
    End end = runKilledAt(stop, [&] { save(path, newSteps); }, calls);
    if (end == End::NotAllowed)
      GTEST_SKIP() << "this system does not let a process trace its child";
    uint64_t steps = load(path);
    (steps == oldSteps ? sawOld : sawNew) += 1;
    if (end == End::Finished) {
      EXPECT_EQ(steps, newSteps);
      break;
    }
    ++killed;
    // And what it left is in nobody's way.
    save(path, newSteps);
    EXPECT_EQ(load(path), newSteps);
    ASSERT_LT(stop, 2000u) << "the save does not end";
  }
  // open, write, fsync, close, rename, and the folder's: each with two stops.
  EXPECT_GE(killed, 16u);
  EXPECT_GE(sawOld, 9u);
  EXPECT_GE(sawNew, 6u);
}

TEST_F(KilledSave, TheFirstOneLeavesNoneOrAll) {
  for (size_t stop = 0; stop < 2000; ++stop) {
    std::filesystem::remove(path);
    std::vector<Call> calls;
    End end = runKilledAt(stop, [&] { save(path, newSteps); }, calls);
    if (end == End::NotAllowed)
      GTEST_SKIP() << "this system does not let a process trace its child";
    if (std::filesystem::exists(path)) {
      EXPECT_EQ(load(path), newSteps);
    }
    if (end == End::Finished) {
      EXPECT_TRUE(std::filesystem::exists(path));
      return;
    }
  }
  FAIL() << "the save does not end";
}

// A crash of the machine cannot be had here, but the order can: the bytes are on the
// disk before the name is, and the name before the save returns.
TEST_F(KilledSave, SyncsTheFileBeforeItsNameAndThenTheFolder) {
  std::vector<Call> calls;
  End end = runKilledAt(size_t(-1), [&] { save(path, newSteps); }, calls);
  if (end == End::NotAllowed || calls.empty())
    GTEST_SKIP() << "this system does not let a process see its child's system calls";
  std::string order;
  int64_t opened = -1;
  for (const Call &call : calls) {
    if (isOpen(call.number)) {
      opened = call.result;
      order += "open ";
    } else if (isRename(call.number)) {
      order += call.result == 0 ? "rename " : "failed ";
    } else if (int64_t(call.first) != opened || opened < 0) {
      continue;
    } else if (call.number == SYS_write) {
      order += order.ends_with("write ") ? "" : "write ";
    } else if (call.number == SYS_fsync) {
      order += call.result == 0 ? "fsync " : "failed ";
    } else if (call.number == SYS_close) {
      order += "close ";
    }
  }
  EXPECT_EQ(order, "open write fsync close rename open fsync close ");
}
