#include "frontend/core/Anomaly.h"

#include "frontend/core/TensorImpl.h"

#include "ir/graph.pb.h"
#include "runtime/core/Convert.h"
#include "runtime/core/abi.h"
#include "runtime/jit/CompilerLibrary.h"
#include "runtime/jit/Executable.h"

#include <agc/Autograd.h>
#include <agc/StrictFp.h>

#include <atomic>
#include <cmath>
#include <map>

namespace agc {
namespace {
std::atomic<bool> enabled = false, checksNan = true; // of all threads
} // namespace

bool autograd::AnomalyMode::is_enabled() { return enabled; }
bool autograd::AnomalyMode::should_check_nan() { return checksNan; }
void autograd::AnomalyMode::set_enabled(bool on, bool check_nan) {
  enabled = on;
  checksNan = check_nan;
}

autograd::DetectAnomalyGuard::DetectAnomalyGuard(bool check_nan)
    : before(AnomalyMode::is_enabled()), checkedBefore(AnomalyMode::should_check_nan()) {
  AnomalyMode::set_enabled(true, check_nan);
}
autograd::DetectAnomalyGuard::~DetectAnomalyGuard() {
  AnomalyMode::set_enabled(before, checkedBefore);
}

namespace detail {

bool looksForNan() { return enabled && checksNan; }

namespace {

class NanSearch {
public:
  NanSearch(proto::Module expanded)
      : module(std::move(expanded)), function(*module.mutable_functions()->rbegin()) {}

  void run(std::span<void *const> arguments) {
    if (!returnAll())
      return;
    CompileOptions options;
    options.function = function.name();
    options.strict = get_strict_fp();
    agc_failure failure{};
    std::vector<void *> pointers;
    for (const BufferRef &buffer : buffers)
      pointers.push_back(buffer->data());
    if (findExecutable(module, options)->run(arguments.data(), pointers.data(), failure))
      return; // A bad index: the function itself will say so.
    for (const proto::Node &node : function.nodes())
      if (isBackward(node) && makesNan(node))
        fail(originOf(node));
  }

private:
  proto::Module module;
  proto::Function &function;
  std::vector<BufferRef> buffers;
  struct Known {
    const proto::Node *producer = nullptr; // null: an argument
    int buffer = -1;                       // none: not floating point
    TypeRef type = nullptr;
  };
  std::vector<Known> values;
  std::map<const proto::Node *, uint32_t> firstResult;

  bool isBackward(const proto::Node &node) const {
    return node.location() &&
           !module.locations(int(node.location()) - 1).gradient_of().empty();
  }

  /// Makes every number a result. False if there is no backward.
  bool returnAll() {
    bool hasBackward = false;
    function.clear_results();
    values.resize(size_t(function.arguments_size()));
    for (const proto::Node &node : function.nodes()) {
      hasBackward |= isBackward(node);
      firstResult[&node] = uint32_t(values.size());
      for (const proto::TensorType &type : node.results()) {
        Known known{&node, -1,
                    typeOf(static_cast<DType>(type.dtype()),
                           std::vector<int64_t>(type.shape().begin(), type.shape().end()))};
        if (info(known.type->dtype).isFloat) {
          known.buffer = int(buffers.size());
          buffers.push_back(allocate(known.type));
          proto::Result &result = *function.add_results();
          result.set_name("v" + std::to_string(values.size()));
          result.set_value(uint32_t(values.size()));
        }
        values.push_back(known);
      }
    }
    return hasBackward;
  }

  bool isNan(uint32_t value) const {
    const Known &known = values[value];
    if (known.buffer < 0)
      return false;
    const void *data = buffers[size_t(known.buffer)]->data();
    for (int64_t i = 0; i < known.type->numel; ++i)
      if (std::isnan(loadNumber(data, known.type->dtype, i)))
        return true;
    return false;
  }

  bool makesNan(const proto::Node &node) const {
    uint32_t first = firstResult.at(&node);
    for (uint32_t i = 0; i < uint32_t(node.results_size()); ++i)
      if (isNan(first + i))
        return true;
    return false;
  }

  /// The node whose result is NaN and whose operands are not.
  const proto::Node &originOf(const proto::Node &from) const {
    const proto::Node *node = &from;
    for (bool moved = true; moved;) {
      moved = false;
      for (uint32_t operand : node->operands())
        if (isNan(operand)) {
          node = values[operand].producer;
          moved = true;
          break;
        }
    }
    return *node;
  }

  [[noreturn]] void fail(const proto::Node &node) const {
    std::string position, of;
    if (node.location()) {
      const proto::Location &location = module.locations(int(node.location()) - 1);
      if (location.line())
        position = location.file() + ":" + std::to_string(location.line()) + ":" +
                   std::to_string(location.column());
      of = location.gradient_of();
    }
    throw Error("AGC0124",
                "a gradient is NaN, and the first NaN is " +
                    (of.empty() ? "the result of 'agc." + node.op() + "'"
                                : "in the backward of '" + of + "'"),
                position);
  }
};

} // namespace

void expectNoNan(const proto::Module &traced, std::span<void *const> arguments) {
  std::string bytes;
  throwIf(compiler().rewrite(traced.SerializeAsString(), Phase::Gradient, bytes));
  proto::Module expanded;
  if (!expanded.ParseFromString(bytes) || expanded.functions().empty())
    throw Error("AGC0204", "the compiler gave back a module that cannot be read");
  NanSearch(std::move(expanded)).run(arguments);
}

} // namespace detail
} // namespace agc
