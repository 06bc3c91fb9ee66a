#include "tools/agc/Picture.h"

#include "agc/Error.h"
#include "runtime/core/DType.h"

#include <algorithm>
#include <map>
#include <set>

namespace agc::cli {
namespace {

/// Beyond this a picture helps nobody, and dependence is kept for all pairs.
constexpr size_t maxBoxes = 20000;

/// In place of a box: what is there is not drawn.
constexpr int none = -1;

/// A set of boxes.
class BoxSet {
public:
  bool contains(int box) const {
    return size_t(box) / 64 < words.size() &&
           words[size_t(box) / 64] >> (box % 64) & 1;
  }
  void insert(int box) {
    words.resize(std::max(words.size(), size_t(box) / 64 + 1));
    words[size_t(box) / 64] |= uint64_t(1) << (box % 64);
  }
  void insert(const BoxSet &other) {
    words.resize(std::max(words.size(), other.words.size()));
    for (size_t i = 0; i < other.words.size(); ++i)
      words[i] |= other.words[i];
  }

private:
  std::vector<uint64_t> words;
};

/// Puts nodes into boxes one after the other. A node may join the last box of
/// its scope unless something in between depends on that box and feeds the
/// node: the boxes would then need each other.
class Grouping {
public:
  int add(Box box, const std::set<int> &sources) {
    if (boxes.size() == maxBoxes)
      throw Error("AGC0205", "a picture of more than 20000 boxes; use "
                             "--format=json, or --function");
    boxes.push_back(std::move(box));
    above.emplace_back();
    int index = int(boxes.size()) - 1;
    connect(index, sources);
    return index;
  }

  bool canJoin(int box, const std::set<int> &sources) const {
    return std::none_of(sources.begin(), sources.end(), [&](int source) {
      return source != box && above[size_t(source)].contains(box);
    });
  }

  void connect(int box, const std::set<int> &sources) {
    BoxSet mine = above[size_t(box)];
    for (int source : sources) {
      if (source == box)
        continue;
      edges.insert({source, box});
      mine.insert(source);
      mine.insert(above[size_t(source)]);
    }
    // What depends on this box depends on these now, too.
    for (BoxSet &set : above)
      if (set.contains(box))
        set.insert(mine);
    above[size_t(box)] = std::move(mine);
  }

  std::vector<Box> boxes;
  std::set<Edge> edges;

private:
  std::vector<BoxSet> above; // all boxes that a box depends on
};

/// Longest way from the top, in the order of dependence.
void setLayers(Picture &picture) {
  std::vector<int> waiting(picture.boxes.size());
  std::vector<std::vector<int>> users(picture.boxes.size());
  for (Edge edge : picture.edges) {
    ++waiting[size_t(edge.to)];
    users[size_t(edge.from)].push_back(edge.to);
  }
  std::vector<int> ready;
  for (size_t i = 0; i < waiting.size(); ++i)
    if (!waiting[i])
      ready.push_back(int(i));
  while (!ready.empty()) {
    int box = ready.back();
    ready.pop_back();
    for (int user : users[size_t(box)]) {
      int &layer = picture.boxes[size_t(user)].layer;
      layer = std::max(layer, picture.boxes[size_t(box)].layer + 1);
      if (--waiting[size_t(user)] == 0)
        ready.push_back(user);
    }
  }
  // What depends on nothing stands just above its first user, not at the top.
  std::vector<bool> hasSource(users.size());
  for (Edge edge : picture.edges)
    hasSource[size_t(edge.to)] = true;
  int alone = 0; // what has no neighbour at all stands beside the rest, in a column
  for (size_t i = 0; i < users.size(); ++i) {
    if (hasSource[i])
      continue;
    if (users[i].empty()) {
      picture.boxes[i].layer = alone++;
      continue;
    }
    int first = picture.boxes[size_t(users[i][0])].layer;
    for (int user : users[i])
      first = std::min(first, picture.boxes[size_t(user)].layer);
    picture.boxes[i].layer = first - 1;
  }
}

/// State that its one reader gives a new value is not drawn: its name stands in
/// that box, and a picture of a step would else be mostly such arguments.
void dropStateOfOneBox(std::vector<Box> &boxes, std::set<Edge> &edges) {
  std::map<int, std::vector<int>> users;
  for (Edge edge : edges)
    users[edge.from].push_back(edge.to);
  std::vector<int> number(boxes.size(), 0);
  std::vector<Box> kept;
  for (size_t i = 0; i < boxes.size(); ++i) {
    const std::vector<int> &of = users[int(i)];
    bool drop = false;
    if (boxes[i].isArgument && of.size() == 1)
      for (const std::string &name : boxes[size_t(of[0])].updates)
        drop |= name == boxes[i].scope;
    number[i] = drop ? none : int(kept.size());
    if (!drop)
      kept.push_back(boxes[i]);
  }
  std::set<Edge> between;
  for (Edge edge : edges)
    if (number[size_t(edge.from)] != none)
      between.insert({number[size_t(edge.from)], number[size_t(edge.to)]});
  boxes = std::move(kept);
  edges = std::move(between);
}

/// `add`, `add` -> `2 x add`
void countOp(Box &box, const std::string &op) {
  for (std::string &line : box.lines) {
    size_t times = line.find(" x ");
    if ((times == std::string::npos ? line : line.substr(times + 3)) != op)
      continue;
    int count = times == std::string::npos ? 1 : std::stoi(line);
    line = std::to_string(count + 1) + " x " + op;
    return;
  }
  box.lines.push_back(op);
}

/// The last box of each scope, forward and backward.
using OpenBoxes = std::map<std::pair<std::string, bool>, int>;

/// The box that a node may join, or none. One without a scope continues what it
/// reads, so that a chain of them is one box and not a ladder.
int boxToJoin(const Grouping &grouping, const Box &box, const proto::Node &node,
              const std::vector<int> &boxOf, const std::set<int> &sources,
              const OpenBoxes &open) {
  if (!box.scope.empty()) {
    auto found = open.find({box.scope, box.isBackward});
    return found != open.end() && grouping.canJoin(found->second, sources)
               ? found->second
               : none;
  }
  for (int i = node.operands_size(); i-- > 0;) {
    int candidate = boxOf[node.operands(i)];
    if (candidate == none)
      continue;
    const Box &other = grouping.boxes[size_t(candidate)];
    if (other.scope.empty() && !other.isArgument &&
        other.isBackward == box.isBackward && grouping.canJoin(candidate, sources))
      return candidate;
  }
  return none;
}

} // namespace

std::vector<std::string> linesOf(const Box &box) {
  std::vector<std::string> lines;
  if (!box.scope.empty())
    lines.push_back(box.scope);
  constexpr size_t shown = 6;
  for (size_t i = 0; i < std::min(shown, box.lines.size()); ++i)
    lines.push_back(box.lines[i]);
  if (box.lines.size() > shown)
    lines.push_back("… " + std::to_string(box.lines.size() - shown) + " more");
  if (!box.type.empty())
    lines.push_back(box.type);
  for (const std::string &name : box.updates)
    lines.push_back("new " + name);
  return lines;
}

std::string shortType(const proto::TensorType &type) {
  std::string text;
  for (int64_t size : type.shape())
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return std::string(info(static_cast<DType>(type.dtype())).name) + "[" + text + "]";
}

Picture groupNodes(const proto::Module &module, const proto::Function &function) {
  Grouping grouping;
  std::vector<int> boxOf;     // a value's
  std::set<uint32_t> scalars; // arguments: learning rates
  for (const proto::Argument &argument : function.arguments()) {
    Box box;
    box.scope = argument.name();
    box.isArgument = true;
    box.type = shortType(argument.type());
    if (argument.type().shape().empty())
      scalars.insert(uint32_t(boxOf.size()));
    boxOf.push_back(grouping.add(std::move(box), {}));
  }
  OpenBoxes open;
  for (const proto::Node &node : function.nodes()) {
    std::set<int> sources;
    for (uint32_t operand : node.operands())
      if (boxOf[operand] != none)
        sources.insert(boxOf[operand]);
    // Constants are not drawn, nor is a number spread out to a shape: CSE makes
    // one of many of them, and edges from it would join what has nothing to do
    // with each other.
    bool isNumber = node.operands_size() == 1 && scalars.count(node.operands(0));
    if (sources.empty() || isNumber) {
      for (int i = 0; i < node.results_size(); ++i)
        boxOf.push_back(isNumber ? *sources.begin() : none);
      continue;
    }
    Box box;
    if (node.location()) {
      const proto::Location &location = module.locations(int(node.location()) - 1);
      box.scope = location.scope();
      box.isBackward = !location.gradient_of().empty();
    }
    int index = boxToJoin(grouping, box, node, boxOf, sources, open);
    if (index != none) {
      grouping.connect(index, sources);
    } else {
      std::pair<std::string, bool> key = {box.scope, box.isBackward};
      index = open[key] = grouping.add(std::move(box), sources);
    }
    countOp(grouping.boxes[size_t(index)], node.op());
    for (const proto::TensorType &result : node.results()) {
      grouping.boxes[size_t(index)].type = shortType(result);
      boxOf.push_back(index);
    }
  }
  for (const proto::Result &result : function.results()) {
    int from = boxOf[result.value()];
    if (result.updates() && from != none &&
        !grouping.boxes[size_t(from)].isArgument) {
      grouping.boxes[size_t(from)].updates.push_back(
          function.arguments(int(result.updates()) - 1).name());
      continue;
    }
    Box box;
    box.scope = result.name();
    box.lines = {result.updates() ? "update" : "result"};
    grouping.add(std::move(box), from == none ? std::set<int>() : std::set<int>{from});
  }
  dropStateOfOneBox(grouping.boxes, grouping.edges);
  Picture picture{module.name() + (module.name().empty() ? "" : ".") +
                      function.name(),
                  std::move(grouping.boxes),
                  {grouping.edges.begin(), grouping.edges.end()}};
  setLayers(picture);
  return picture;
}

} // namespace agc::cli
