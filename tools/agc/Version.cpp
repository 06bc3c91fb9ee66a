#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <memory>

namespace agc::cli {

void addVersion(CLI::App &app) {
  CLI::App *verb = addVerb(app, "version", "Print the version of agc",
                           "  agc version\n  agc version --json");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Print JSON");
  verb->callback([json] {
    print(*json ? "{\"version\": \"" AGC_VERSION "\", \"format\": 1}\n"
                : "agc " AGC_VERSION "\n");
  });
}

} // namespace agc::cli
