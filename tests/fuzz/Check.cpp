//===- Check.cpp - What must hold of every program -------------------------===//
#include "tests/fuzz/Check.h"

#include "runtime/core/ThreadPool.h"
#include "tests/fuzz/Differences.h"
#include "tests/fuzz/Rounding.h"

#include "mlir/IR/Verifier.h"

#include "llvm/Support/Format.h"

#include <cmath>
#include <set>

using namespace mlir;

namespace agc::fuzz {
namespace {

struct Fault {
  std::string kind, detail;
};

std::string rewritten(const std::string &bytes, Phase phase) {
  std::string result;
  if (CompilerError error = agcGetCompiler()->rewrite(bytes, phase, result))
    throw Fault{"compilation", error.message};
  return result;
}

OwningOpRef<ModuleOp> parsed(const std::string &bytes) {
  auto module = ir::readModule(bytes, context());
  if (!module)
    throw Fault{"serialized form", "what was written cannot be read"};
  return module;
}

class Checker {
public:
  Checker(const Graph &graph, const CheckOptions &options)
      : graph(graph), options(options), program(withGradients(graph, options.order)) {}

  CheckResult run();

private:
  const Graph &graph;
  const CheckOptions &options;
  Program program;
  CheckResult result;
  std::string bytes; // of what is compiled
  std::string cpu;
  std::unique_ptr<CompiledProgram> compiled, reference;

  void checkForms();
  void compile();
  void checkThreads();
  void checkLimit();
  void checkAgainstReference();
  void checkGradients(int order);

  /// The reference's results, moved by \p amount units of rounding.
  std::vector<Elements> referenceResults(std::vector<Elements> &arguments, double amount,
                                         double phase) {
    arguments.emplace_back(DType::F64, 1).set(0, amount);
    arguments.emplace_back(DType::F64, 1).set(0, phase);
    std::vector<Elements> results = agc::run(*reference, arguments);
    arguments.pop_back();
    arguments.pop_back();
    return results;
  }
};

} // namespace

void Checker::checkForms() {
  if (failed(verify(*program.module)))
    throw Fault{"text", "the graph does not verify"};
  auto print = [](ModuleOp module) {
    std::string text;
    llvm::raw_string_ostream os(text);
    module.print(os);
    return text;
  };
  std::string text = print(*program.module);
  auto again = parseSourceString<ModuleOp>(text, &context());
  if (!again || print(*again) != text)
    throw Fault{"text", again ? print(*again) : "what was printed cannot be read"};
  std::string bytes = bytesOf(*program.module), expanded = rewritten(bytes, Phase::Gradient);
  if (rewritten(bytes, Phase::Graph) != bytes)
    throw Fault{"serialized form", "comes back as something else"};
  if (rewritten(expanded, Phase::Graph) != expanded)
    throw Fault{"serialized form", "comes back as something else, gradients expanded"};
}

void Checker::compile() {
  bytes = bytesOf(*program.module);
  auto expanded = parsed(rewritten(bytes, Phase::Gradient));
  if (options.breakBoth) {
    options.breakBoth(*expanded);
    bytes = bytesOf(*expanded);
  }
  if (options.breakCompiled) {
    OwningOpRef<ModuleOp> broken = parsed(rewritten(bytes, Phase::Gradient));
    options.breakCompiled(*broken);
    bytes = bytesOf(*broken);
  }
  addRounding(*expanded);
  // One graph in eight on the smallest machine there is.
  cpu = graph.seed % 8 ? "native" : "x86-64";
  try {
    compiled = std::make_unique<CompiledProgram>(bytes, /*reference=*/false, cpu, /*maxWorkspaceBytes=*/-1,
                                                 /*strict=*/false, AttentionForming::Always);
    reference = std::make_unique<CompiledProgram>(bytesOf(*expanded), /*reference=*/true);
  } catch (std::runtime_error &error) {
    throw Fault{"compilation", error.what()};
  }
}

/// With three quarters of the workspace, where that can be done: the same bits.
void Checker::checkLimit() {
  int64_t limit = int64_t(compiled->manifest.workspace_bytes()) * 3 / 4;
  std::unique_ptr<CompiledProgram> tight;
  try {
    tight = std::make_unique<CompiledProgram>(bytes, /*reference=*/false, cpu, limit, /*strict=*/false,
                                              AttentionForming::Always);
  } catch (std::runtime_error &error) {
    if (std::string(error.what()).find("can be computed again is not kept") == std::string::npos)
      throw Fault{"less memory", error.what()};
    return;
  }
  if (int64_t(tight->manifest.workspace_bytes()) > limit)
    throw Fault{"less memory", "is more than the limit"};
  std::vector<Elements> arguments = drawArguments(program, graph.seed, /*rounded=*/true);
  std::vector<Elements> expected = agc::run(*compiled, arguments), got = agc::run(*tight, arguments);
  for (size_t r = 0; r < got.size(); ++r)
    if (!got[r].sameBits(expected[r]))
      throw Fault{"less memory", "result " + std::to_string(r) + " differs"};
}

void Checker::checkThreads() {
  ThreadPool two(2), three(3);
  std::vector<Elements> arguments = drawArguments(program, graph.seed, /*rounded=*/true);
  std::vector<Elements> alone = agc::run(*compiled, arguments);
  for (const agc_executor *executor : {backwardExecutor(), two.executor(), three.executor()}) {
    std::vector<Elements> split = agc::run(*compiled, arguments, executor);
    for (size_t r = 0; r < alone.size(); ++r)
      if (!alone[r].sameBits(split[r]))
        throw Fault{"threads", "result " + std::to_string(r) + " depends on the split"};
  }
}

/// How far apart two elements are; 0 if both are the same kind of not finite.
static double distance(const Elements &a, const Elements &b, size_t i) {
  if (!a.isFloat()) // exactly: an i64 may be no double
    return a.integer(i) == b.integer(i)
               ? 0
               : std::max(1.0, std::abs(double(a.integer(i)) - double(b.integer(i))));
  double x = a.number(i), y = b.number(i);
  if (x == y || (std::isnan(x) && std::isnan(y)))
    return 0;
  return std::isnan(x - y) ? INFINITY : std::abs(x - y);
}

void Checker::checkAgainstReference() {
  // What a unit of rounding at each op makes at the end, times 32: sums of many
  // are off by more. The reference itself would round single units away.
  constexpr double numUnits = 8, times = 4;
  std::vector<Elements> arguments = drawArguments(program, graph.seed, /*rounded=*/true);
  std::vector<Elements> actual = agc::run(*compiled, arguments);
  std::vector<Elements> exact = referenceResults(arguments, 0, 0);
  std::vector<double> allowed(exact.size(), 0);
  for (double phase : {0.3, 2.2, 4.1}) {
    std::vector<Elements> moved = referenceResults(arguments, numUnits, phase);
    for (size_t r = 0; r < exact.size(); ++r)
      for (size_t i = 0; i < exact[r].count; ++i)
        allowed[r] = std::max(allowed[r], times * distance(exact[r], moved[r], i));
  }
  for (size_t r = 0; r < exact.size(); ++r)
    for (size_t i = 0; i < exact[r].count; ++i) {
      if (exact[r].isFloat() && !std::isfinite(exact[r].number(i)))
        result.isFinite = false;
      // What is not exact is rounded at the end at least.
      double unit = actual[r].dtype == DType::F64   ? 0x1p-52
                    : actual[r].dtype == DType::F32 ? 0x1p-23
                    : actual[r].dtype == DType::F16 ? 0x1p-10
                                                    : 0x1p-7;
      double least = allowed[r] > 0 && exact[r].isFloat() ? 2 * unit * std::abs(exact[r].number(i)) : 0;
      if (!(distance(exact[r], actual[r], i) <= std::max(allowed[r], least))) {
        std::string text;
        llvm::raw_string_ostream(text)
            << "result " << r << ", element " << i << ": expected "
            << llvm::format("%.17g", exact[r].number(i)) << " within "
            << llvm::format("%.3g", allowed[r]) << ", got "
            << llvm::format("%.17g", actual[r].number(i));
        throw Fault{"reference", text};
      }
    }
}

void Checker::checkGradients(int order) {
  // Where some values are at a kink, others need not be.
  Slope slope;
  for (uint64_t draw = 1; draw <= 4; ++draw) {
    slope = measureSlope(*reference, program, order, graph.seed + (draw << 32));
    if (slope.isMeasured && slope.agrees)
      break;
  }
  result.hasDifferences |= slope.isMeasured;
  if (slope.isMeasured && !slope.agrees) {
    std::string text;
    llvm::raw_string_ostream(text) << "the gradient's slope is " << llvm::format("%.12g", slope.gradient)
                                   << ", that of differences "
                                   << llvm::format("%.12g", slope.difference);
    throw Fault{order == 1 ? "gradient" : "second gradient", text};
  }
}

/// Whether two updates may be put in one place.
static bool mayCollide(ir::ScatterOp op) {
  RankedTensorType index = typeOf(op.getIndex());
  int64_t numBatches = 1;
  for (int64_t size : index.getShape().take_front(op.getBatch()))
    numBatches *= size;
  if (op.getMode() != "set" || index.getNumElements() <= numBatches)
    return false;
  auto constant = op.getIndex().getDefiningOp<ir::ConstantOp>();
  if (!constant || !constant.getData())
    return true;
  int64_t n = typeOf(op.getBase()).getDimSize(unsigned(op.getBatch()));
  std::set<std::pair<int64_t, int64_t>> places;
  for (auto [i, at] : llvm::enumerate(constant.getElements().getValues<int64_t>()))
    places.insert({int64_t(i) / (index.getNumElements() / numBatches), std::clamp<int64_t>(at, 0, n - 1)});
  return int64_t(places.size()) < index.getNumElements();
}

bool hasDerivatives(const Graph &graph) {
  bool result = true;
  graph.module.get().walk([&](Operation *op) {
    auto scatter = dyn_cast<ir::ScatterOp>(op);
    result &= !isa<ir::StopGradientOp>(op) && !(scatter && mayCollide(scatter));
  });
  return result;
}

CheckResult Checker::run() {
  try {
    checkForms();
    compile();
    checkThreads();
    if (graph.seed % 4 == 1)
      checkLimit();
    checkAgainstReference();
    for (int order = 1; order <= program.order && hasDerivatives(graph); ++order)
      checkGradients(order);
  } catch (Fault &fault) {
    result.failure = fault.kind;
    result.detail = fault.detail;
  } catch (std::exception &error) { // from running it (Elements.h)
    result.failure = "execution";
    result.detail = error.what();
  }
  return result;
}

CheckResult check(const Graph &graph, const CheckOptions &options) {
  return Checker(graph, options).run();
}

} // namespace agc::fuzz
