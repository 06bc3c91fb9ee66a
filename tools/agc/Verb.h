//===- Verb.h - What each verb of the command line is made of --------------===//
//
// A verb is one file. It adds itself to the application with its flags, its
// help and a callback, which throws what goes wrong: main.cpp alone turns that
// into a line on stderr and an exit code.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_VERB_H
#define AGC_TOOLS_AGC_VERB_H

#include "agc/Error.h"
#include "agc/StrictFp.h"

#include <CLI/CLI.hpp>

#include <stdexcept>
#include <string>

namespace agc::cli {

/// Exit codes: the same for every verb.
enum Exit {
  ExitOk = 0,
  ExitInput = 1,       // a diagnosed error in the user's input
  ExitUsage = 2,       // the command line is wrong
  ExitUnsupported = 3, // right, but agc cannot do it
  ExitLimit = 4,       // memory or another resource
  ExitInternal = 70,   // agc's own fault
};

/// Flags that are wrong in a way that only the verb can tell.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void addNew(CLI::App &app);
void addGrad(CLI::App &app);
void addCompile(CLI::App &app);
void addTrain(CLI::App &app);
void addRun(CLI::App &app);
void addInspect(CLI::App &app);
void addExplain(CLI::App &app);
void addDump(CLI::App &app);
void addBench(CLI::App &app);
void addGradcheck(CLI::App &app);
void addTargets(CLI::App &app);
void addVersion(CLI::App &app);

/// A verb with its one-line description and the examples that end its help.
inline CLI::App *addVerb(CLI::App &app, const std::string &name,
                         const std::string &description,
                         const std::string &examples) {
  CLI::App *verb = app.add_subcommand(name, description);
  verb->footer("Examples:\n" + examples);
  return verb;
}

/// --fp, of a verb that compiles.
inline void addFloatingPoint(CLI::App *verb) {
  verb->add_option_function<std::string>(
          "--fp", [](const std::string &fp) { set_strict_fp(fp == "strict"); },
          "default, or strict: each sum as it is written; no convolution by fewer multiplications")
      ->type_name("default|strict")
      ->check(CLI::IsMember({"default", "strict"}));
}

} // namespace agc::cli

#endif
