//===- DrawSvg.cpp - Boxes in layers, edges as curves -----------------------===//
//
// Sugiyama's way in its simplest form: layers are given, the order within a
// layer is improved by the mean position of neighbours, a few times up and
// down. Long edges are drawn across the layers between, behind the boxes.
//
//===----------------------------------------------------------------------===//
#include "tools/agc/Picture.h"

#include <fmt/format.h>

#include <algorithm>

namespace agc::cli {
namespace {

constexpr double lineHeight = 15, letterWidth = 6.8, padding = 9, gapX = 18,
                 gapY = 44, margin = 24;

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
  double middle() const { return x + width / 2; }
};

std::string escaped(const std::string &text) {
  std::string result;
  for (char c : text) {
    switch (c) {
    case '&': result += "&amp;"; break;
    case '<': result += "&lt;"; break;
    case '>': result += "&gt;"; break;
    case '"': result += "&quot;"; break;
    default:
      // Other control characters are not XML.
      result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

class Layout {
public:
  explicit Layout(const Picture &picture)
      : picture(picture), rects(picture.boxes.size()),
        above(picture.boxes.size()), below(picture.boxes.size()) {
    for (size_t i = 0; i < rects.size(); ++i) {
      std::vector<std::string> lines = linesOf(picture.boxes[i]);
      size_t widest = 4;
      for (const std::string &line : lines)
        widest = std::max(widest, line.size());
      rects[i].width = double(widest) * letterWidth + 2 * padding;
      rects[i].height = double(lines.size()) * lineHeight + padding;
      size_t layer = size_t(std::max(0, picture.boxes[i].layer));
      layers.resize(std::max(layers.size(), layer + 1));
      layers[layer].push_back(int(i));
    }
    for (Edge edge : picture.edges) {
      above[size_t(edge.to)].push_back(edge.from);
      below[size_t(edge.from)].push_back(edge.to);
    }
    for (auto &layer : layers)
      place(layer);
    for (int turn = 0; turn < 12; ++turn) {
      for (size_t i = 0; i < layers.size(); ++i)
        reorder(layers[i], above);
      for (size_t i = layers.size(); i-- > 0;)
        reorder(layers[i], below);
    }
    double y = margin + 28, left = 0;
    for (auto &layer : layers) {
      double tallest = 0;
      for (int box : layer) {
        rects[size_t(box)].y = y;
        tallest = std::max(tallest, rects[size_t(box)].height);
        left = std::min(left, rects[size_t(box)].x);
      }
      y += tallest + (layer.empty() ? 0 : gapY);
    }
    height = y;
    for (Rect &rect : rects) {
      rect.x += margin - left;
      width = std::max(width, rect.x + rect.width + margin);
    }
  }

  const Picture &picture;
  std::vector<Rect> rects;
  double width = 240, height = 0;

private:
  /// One beside the other, each as near to where it wants to be as those
  /// before it allow; then the whole layer moved to its mean wish.
  void place(std::vector<int> &layer) {
    double x = 0, drift = 0;
    bool first = true;
    std::vector<double> wanted;
    for (int box : layer)
      wanted.push_back(rects[size_t(box)].x);
    for (int box : layer) {
      Rect &rect = rects[size_t(box)];
      if (!first)
        rect.x = std::max(rect.x, x);
      x = rect.x + rect.width + gapX;
      first = false;
    }
    for (size_t i = 0; i < layer.size(); ++i)
      drift += wanted[i] - rects[size_t(layer[i])].x;
    for (int box : layer)
      rects[size_t(box)].x += drift / double(layer.size());
  }

  void reorder(std::vector<int> &layer,
               const std::vector<std::vector<int>> &neighbours) {
    for (int box : layer) {
      Rect &rect = rects[size_t(box)];
      const std::vector<int> &near = neighbours[size_t(box)];
      if (near.empty())
        continue;
      double sum = 0;
      for (int other : near)
        sum += rects[size_t(other)].middle();
      rect.x = sum / double(near.size()) - rect.width / 2;
    }
    std::stable_sort(layer.begin(), layer.end(), [&](int a, int b) {
      return rects[size_t(a)].middle() < rects[size_t(b)].middle();
    });
    place(layer);
  }

  std::vector<std::vector<int>> above, below, layers;
};

std::string drawEdge(const Rect &from, const Rect &to) {
  double x1 = from.middle(), y1 = from.y + from.height;
  double x2 = to.middle(), y2 = to.y, bend = std::max(20.0, (y2 - y1) / 2);
  return fmt::format("<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} "
                     "{:.1f} {:.1f}\"/>\n",
                     x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2 - 2);
}

std::string drawBox(const Box &box, const Rect &rect) {
  const char *kind = box.isArgument ? "a" : box.isBackward ? "b" : "f";
  std::string text = fmt::format(
      "<g class=\"{}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
      "height=\"{:.1f}\" rx=\"5\"/>",
      kind, rect.x, rect.y, rect.width, rect.height);
  double y = rect.y + lineHeight;
  bool isFirst = !box.scope.empty();
  for (const std::string &line : linesOf(box)) {
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text>",
                        rect.middle(), y, isFirst ? " class=\"s\"" : "",
                        escaped(line));
    isFirst = false;
    y += lineHeight;
  }
  return text + "</g>\n";
}

} // namespace

std::string drawSvg(const Picture &picture) {
  Layout layout(picture);
  std::string text = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}">
<style>
text {{ font: 11px ui-monospace, monospace; text-anchor: middle; fill: #222 }}
text.s {{ font-weight: bold }}
text.t {{ font: bold 15px sans-serif; text-anchor: start }}
path {{ fill: none; stroke: #8a94a0; marker-end: url(#tip) }}
rect {{ stroke: #667; }}
.a rect {{ fill: #eee }} .f rect {{ fill: #d5e8fb }} .b rect {{ fill: #fde0c8 }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#8a94a0;stroke:none;marker-end:none"/></marker></defs>
<rect width="100%" height="100%" style="fill:#fff;stroke:none"/>
<text class="t" x="{2:.0f}" y="26">{3}</text>
)",
      layout.width, layout.height, margin, escaped(picture.title));
  for (Edge edge : picture.edges)
    text += drawEdge(layout.rects[size_t(edge.from)], layout.rects[size_t(edge.to)]);
  for (size_t i = 0; i < picture.boxes.size(); ++i)
    text += drawBox(picture.boxes[i], layout.rects[i]);
  return text + "</svg>\n";
}

} // namespace agc::cli
