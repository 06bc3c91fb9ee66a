//===- main.cpp - agc: one tool, a verb a job ------------------------------===//
//
// stdout is data, stderr is talk. Exit codes are in Verb.h.
//
//===----------------------------------------------------------------------===//
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <google/protobuf/stubs/logging.h>

#include <csignal>
#include <cstring>
#include <new>

namespace {

using namespace agc;
using namespace agc::cli;

int exitCodeOf(const Error &error) {
  static constexpr struct {
    const char *code;
    Exit exit;
  } table[] = {{"AGC0116", ExitUnsupported},
               {"AGC0205", ExitLimit},
               {"AGC0299", ExitInternal},
               {"AGC0360", ExitUsage}};
  for (auto [code, exit] : table)
    if (!std::strcmp(error.code(), code))
      return exit;
  return ExitInput;
}

/// The parser would only say that there is no verb.
void checkVerb(const CLI::App &app, const std::string &verb) {
  std::string known;
  for (const CLI::App *each : app.get_subcommands(nullptr)) {
    if (each->get_name() == verb)
      return;
    known += (known.empty() ? "" : ", ") + each->get_name();
  }
  throw UsageError("there is no verb '" + verb + "'; there are " + known);
}

int runVerb(CLI::App &app, int argc, char **argv) {
  try {
    if (argc > 1 && argv[1][0] != '-')
      checkVerb(app, argv[1]);
    app.parse(argc, argv);
    finishOutput();
    return ExitOk;
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) // --help
      return app.exit(error);
    talkError(error.what());
    talk("Run with --help for more information.\n");
    return ExitUsage;
  } catch (const UsageError &error) {
    talkError(error.what());
    return ExitUsage;
  } catch (const Error &error) {
    talkError(error.position().empty() ? "" : error.position() + ": ",
              error.msg() + " [" + error.code() + "]");
    return exitCodeOf(error);
  } catch (const std::bad_alloc &) {
    talkError("out of memory");
    return ExitLimit;
  } catch (const std::exception &error) {
    talkError(std::string("internal error: ") + error.what());
    return ExitInternal;
  }
}

} // namespace

int main(int argc, char **argv) {
  // A file that would grow past a limit is an error to report, not a death.
  std::signal(SIGXFSZ, SIG_IGN);
  // What is wrong with a file, agc says itself, in one line.
  google::protobuf::SetLogHandler(nullptr);

  CLI::App app("agc turns a model into its whole training step - forward, "
               "backward, update - as one native function.",
               "agc");
  app.require_subcommand(1);
  addNew(app);
  addGrad(app);
  addCompile(app);
  addTrain(app);
  addRun(app);
  addInspect(app);
  addExplain(app);
  addDump(app);
  addBench(app);
  addGradcheck(app);
  addTargets(app);
  addVersion(app);
  app.footer("agc VERB --help shows a verb's flags and examples.\n"
             "Exit codes: 0 ok, 1 error in the input, 2 usage, 3 unsupported, "
             "4 resource limit, 70 internal.");
  return runVerb(app, argc, argv);
}
