//===- Bodies.h - Functions of a program that are bodies of nodes ----------===//
#ifndef AGC_IR_BODIES_H
#define AGC_IR_BODIES_H

#include "ir/graph.pb.h"

#include <set>
#include <string>

namespace agc {

/// The names of a module's functions that are bodies: not to be called.
inline std::set<std::string> bodyNames(const proto::Module &module) {
  std::set<std::string> names;
  for (const proto::Function &function : module.functions())
    for (const proto::Node &node : function.nodes())
      names.insert(node.regions().begin(), node.regions().end());
  return names;
}

/// Drops every function but the one called \p name and its bodies, which stand
/// before it.
inline void keepFunction(proto::Module &module, const std::string &name) {
  std::set<std::string> wanted{name};
  for (int i = module.functions_size(); i-- > 0;) {
    if (!wanted.count(module.functions(i).name())) {
      module.mutable_functions()->DeleteSubrange(i, 1);
      continue;
    }
    for (const proto::Node &node : module.functions(i).nodes())
      wanted.insert(node.regions().begin(), node.regions().end());
  }
}

} // namespace agc

#endif
