//===- Control.cpp - Branches and loops in the graph, recomputation --------===//
#include <agc/Control.h>

#include "frontend/core/Body.h"
#include "frontend/core/Build.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Random.h"

#include <agc/Autograd.h>

namespace agc {

using namespace detail;

namespace {

std::vector<Value> readAll(const Tensors &tensors) {
  std::vector<Value> values;
  for (const Tensor &tensor : tensors)
    values.push_back(read(tensor));
  return values;
}

std::vector<TypeRef> typesOf(const std::vector<Value> &values) {
  std::vector<TypeRef> types;
  for (const Value &value : values)
    types.push_back(value.type());
  return types;
}

void append(std::vector<Value> &list, const std::vector<Value> &more) {
  list.insert(list.end(), more.begin(), more.end());
}

std::string typeText(TypeRef type) {
  return std::string(dtypeName(type->dtype)) + " of shape " + shapeText(type->shape);
}

/// A truth value, as a scalar.
Value truth(const Tensor &tensor) {
  Value value = read(tensor);
  if (value.dtype() != DType::Bool || value.type()->numel != 1)
    fail("AGC0123", "expects a predicate of one bool, got " + typeText(value.type()));
  return reshape(value, {});
}

void expectSame(const std::vector<TypeRef> &expected, const std::vector<Value> &got,
                const char *what, const char *whose) {
  if (expected.size() != got.size())
    fail("AGC0123", "expects " + std::to_string(expected.size()) + " " + what +
                        "s from " + whose + ", got " + std::to_string(got.size()));
  for (size_t i = 0; i < got.size(); ++i)
    if (expected[i] != got[i].type())
      fail("AGC0123", std::string("expects ") + what + " " + std::to_string(i) +
                          " from " + whose + " to be " + typeText(expected[i]) +
                          ", got " + typeText(got[i].type()) + "; convert it there?");
}

/// The node's results. Those of which \p tracked is false have no history.
Tensors resultsOf(const Ref<Node> &node, size_t first, size_t count,
                     const char *gradName, const std::vector<bool> &tracked) {
  Tensors tensors;
  for (size_t i = 0; i < count; ++i) {
    Value value{node, uint32_t(first + i)};
    value.slot().tracked &= tracked[first + i];
    tensors.push_back(wrap(value, gradName));
  }
  return tensors;
}

std::vector<bool> trackedOf(const std::vector<Value> &values) {
  std::vector<bool> tracked;
  for (const Value &value : values)
    tracked.push_back(value.tracked());
  return tracked;
}

} // namespace

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {

struct Loop {
  std::vector<Value> init, xs;
  int64_t trips = 0;
  bool reverse = false, stops = false;
};

/// Records the loop. \p tracked: for each result, whether it has a history.
Ref<Node> recordScan(Loop loop, TracedBody &body, std::vector<bool> &tracked) {
  size_t carries = loop.init.size();
  std::vector<Value> inputs(body.arguments.begin(), body.arguments.begin() + carries),
      outputs(body.results.begin(), body.results.begin() + carries);
  for (size_t i = 0; i < carries; ++i)
    tracked.push_back(outputs[i].tracked() || loop.init[i].tracked());
  if (body.random) {
    loop.init.push_back(randomState(body.randomCounters * uint64_t(loop.trips)));
    inputs.push_back(body.random);
    outputs.push_back(body.randomNow);
    tracked.push_back(false);
  }
  std::vector<TypeRef> types = typesOf(loop.init);
  inputs.insert(inputs.end(), body.arguments.begin() + carries, body.arguments.end());
  append(inputs, body.captured);
  for (size_t i = carries; i < body.results.size(); ++i) {
    const Value &row = body.results[i];
    outputs.push_back(row);
    tracked.push_back(row.tracked());
    Dims shape = row.shape();
    shape.insert(shape.begin(), loop.trips);
    types.push_back(withShape(row.type(), shape));
  }
  if (loop.stops)
    types.push_back(typeOf(DType::I64, {}));

  std::vector<Value> operands = loop.init;
  append(operands, loop.xs);
  append(operands, body.captured);
  uint32_t number = body.intern(std::move(inputs), std::move(outputs));
  return recordMany(OpId::Scan, types, operands,
                    {loop.trips, int64_t(loop.init.size()), int64_t(loop.xs.size()),
                     loop.reverse, loop.stops, int64_t(number)});
}

} // namespace

ScanStep scan(const std::function<ScanStep(const Tensors &, const Tensors &)> &function,
              const Tensors &init, const Tensors &xs, const ScanOptions &options,
              Loc loc) {
  OpGuard op("scan", loc);
  Loop loop;
  loop.init = readAll(init);
  loop.xs = readAll(xs);
  loop.reverse = options.reverse_;
  std::vector<TypeRef> types = typesOf(loop.init);
  std::optional<int64_t> trips = options.length_;
  for (size_t i = 0; i < xs.size(); ++i) {
    TypeRef type = loop.xs[i].type();
    if (type->rank() == 0)
      fail("AGC0123", "expects xs with a dimension to go along, got a scalar as number " +
                          std::to_string(i));
    if (trips && *trips != type->shape[0])
      fail("AGC0123", "expects xs of one length, got " + std::to_string(*trips) + " and " +
                          std::to_string(type->shape[0]) + " (number " +
                          std::to_string(i) + ")");
    trips = type->shape[0];
    types.push_back(withShape(type, Dims(type->shape.begin() + 1, type->shape.end())));
  }
  if (!trips)
    fail("AGC0123", "expects xs or a length; say ScanOptions().length(n)");
  if (*trips < 0)
    fail("AGC0104", "expects a length of 0 or more, got " + std::to_string(*trips));
  loop.trips = *trips;

  size_t carries = init.size(), ys = 0;
  TracedBody body("scan", types, [&](const Tensors &arguments) {
    auto middle = arguments.begin() + ptrdiff_t(carries);
    auto [next, rows] = function({arguments.begin(), middle}, {middle, arguments.end()});
    if (next.size() != carries)
      throw Error("AGC0123",
                  "'agc.scan' expects " + std::to_string(carries) +
                      " carries from its body, got " + std::to_string(next.size()),
                  positionText(loc));
    ys = rows.size();
    next.insert(next.end(), rows.begin(), rows.end());
    return next;
  });
  expectSame(typesOf(loop.init),
             {body.results.begin(), body.results.begin() + ptrdiff_t(carries)}, "carry",
             "the body");
  std::vector<bool> tracked;
  Ref<Node> node = recordScan(std::move(loop), body, tracked);
  return {resultsOf(node, 0, carries, "ScanBackward0", tracked),
          resultsOf(node, tracked.size() - ys, ys, "ScanBackward0", tracked)};
}

Tensors while_loop(const std::function<Tensor(const Tensors &)> &predicate,
                      const std::function<Tensors(const Tensors &)> &function,
                      const Tensors &init, int64_t max_trips, Loc loc) {
  OpGuard op("while_loop", loc);
  if (max_trips < 0)
    fail("AGC0104", "expects max_trips of 0 or more, got " + std::to_string(max_trips));
  Loop loop;
  loop.stops = true;
  loop.trips = max_trips;
  // Whether there is a next trip is a carry: the body ends by asking.
  Tensor start;
  {
    UserCode aside;
    start = predicate(init);
  }
  loop.init = {truth(start)};
  append(loop.init, readAll(init));
  TracedBody body("while_loop", typesOf(loop.init), [&](const Tensors &arguments) {
    Tensors next = function({arguments.begin() + 1, arguments.end()});
    if (next.size() != init.size())
      throw Error("AGC0123",
                  "'agc.while_loop' expects " + std::to_string(init.size()) +
                      " tensors from its body, got " + std::to_string(next.size()),
                  positionText(loc));
    Tensor goesOn = predicate(next);
    OpGuard again("while_loop", loc);
    next.insert(next.begin(), wrap(truth(goesOn)));
    return next;
  });
  expectSame(typesOf(loop.init), body.results, "carry", "the body");
  std::vector<bool> tracked;
  Ref<Node> node = recordScan(std::move(loop), body, tracked);
  return resultsOf(node, 1, init.size(), "WhileLoopBackward0", tracked);
}

//===----------------------------------------------------------------------===//
// Branches and recomputation
//===----------------------------------------------------------------------===//

Tensors cond(const Tensor &predicate, const std::function<Tensors()> &then,
                const std::function<Tensors()> &otherwise, Loc loc) {
  OpGuard op("cond", loc);
  Value isTrue = truth(predicate);
  TracedBody first("cond", {}, [&](const Tensors &) { return then(); }),
      second("cond", {}, [&](const Tensors &) { return otherwise(); });
  expectSame(typesOf(first.results), second.results, "tensor", "the second branch");

  // Both take all that either needs.
  std::vector<Value> captured = first.captured, operands{isTrue};
  for (const Value &value : second.captured)
    if (std::none_of(captured.begin(), captured.end(), [&](const Value &known) {
          return known.node.get() == value.node.get() && known.index == value.index;
        }))
      captured.push_back(value);
  std::vector<Value> inputs[2];
  if (first.random || second.random) {
    operands.push_back(randomState(std::max(first.randomCounters, second.randomCounters)));
    for (TracedBody *body : {&first, &second})
      inputs[body == &second].push_back(
          body->random ? body->random : leafValue(operands.back().type(), nullptr));
  }
  append(operands, captured);
  std::vector<bool> tracked;
  for (size_t i = 0; i < first.results.size(); ++i)
    tracked.push_back(first.results[i].tracked() || second.results[i].tracked());
  std::vector<TypeRef> types = typesOf(first.results);
  std::vector<int64_t> numbers;
  for (TracedBody *body : {&first, &second}) {
    append(inputs[body == &second], captured);
    numbers.push_back(int64_t(body->intern(inputs[body == &second], body->results)));
  }
  Ref<Node> node = recordMany(OpId::Cond, types, operands, numbers);
  return resultsOf(node, 0, types.size(), "CondBackward0", tracked);
}

Tensors checkpoint(const std::function<Tensors(const Tensors &)> &f,
                      const Tensors &xs, Loc loc) {
  if (!GradMode::is_enabled())
    return f(xs);
  OpGuard op("checkpoint", loc);
  std::vector<Value> operands = readAll(xs);
  TracedBody body("checkpoint", typesOf(operands), f);
  std::vector<Value> inputs = body.arguments;
  if (body.random) {
    inputs.push_back(body.random);
    operands.push_back(randomState(body.randomCounters));
  }
  append(inputs, body.captured);
  append(operands, body.captured);
  std::vector<TypeRef> types = typesOf(body.results);
  std::vector<bool> tracked = trackedOf(body.results);
  int64_t number = body.intern(std::move(inputs), body.results);
  Ref<Node> node = recordMany(OpId::Checkpoint, types, operands, number);
  return resultsOf(node, 0, types.size(), "CheckpointBackward0", tracked);
}

} // namespace agc
