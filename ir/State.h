//===- State.h - What a program keeps from call to call --------------------===//
#ifndef AGC_IR_STATE_H
#define AGC_IR_STATE_H

#include "ir/Bodies.h"

#include <algorithm>
#include <vector>

namespace agc {

/// A parameter, a buffer, an optimizer's or the random generator's state.
struct StateTensor {
  std::string name;
  proto::TensorType type;
  proto::Role role;
};

inline bool isState(proto::Role role) {
  return role != proto::ROLE_INPUT && role != proto::ROLE_HYPERPARAMETER;
}

/// By role; within a role as the program's functions have them, which is how a
/// model lists them. So does a shipped step lay them out.
inline bool comesBefore(proto::Role a, proto::Role b) {
  static constexpr int order[] = {4, 0, 1, 2, 4, 3};
  return order[a] < order[b];
}

/// A hash of names, types and roles, in that order: of two programs that have the
/// same, each can go on with the state of the other.
class SchemaHash {
public:
  void add(const std::string &name, const proto::TensorType &type, proto::Role role) {
    mix(name);
    std::string shape = std::to_string(type.dtype());
    for (int64_t size : type.shape())
      shape += "," + std::to_string(size);
    mix(shape);
    mix(std::to_string(role));
  }
  uint64_t value() const { return hash; }

private:
  void mix(const std::string &text) { // FNV-1a
    for (unsigned char c : text)
      hash = (hash ^ c) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  }
  uint64_t hash = 0xcbf29ce484222325;
};

/// Of all functions of the program, each tensor once.
inline std::vector<StateTensor> stateOf(const proto::Module &module) {
  std::set<std::string> bodies = bodyNames(module), seen;
  std::vector<StateTensor> state;
  for (const proto::Function &function : module.functions()) {
    if (bodies.count(function.name()))
      continue;
    for (const proto::Argument &argument : function.arguments())
      if (isState(argument.role()) && seen.insert(argument.name()).second)
        state.push_back({argument.name(), argument.type(), argument.role()});
  }
  std::stable_sort(state.begin(), state.end(), [](const StateTensor &a, const StateTensor &b) {
    return comesBefore(a.role, b.role);
  });
  return state;
}

inline uint64_t schemaOf(const std::vector<StateTensor> &state) {
  SchemaHash hash;
  for (const StateTensor &tensor : state)
    hash.add(tensor.name, tensor.type, tensor.role);
  return hash.value();
}

} // namespace agc

#endif
