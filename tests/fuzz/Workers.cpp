//===- Workers.cpp - Checks in processes of their own ----------------------===//
#include "tests/fuzz/Workers.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace agc::fuzz {
namespace {

struct Worker {
  uint64_t seed = 0;
  pid_t process = 0;
  int pipe = -1;
  std::string said;
};

/// The result, flags first, as a worker says it.
std::string encode(const CheckResult &result) {
  return std::string{result.hasDifferences ? 'd' : '-', result.isFinite ? 'f' : '-'} +
         result.failure + '\n' + result.detail;
}

Worker start(uint64_t seed, const WorkerOptions &options, const std::function<Graph()> &graph) {
  int ends[2];
  if (pipe(ends) != 0)
    throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  Worker worker{seed, fork(), ends[0], ""};
  if (worker.process < 0)
    throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (worker.process == 0) {
    close(ends[0]);
    if (options.quiet)
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    rlimit limit{options.seconds, options.seconds};
    setrlimit(RLIMIT_CPU, &limit);
    std::string text = encode(check(graph(), options.check));
    for (size_t at = 0; at < text.size();) {
      ssize_t written = write(ends[1], text.data() + at, text.size() - at);
      if (written <= 0)
        _exit(1);
      at += size_t(written);
    }
    _exit(0);
  }
  close(ends[1]);
  return worker;
}

/// Reads what there is; true at the end.
bool hear(Worker &worker) {
  char buffer[4096];
  ssize_t count = read(worker.pipe, buffer, sizeof(buffer));
  if (count < 0 && errno == EINTR)
    return false;
  worker.said.append(buffer, size_t(std::max<ssize_t>(count, 0)));
  return count <= 0;
}

CheckResult finish(Worker &worker) {
  close(worker.pipe);
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  CheckResult result;
  size_t end = worker.said.find('\n');
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && end != std::string::npos) {
    result.hasDifferences = worker.said[0] == 'd';
    result.isFinite = worker.said[1] == 'f';
    result.failure = worker.said.substr(2, end - 2);
    result.detail = worker.said.substr(end + 1);
    return result;
  }
  bool isSignal = WIFSIGNALED(status);
  bool isTime = isSignal && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
  result.failure = isTime ? "time" : "crash";
  result.detail = isSignal ? strsignal(WTERMSIG(status))
                           : "exit code " + std::to_string(WEXITSTATUS(status));
  return result;
}

} // namespace

CheckResult checkApart(const Graph &graph, const WorkerOptions &options) {
  Worker worker = start(graph.seed, options, [&] { return graph.clone(); });
  while (!hear(worker)) {
  }
  return finish(worker);
}

void checkAll(uint64_t first, uint64_t count, const std::function<Graph(uint64_t)> &generate,
              const WorkerOptions &options,
              const std::function<bool(uint64_t, const CheckResult &)> &seen) {
  std::vector<Worker> workers;
  uint64_t next = first;
  bool goesOn = true;
  while (goesOn || !workers.empty()) {
    for (; goesOn && next < first + count && int(workers.size()) < options.numProcesses; ++next)
      workers.push_back(start(next, options, [&, seed = next] { return generate(seed); }));
    if (workers.empty())
      break;
    std::vector<pollfd> waits;
    for (const Worker &worker : workers)
      waits.push_back({worker.pipe, POLLIN, 0});
    if (poll(waits.data(), waits.size(), -1) < 0)
      continue;
    for (size_t i = workers.size(); i-- > 0;)
      if (waits[i].revents && hear(workers[i])) {
        CheckResult result = finish(workers[i]);
        uint64_t seed = workers[i].seed;
        workers.erase(workers.begin() + long(i));
        goesOn = seen(seed, result) && goesOn;
      }
  }
}

} // namespace agc::fuzz
