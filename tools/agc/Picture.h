//===- Picture.h - A function's graph, for people and other programs -------===//
#ifndef AGC_TOOLS_AGC_PICTURE_H
#define AGC_TOOLS_AGC_PICTURE_H

#include "ir/graph.pb.h"

#include <string>
#include <vector>

namespace agc::cli {

/// Nodes that stand together in a picture: neighbours of one scope. A whole
/// step has thousands of ops; of boxes it has hundreds, and they say what the
/// user wrote (`layer1.0.conv1`, `softmax`).
struct Box {
  std::string scope;
  bool isBackward = false;
  bool isArgument = false;
  std::vector<std::string> lines; // the ops in it, equal neighbours as `3 x add`
  std::string type;               // of what leaves it last
  std::vector<std::string> updates; // arguments that it gives a new value
  int layer = 0;                  // longest way from an argument
};
struct Edge {
  int from, to;
  friend bool operator<(const Edge &a, const Edge &b) {
    return a.from != b.from ? a.from < b.from : a.to < b.to;
  }
};
struct Picture {
  std::string title;
  std::vector<Box> boxes; // what a box depends on stands in a lower layer
  std::vector<Edge> edges;
};

/// Groups the nodes of \p function, which has been checked. Boxes make no cycle.
Picture groupNodes(const proto::Module &module, const proto::Function &function);

/// `f32[2x3]`
std::string shortType(const proto::TensorType &type);

/// What stands in a box, line by line.
std::vector<std::string> linesOf(const Box &box);

/// Graphviz's language.
std::string drawDot(const Picture &picture);
/// A picture that any browser shows, laid out here: it needs no other program.
std::string drawSvg(const Picture &picture);
/// Every op, operand, attribute and location; tensors' data only by its size.
std::string writeJson(const proto::Module &module);

} // namespace agc::cli

#endif
