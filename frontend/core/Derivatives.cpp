//===- Derivatives.cpp - Forward derivatives, Jacobians, Hessians ----------===//
//
// A forward derivative is a gradient of a gradient: what grad() returns is linear
// in the cotangents it is given, and its own gradient with respect to those is
// the tangent. The compiler drops what only the cotangents needed. All is traced
// on placeholders, so that gradients can be asked of inputs that have none.
//
//===----------------------------------------------------------------------===//
#include "frontend/core/Build.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Inlined.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>
#include <agc/Transforms.h>

namespace agc::detail {
namespace {

using Tensors = std::vector<Tensor>;

Tensor only(const char *name, const Tensors &outputs, Loc loc) {
  if (outputs.size() != 1)
    throw Error("AGC0104",
                std::string("'agc.") + name + "' expects a function of one result, got " +
                    std::to_string(outputs.size()),
                positionText(loc));
  return outputs.front();
}

/// With gradients on, whatever the caller has: they are what is asked for.
TracedBody traced(const char *name, const std::vector<TypeRef> &types,
                  const TracedBody::Function &f) {
  AutoGradMode on(true);
  return TracedBody(name, types, f);
}

/// Further arguments of the body being traced: any cotangents will do.
Tensors anyCotangents(const Tensors &like) {
  Tensors list;
  for (const Tensor &y : like)
    list.push_back(recorder().body->argument(read(y).type()));
  return list;
}

/// How \p outputs change as \p inputs move along \p tangents, within a body.
Tensors pushForward(const Tensors &outputs, const Tensors &inputs,
                    const Tensors &tangents, Loc loc) {
  Tensors reached, derivatives(outputs.size());
  for (const Tensor &y : outputs)
    if (y.requires_grad())
      reached.push_back(y);
  Tensors linear, along, changes(reached.size());
  if (!reached.empty()) {
    Tensors cotangents = anyCotangents(reached);
    Tensors gradients = autograd::grad(reached, inputs, cotangents, true, true, true, loc);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined() && gradients[i].requires_grad()) {
        linear.push_back(gradients[i]);
        along.push_back(tangents[i]);
      }
    if (!linear.empty())
      changes = autograd::grad(linear, cotangents, along, true, true, true, loc);
  }
  for (size_t i = 0, k = 0; i < outputs.size(); ++i) {
    if (outputs[i].requires_grad())
      derivatives[i] = changes[k++];
    if (!derivatives[i].defined())
      derivatives[i] = agc::zeros_like(outputs[i]);
  }
  return derivatives;
}

/// Operands for what \p anyCotangents made.
void appendZeros(std::vector<Value> &operands, const TracedBody &body) {
  while (operands.size() < body.arguments.size())
    operands.push_back(constant(body.arguments[operands.size()].type(), 0));
}

Dims joined(IntArrayRef a, IntArrayRef b) {
  Dims all = a.vec();
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

/// For each element of \p type one tensor of it: 1 there, else 0.
Value basisOf(TypeRef type) {
  return read(agc::eye(type->numel, type->dtype).reshape(joined(type->numel, type->shape)));
}

/// All derivatives of what \p f gives with respect to \p x, [y…, x…].
Tensor derivativesOf(const char *name, const TensorsFunction &f, const Tensor &x,
                     bool forwardAlways, Loc loc) {
  Value input = read(x);
  expectFloat(input);
  bool forward = true, constantResult = false;
  TypeRef result = nullptr;
  TracedBody body = traced(name, {input.type()}, [&](const Tensors &xs) -> Tensors {
    Tensor y = only(name, f(xs), loc);
    result = read(y).type();
    constantResult = !y.requires_grad();
    forward = forwardAlways || input.type()->numel < result->numel;
    if (constantResult)
      return {};
    Tensor direction = recorder().body->argument(forward ? input.type() : result);
    if (forward)
      return pushForward({y}, xs, {direction}, loc);
    Tensor dx = autograd::grad({y}, xs, {direction}, true, true, true, loc).front();
    return {dx.defined() ? dx : agc::zeros_like(x)};
  });
  Dims shape = joined(result->shape, input.shape());
  if (constantResult)
    return agc::zeros(shape, result->dtype);
  std::vector<Value> operands{input, basisOf(body.arguments[1].type())};
  appendZeros(operands, body);
  Value rows = recordInlined(body, operands, {1}, operands[1].shape()[0])[0];
  Tensor all = wrap(rows, "VmapBackward0");
  if (!forward) // [y's elements, x…]
    return all.reshape(shape);
  return agc::movedim(all, int64_t(0), int64_t(-1)).reshape(shape); // from [x's elements, y…]
}

} // namespace

std::pair<Tensors, Tensors> jvpCall(const TensorsFunction &f, const Tensors &primals,
                                    const Tensors &tangents, Loc loc) {
  OpGuard op("jvp", loc);
  size_t count = primals.size();
  if (count != tangents.size())
    fail("AGC0104", "expects a tangent for each of " + std::to_string(count) +
                        " inputs, got " + std::to_string(tangents.size()));
  std::vector<Value> operands;
  std::vector<TypeRef> types;
  for (const Tensors *list : {&primals, &tangents})
    for (const Tensor &tensor : *list) {
      operands.push_back(read(tensor));
      types.push_back(operands.back().type());
    }
  for (size_t i = 0; i < count; ++i) {
    expectFloat(operands[i]);
    if (types[i] != types[count + i])
      fail("AGC0103", "expects a tangent of its input's shape and dtype, " +
                          shapeText(types[i]->shape) + " and " + dtypeName(types[i]->dtype) +
                          ", got " + shapeText(types[count + i]->shape) + " and " +
                          dtypeName(types[count + i]->dtype));
  }
  TracedBody body = traced("jvp", types, [&](const Tensors &arguments) {
    auto middle = arguments.begin() + ptrdiff_t(count);
    Tensors inputs(arguments.begin(), middle), directions(middle, arguments.end());
    Tensors outputs = f(inputs), changes = pushForward(outputs, inputs, directions, loc);
    outputs.insert(outputs.end(), changes.begin(), changes.end());
    return outputs;
  });
  appendZeros(operands, body);
  Tensors values, changes;
  for (const Value &value : recordInlined(body, operands))
    (values.size() < body.results.size() / 2 ? values : changes)
        .push_back(wrap(value, "JvpBackward0"));
  return {values, changes};
}

Tensor jacobianCall(const TensorsFunction &f, const Tensor &x, Loc loc) {
  OpGuard op("jacobian", loc);
  return derivativesOf("jacobian", f, x, /*forwardAlways=*/false, loc);
}

Tensor hessianCall(const TensorsFunction &f, const Tensor &x, Loc loc) {
  OpGuard op("hessian", loc);
  auto gradient = [&](const Tensors &at) {
    Tensor y = only("hessian", f(at), loc);
    if (y.numel() != 1)
      throw Error("AGC0114",
                  "'agc.hessian' expects a function of one element, got shape " +
                      shapeText(y.sizes()),
                  positionText(loc));
    Tensor dx;
    if (y.requires_grad())
      dx = autograd::grad({y}, at, {}, true, true, true, loc).front();
    return Tensors{dx.defined() ? dx : agc::zeros_like(at.front())};
  };
  return derivativesOf("hessian", gradient, x, /*forwardAlways=*/true, loc);
}

Tensors listOf(Tensor tensor) { return {std::move(tensor)}; }
Tensors listOf(Tensors tensors) { return tensors; }

} // namespace agc::detail

namespace agc {

std::pair<std::vector<Tensor>, std::vector<Tensor>>
jvp(const detail::TensorsFunction &f, const std::vector<Tensor> &xs,
    const std::vector<Tensor> &tangents, Loc loc) {
  return detail::jvpCall(f, xs, tangents, loc);
}

} // namespace agc
