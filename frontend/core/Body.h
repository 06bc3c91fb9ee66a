//===- Body.h - Functions traced for themselves ---------------------------===//
//
// The body of a loop or branch, or a function to be transformed: the user's
// function is traced once, on placeholders, into a segment of its own.
// Tensors that it uses from outside are operands of the node that gets the body.
// Equal bodies have one number, which the node holds: the key of what is compiled
// sees it, and a body met again costs its tracing alone.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_BODY_H
#define AGC_FRONTEND_CORE_BODY_H

#include "frontend/core/Segment.h"

namespace agc::detail {

/// A body being traced, from construction on. Bodies nest.
class BodyTrace {
public:
  explicit BodyTrace(const char *name);
  ~BodyTrace();
  BodyTrace(const BodyTrace &) = delete;
  BodyTrace &operator=(const BodyTrace &) = delete;

  /// An argument of the body: tracked, if gradients are on.
  Tensor argument(TypeRef type);
  bool isOutside(const Value &value) const;

  /// Random numbers are other ones on each trip: the state is an argument.
  Value randomState();
  void advanceRandom(Value next, uint64_t counters);

  const char *const name;
  const uint64_t id;

private:
  friend struct TracedBody;
  uint64_t first; // what was recorded last before
  BodyTrace *outer;
  std::vector<Value> arguments;
  Value random, randomNow;
  uint64_t randomCounters = 0;
};

/// A body that was traced.
struct TracedBody {
  Segment segment;
  std::vector<Value> arguments, results;
  std::vector<Value> captured; // from outside, in order of use
  /// If it draws random numbers: the state as argument and after, and how far.
  Value random, randomNow;
  uint64_t randomCounters = 0;

  using Function = std::function<std::vector<Tensor>(const std::vector<Tensor> &)>;
  /// Errors: what a body cannot do (AGC0122).
  TracedBody(const char *name, const std::vector<TypeRef> &types,
             const Function &function);

  /// The body's number, with these arguments and results, in order.
  uint32_t intern(std::vector<Value> inputs, std::vector<Value> outputs);
};

/// The body with this number: the last function of its module, whose others are
/// bodies within. Positions are those of the first trace.
const proto::Module &bodyModule(uint32_t number);
/// How many checks a node makes, with those in its bodies.
int64_t checksOf(const Node &node);

/// 0 outside of any.
uint64_t currentBody();
/// Errors: a body is being traced: it "cannot \p what".
void refuseInBody(const std::string &what);
/// Whether a body is being traced and \p value is not its own.
bool isOutsideBody(const Value &value);

} // namespace agc::detail

#endif
