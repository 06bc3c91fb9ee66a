//===- Targets.cpp - agc targets: what a program can be compiled for -------===//
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include "runtime/jit/CompilerLibrary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <nlohmann/json.hpp>

namespace agc::cli {

void addTargets(CLI::App &app) {
  CLI::App *verb = addVerb(app, "targets", "List what --target of agc compile may be",
                           "  agc targets\n  agc targets --json");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([json] {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const TargetInfo &target : compiler().targets()) {
      if (!*json)
        print(fmt::format("{:<10} {} ({})\n", target.name, target.description,
                          fmt::join(target.cpus, ", ")));
      list.push_back({{"name", target.name},
                      {"triple", target.triple},
                      {"cpus", target.cpus},
                      {"description", target.description}});
    }
    if (*json)
      print(nlohmann::ordered_json{{"targets", list}}.dump() + "\n");
  });
}

} // namespace agc::cli
