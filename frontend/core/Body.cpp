#include "frontend/core/Body.h"

#include "frontend/core/Extras.h"
#include "frontend/core/Inlined.h"

#include "ir/graph.pb.h"

#include <agc/Autograd.h>

#include <algorithm>
#include <deque>
#include <map>

namespace agc::detail {

namespace {
uint64_t lastId = 0;

bool isSame(const Value &a, const Value &b) {
  return a.node.get() == b.node.get() && a.index == b.index;
}
} // namespace

//===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===//

BodyTrace::BodyTrace(const char *name)
    : name(name), id(++lastId), first(lastRecorded()), outer(recorder().body) {
  recorder().body = this;
}

BodyTrace::~BodyTrace() {
  Recorder &r = recorder();
  r.body = outer;
  // None of it is to be computed here.
  while (Node *node = r.pending.last()) {
    if (node->sequence <= first)
      break;
    r.pending.remove(*node);
  }
  std::erase_if(r.retained, [&](const Recorder::Retained &kept) {
    return kept.value.node->sequence > first;
  });
}

Tensor BodyTrace::argument(TypeRef type) {
  Value value = leafValue(type, nullptr);
  value.slot().tracked = GradMode::is_enabled() && info(type->dtype).isFloat;
  arguments.push_back(value);
  return wrap(std::move(value));
}

bool BodyTrace::isOutside(const Value &value) const {
  return value.node->sequence <= first &&
         std::none_of(arguments.begin(), arguments.end(),
                      [&](const Value &own) { return isSame(own, value); });
}

Value BodyTrace::randomState() {
  if (!random)
    random = randomNow = leafValue(typeOf(DType::I64, int64_t(2)), nullptr);
  return randomNow;
}

void BodyTrace::advanceRandom(Value next, uint64_t counters) {
  randomNow = std::move(next);
  randomCounters += counters;
}

uint64_t currentBody() {
  BodyTrace *body = recorder().body;
  return body ? body->id : 0;
}

void refuseInBody(const std::string &what) {
  if (BodyTrace *body = recorder().body)
    throw Error("AGC0122",
                "a function given to agc::" + std::string(body->name) + " cannot " + what,
                positionText(currentLoc()));
}

bool isOutsideBody(const Value &value) {
  BodyTrace *body = recorder().body;
  return body && body->isOutside(value);
}

TracedBody::TracedBody(const char *name, const std::vector<TypeRef> &types,
                       const Function &function) {
  BodyTrace trace(name);
  std::vector<Tensor> placeholders;
  for (TypeRef type : types)
    placeholders.push_back(trace.argument(type));
  std::vector<Tensor> tensors;
  {
    UserCode aside;
    tensors = function(placeholders);
  }
  for (const Tensor &tensor : tensors)
    results.push_back(read(tensor));
  arguments = trace.arguments;
  random = trace.random;
  randomNow = trace.randomNow;
  randomCounters = trace.randomCounters;

  std::vector<Value> roots = results;
  if (random)
    roots.push_back(randomNow);
  segment = collect(std::move(roots), trace.first);
  for (const Ref<Node> &node : segment.nodes)
    if (node->extras) {
      std::string position = positionText(node->loc);
      fail("AGC0122", "cannot have an autograd::Function or a hook in its function" +
                          (position.empty() ? "" : ", recorded at " + position) +
                          ": its backward is C++, and not in the graph");
    }
  for (const Value &input : segment.inputs)
    if (trace.isOutside(input) && !(random && isSame(random, input)))
      captured.push_back(input);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

namespace {

struct Bodies {
  struct Body {
    proto::Module module;
    int64_t checks = 0;
  };
  std::deque<Body> list;
  std::map<std::vector<uint64_t>, uint32_t> numbers; // by structure
};
Bodies &bodies() {
  static Bodies *all = new Bodies;
  return *all;
}

} // namespace

uint32_t TracedBody::intern(std::vector<Value> inputs, std::vector<Value> outputs) {
  segment.inputs = std::move(inputs);
  segment.outputs = std::move(outputs);
  numberValues(segment);
  std::vector<uint64_t> key = structureOf(segment, {});
  Bodies &all = bodies();
  auto [found, added] = all.numbers.try_emplace(std::move(key), uint32_t(all.list.size()));
  if (added) {
    Bodies::Body &body = all.list.emplace_back();
    FunctionSpec spec;
    spec.name = "body";
    spec.isBody = true;
    emit(segment, spec, body.module);
    for (const Ref<Node> &node : segment.nodes)
      body.checks += checksOf(*node);
  }
  return found->second;
}

const proto::Module &bodyModule(uint32_t number) { return bodies().list[number].module; }

int64_t checksOf(const Node &node) {
  if (node.op == OpId::CheckRange || node.op == OpId::CheckRangeIgnore)
    return 1;
  std::string_view fields = attributeFields(node.op);
  int64_t checks = 0;
  const int64_t *word = const_cast<Node &>(node).attributes();
  if (node.op == OpId::Inlined)
    for (const proto::Function &function : inlinedModule(uint32_t(*word)).functions())
      for (const proto::Node &inner : function.nodes())
        checks += inner.op() == irName(OpId::CheckRange);
  // Attributes of a node with bodies are all of one word.
  for (size_t colon = fields.find(":"); colon != fields.npos && fields.find(":r") != fields.npos;
       colon = fields.find(":", colon + 1), ++word)
    if (fields[colon + 1] == 'r')
      checks += bodies().list[size_t(*word)].checks;
  return checks;
}

} // namespace agc::detail
