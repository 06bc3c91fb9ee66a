//===- Vmap.cpp - A function of one example for a batch of them ------------===//
//
// The function is traced on one example; the compiler expands its gradients and
// asks each op for its form on a batch. The result stands in the graph as one
// node, and is found again by the function's structure.
//
//===----------------------------------------------------------------------===//
#include "frontend/core/Build.h"
#include "frontend/core/Inlined.h"

#include <agc/Transforms.h>

namespace agc::detail {
namespace {

Value moveDim(const Value &x, int64_t from, int64_t to) {
  Dims order = allDims(x.rank());
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return transpose(x, order);
}

int64_t wrapped(int64_t dim, int64_t rank) {
  if (dim < -rank || dim >= rank)
    fail("AGC0104", rank ? "expects a dimension in [" + std::to_string(-rank) + ", " +
                               std::to_string(rank - 1) + "], got " + std::to_string(dim)
                         : "expects a dimension to map over, got shape []");
  return dim < 0 ? dim + rank : dim;
}

} // namespace

std::vector<Tensor> vmapCall(const TensorsFunction &f, const std::vector<Tensor> &inputs,
                             std::vector<std::optional<int64_t>> inDims,
                             int64_t outDim, Loc loc) {
  OpGuard op("vmap", loc);
  if (inDims.empty())
    inDims.assign(inputs.size(), 0);
  if (inDims.size() != inputs.size())
    fail("AGC0104", "expects one of in_dims for each of " + std::to_string(inputs.size()) +
                        " inputs, got " + std::to_string(inDims.size()));
  int64_t size = -1;
  std::vector<Value> operands;
  std::vector<TypeRef> types; // of one example
  std::vector<uint32_t> batched;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value x = read(inputs[i]);
    types.push_back(x.type());
    if (inDims[i]) {
      x = moveDim(x, wrapped(*inDims[i], x.rank()), 0);
      if (size >= 0 && x.shape()[0] != size)
        fail("AGC0103", "expects inputs of one size along in_dims, got " +
                            std::to_string(size) + " and " + std::to_string(x.shape()[0]));
      size = x.shape()[0];
      types.back() = withShape(x.type(), Dims(x.shape().begin() + 1, x.shape().end()));
      batched.push_back(uint32_t(i));
    }
    operands.push_back(x);
  }
  if (batched.empty())
    fail("AGC0104", "expects at least one input to map over");

  TracedBody body("vmap", types, f);
  if (body.random)
    fail("AGC0122", "expects a function that draws no random numbers: draw them "
                    "before, and give them as an argument");
  std::vector<Tensor> results;
  for (const Value &value : recordInlined(body, operands, batched, size))
    results.push_back(wrap(moveDim(value, 0, wrapped(outDim, value.rank())), "VmapBackward0"));
  return results;
}

} // namespace agc::detail
