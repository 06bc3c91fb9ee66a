//===- Control.h - Branches and loops in the graph, recomputation ----------===//
//
// What C++ does with `if` and `for` becomes part of the graph once: these stay in
// it as a branch or loop, whose length and outcome may change from call to call.
// Functions are traced once, on placeholders. Tensors that they use from outside
// are taken in, with gradients. They cannot read values, write in place to tensors
// from outside, or go backward into these (AGC0122); random numbers are other ones
// on each trip. All are differentiable, to any order, and nest.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CONTROL_H
#define AGC_CONTROL_H

#include <agc/Tensor.h>

#include <functional>
#include <utility>

namespace agc {

using Tensors = std::vector<Tensor>;

/// then() if \p predicate is true, otherwise() if not; the other is not computed.
///
/// Shapes: predicate: one element; both functions: as many tensors, alike.
/// Types:  predicate bool; both functions the same.
/// Errors: another predicate; branches that differ (AGC0123).
Tensors cond(const Tensor &predicate, const std::function<Tensors()> &then,
                const std::function<Tensors()> &otherwise, Loc loc = Loc::current());

/// The state after body(state) as long as predicate(state) is true, but at most
/// \p max_trips times. Only trips that are made cost time; the backward goes over
/// these alone, but there is memory for the states of max_trips.
///
/// Shapes: body: the state's own; predicate: one element.
/// Types:  body: the state's own; predicate: bool.
/// Errors: a body that changes a type or shape; another predicate (AGC0123);
///         max_trips below 0.
Tensors while_loop(const std::function<Tensor(const Tensors &)> &predicate,
                      const std::function<Tensors(const Tensors &)> &body,
                      const Tensors &init, int64_t max_trips,
                      Loc loc = Loc::current());

struct ScanOptions {
  /// How many trips, where there are no xs to say so.
  ScanOptions &length(int64_t trips) { return length_ = trips, *this; }
  /// From the last row to the first.
  ScanOptions &reverse(bool on) { return reverse_ = on, *this; }
  std::optional<int64_t> length_;
  bool reverse_ = false;
};

/// What a trip gives: the next carries, and a row of each of the ys.
using ScanStep = std::pair<Tensors, Tensors>;

/// (carries, ys) = body(carries, rows) for each row of \p xs; returns the last
/// carries and the stacks of ys. The backward computes each trip again from the
/// carries that came into it, which are kept once a trip.
///
/// Shapes: xs: dimension 0 is the trips, alike in all. ys: [trips, …].
/// Types:  the carries keep theirs.
/// Errors: a carry that changes its type or shape; xs of different lengths, or
///         neither xs nor a length (AGC0123); a length below 0.
ScanStep scan(const std::function<ScanStep(const Tensors &, const Tensors &)> &body,
              const Tensors &init, const Tensors &xs,
              const ScanOptions &options = {}, Loc loc = Loc::current());

/// f(xs), of which a backward keeps nothing but \p xs: it computes f again.
Tensors checkpoint(const std::function<Tensors(const Tensors &)> &f,
                      const Tensors &xs, Loc loc = Loc::current());

//===----------------------------------------------------------------------===//
// The same for one tensor
//===----------------------------------------------------------------------===//

template <typename Then, typename Otherwise>
  requires std::is_same_v<std::invoke_result_t<Then>, Tensor>
Tensor cond(const Tensor &predicate, Then then, Otherwise otherwise,
            Loc loc = Loc::current()) {
  return cond(predicate, [&] { return Tensors{then()}; },
              [&] { return Tensors{otherwise()}; }, loc)[0];
}

template <typename Predicate, typename Body>
  requires std::is_invocable_v<Body, Tensor>
Tensor while_loop(Predicate predicate, Body body, const Tensor &init,
                  int64_t max_trips, Loc loc = Loc::current()) {
  return while_loop([&](const Tensors &state) { return Tensor(predicate(state[0])); },
                    [&](const Tensors &state) { return Tensors{body(state[0])}; },
                    Tensors{init}, max_trips, loc)[0];
}

/// body(carry, row) returns a pair: the next carry and a row of y.
template <typename Body>
  requires std::is_invocable_v<Body, Tensor, Tensor>
std::pair<Tensor, Tensor> scan(Body body, const Tensor &init, const Tensor &xs,
                               const ScanOptions &options = {},
                               Loc loc = Loc::current()) {
  auto [carry, ys] = scan(
      [&](const Tensors &carries, const Tensors &rows) {
        std::pair<Tensor, Tensor> step = body(carries[0], rows[0]);
        return ScanStep{{step.first}, {step.second}};
      },
      Tensors{init}, Tensors{xs}, options, loc);
  return {carry[0], ys[0]};
}

template <typename F>
  requires std::is_same_v<std::invoke_result_t<F, Tensor>, Tensor>
Tensor checkpoint(F f, const Tensor &x, Loc loc = Loc::current()) {
  return checkpoint([&](const Tensors &xs) { return Tensors{f(xs[0])}; },
                    Tensors{x}, loc)[0];
}

} // namespace agc

#endif
