#include "tools/agc/Picture.h"

#include <fmt/format.h>

namespace agc::cli {
namespace {

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

} // namespace

std::string drawDot(const Picture &picture) {
  std::string text = "digraph \"" + escaped(picture.title) +
                     "\" {\n  node [shape=box, style=\"rounded,filled\", "
                     "fontname=\"sans-serif\"];\n";
  for (size_t i = 0; i < picture.boxes.size(); ++i) {
    const Box &box = picture.boxes[i];
    std::string label;
    for (const std::string &line : linesOf(box))
      label += (label.empty() ? "" : "\\n") + escaped(line);
    text += fmt::format("  n{} [label=\"{}\", fillcolor=\"{}\"];\n", i, label,
                        box.isArgument   ? "#eeeeee"
                        : box.isBackward ? "#fde0c8"
                                         : "#d5e8fb");
  }
  for (Edge edge : picture.edges)
    text += fmt::format("  n{} -> n{};\n", edge.from, edge.to);
  return text + "}\n";
}

} // namespace agc::cli
