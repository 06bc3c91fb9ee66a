#include "frontend/core/Inlined.h"

#include "frontend/core/Build.h"
#include "frontend/core/Random.h"

#include "ir/graph.pb.h"
#include "runtime/jit/CompilerLibrary.h"

#include <deque>
#include <map>
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

/// The body with this number, by the compiler's hands.
uint32_t transformed(uint32_t body, const std::vector<uint32_t> &batched, int64_t size) {
  static auto *known =
      new std::map<std::tuple<uint32_t, std::vector<uint32_t>, int64_t>, uint32_t>;
  auto key = std::make_tuple(body, batched, size);
  auto found = known->find(key);
  if (found != known->end())
    return found->second;
  std::string bytes;
  throwIf(compiler().batch(bodyModule(body).SerializeAsString(), batched, size, bytes));
  proto::Module result;
  if (!result.ParseFromString(bytes))
    throw Error("AGC0204", "the compiler gave back a module that cannot be read");
  return known->emplace(std::move(key), internInlined(std::move(result))).first->second;
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

std::vector<Value> recordInlined(TracedBody &body, std::vector<Value> operands,
                                 const std::vector<uint32_t> &batched, int64_t size) {
  std::vector<Value> inputs = body.arguments;
  if (body.random) {
    inputs.push_back(body.random);
    operands.push_back(randomState(body.randomCounters));
  }
  inputs.insert(inputs.end(), body.captured.begin(), body.captured.end());
  operands.insert(operands.end(), body.captured.begin(), body.captured.end());
  uint32_t number = transformed(body.intern(std::move(inputs), body.results), batched, size);
  std::vector<TypeRef> types;
  for (const Value &result : body.results) {
    Dims shape = result.shape();
    if (!batched.empty())
      shape.insert(shape.begin(), size);
    types.push_back(withShape(result.type(), shape));
  }
  Ref<Node> node = recordMany(OpId::Inlined, types, operands, int64_t(number));
  std::vector<Value> values;
  for (uint32_t i = 0; i < types.size(); ++i) {
    node->results()[i].tracked &= body.results[i].tracked();
    values.push_back({node, i});
  }
  return values;
}

} // namespace agc::detail
