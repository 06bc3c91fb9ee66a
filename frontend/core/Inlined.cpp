#include "frontend/core/Inlined.h"

#include "ir/graph.pb.h"

#include <deque>
#include <unordered_map>

namespace agc::detail {
namespace {

struct Inlined {
  std::deque<proto::Module> modules;
  std::unordered_map<std::string, uint32_t> ids;
};
Inlined &inlined() {
  static Inlined *all = new Inlined;
  return *all;
}

} // namespace

uint32_t internInlined(proto::Module module) {
  proto::Module bare = module;
  bare.clear_locations();
  for (proto::Function &function : *bare.mutable_functions())
    for (proto::Node &node : *function.mutable_nodes())
      node.clear_location();
  Inlined &all = inlined();
  auto [found, added] =
      all.ids.try_emplace(bare.SerializeAsString(), uint32_t(all.modules.size()));
  if (added)
    all.modules.push_back(std::move(module));
  return found->second;
}

const proto::Module &inlinedModule(uint32_t number) { return inlined().modules[number]; }

} // namespace agc::detail
