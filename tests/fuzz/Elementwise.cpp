//===- Elementwise.cpp - What element-wise ops there are, and their domains ===//
#include "tests/fuzz/Elementwise.h"

#include "tests/codegen/Elements.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

#include <cmath>

using namespace mlir;

namespace agc::fuzz {

static constexpr int64_t numSamples = 96;
/// Steeper is not taken: it would be rounding that is compared.
static constexpr double maxSlope = 64, maxMagnitude = 1e4;

ArrayRef<Type> elementTypes() {
  static const SmallVector<Type> types = [] {
    Builder b(&context());
    return SmallVector<Type>{b.getF64Type(), b.getF32Type(), b.getBF16Type(),
                             b.getF16Type(), b.getI64Type(), b.getI32Type(),
                             b.getI8Type(), b.getIntegerType(8, /*isSigned=*/false),
                             b.getI1Type()};
  }();
  return types;
}

/// What an attribute of this name may be, for any op that has one.
static SmallVector<Attribute> choices(StringRef attribute) {
  Builder b(&context());
  SmallVector<Attribute> list;
  if (attribute == "direction")
    for (StringRef direction : {"eq", "ne", "lt", "le", "gt", "ge"})
      list.push_back(b.getStringAttr(direction));
  else if (attribute == "exponent")
    for (int64_t exponent : {-2, -1, 0, 1, 2, 3, 5})
      list.push_back(b.getI64IntegerAttr(exponent));
  return list;
}

Operation *ElementwiseForm::build(OpBuilder &builder, Location loc,
                                  ArrayRef<Value> values) const {
  OperationState state(loc, op);
  state.addOperands(values);
  state.addAttributes(attributes);
  state.addTypes(typeOf(values[0]).clone(result));
  return builder.create(state);
}

std::string ElementwiseForm::name() const {
  std::string text = op;
  for (NamedAttribute attribute : attributes) {
    llvm::raw_string_ostream os(text);
    os << ' ' << attribute.getValue();
  }
  return text;
}

Elementwise::Elementwise() {
  probe();
  compileSampler();
}
Elementwise::~Elementwise() = default;

/// Each combination of attributes.
static SmallVector<SmallVector<NamedAttribute>> combinations(RegisteredOperationName op) {
  SmallVector<SmallVector<NamedAttribute>> all(1);
  for (StringAttr name : op.getAttributeNames()) {
    SmallVector<Attribute> values = choices(name);
    if (values.empty())
      throw std::runtime_error("tests/fuzz/Elementwise.cpp: what may '" + name.str() +
                               "' of " + op.getStringRef().str() + " be?");
    SmallVector<SmallVector<NamedAttribute>> longer;
    for (auto &list : all)
      for (Attribute value : values)
        longer.emplace_back(list).emplace_back(name, value);
    all = std::move(longer);
  }
  return all;
}

/// Operands' and result's types that an op might take.
static std::vector<SmallVector<Type, 4>> signatures() {
  std::vector<SmallVector<Type, 4>> all;
  Type i1 = IntegerType::get(&context(), 1);
  for (Type x : elementTypes()) {
    for (Type z : elementTypes())
      all.push_back({x, z});
    for (Type z : {x, i1})
      all.push_back({x, x, z});
    if (x == i1)
      all.pop_back();
    all.push_back({x, x, x, x});
    if (x != i1)
      all.push_back({i1, x, x, x});
  }
  return all;
}

void Elementwise::probe() {
  ScopedDiagnosticHandler quiet(&context(), [](Diagnostic &) { return success(); });
  Location loc = UnknownLoc::get(&context());
  auto types = signatures();
  OpBuilder builder(&context());
  OwningOpRef<func::FuncOp> function(func::FuncOp::create(loc, "f", builder.getFunctionType({}, {})));
  Block &block = *function->addEntryBlock();
  builder.setInsertionPointToEnd(&block);
  llvm::DenseMap<Type, Value> values;
  for (Type type : elementTypes())
    values[type] = block.addArgument(RankedTensorType::get({2}, type), loc);
  for (RegisteredOperationName op :
       context().getRegisteredOperationsByDialect(ir::AgcDialect::getDialectNamespace())) {
    if (!op.hasInterface<ir::Scalarizes>())
      continue;
    names.push_back(op.getStringRef().str());
    for (auto &attributes : combinations(op))
      for (auto &signature : types) {
        ElementwiseForm form{names.back(), attributes, {}, signature.back()};
        form.operands.assign(signature.begin(), signature.end() - 1);
        SmallVector<Value> operands;
        for (Type type : form.operands)
          operands.push_back(values[type]);
        Operation *built = form.build(builder, loc, operands);
        if (succeeded(verify(built)))
          forms.push_back(std::move(form));
        built->erase();
      }
    if (forms.empty() || forms.back().op != names.back())
      throw std::runtime_error("no operands for " + names.back() + " were found");
  }
}

std::vector<const ElementwiseForm *> Elementwise::of(const std::string &op, unsigned number,
                                                     Type element) const {
  std::vector<const ElementwiseForm *> found;
  for (const ElementwiseForm &form : forms)
    if (form.op == op && number < form.operands.size() && form.operands[number] == element)
      found.push_back(&form);
  return found;
}

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

void Elementwise::compileSampler() {
  OpBuilder b(&context());
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  Type f64 = b.getF64Type();
  auto type = RankedTensorType::get({numSamples}, f64);
  auto bools = RankedTensorType::get({numSamples}, b.getI1Type());
  auto function = func::FuncOp::create(loc, "f", b.getFunctionType({bools, type, type}, {}));
  module->push_back(function);
  Block &block = *function.addEntryBlock();
  b.setInsertionPointToEnd(&block);
  Value one = ir::ConstantOp::create(b, loc, type, b.getF64FloatAttr(1), nullptr);
  SmallVector<Value> results;
  for (const ElementwiseForm &form : forms) {
    if (form.result != f64 || !llvm::is_contained(form.operands, f64) || !llvm::all_of(form.operands, [&](Type t) { return t == f64 || t.isInteger(1); }))
      continue;
    SmallVector<Value> operands;
    unsigned arity = 0;
    for (Type operand : form.operands)
      operands.push_back(block.getArgument(operand == f64 ? ++arity : 0));
    Value z = form.build(b, loc, operands)->getResult(0);
    sampled[form.name()] = {unsigned(results.size()), arity};
    results.push_back(z);
    SmallVector<Value> values{z, one};
    for (unsigned i = 1; i <= arity; ++i)
      values.push_back(block.getArgument(i));
    SmallVector<Type> types(arity, type);
    auto gradient = ir::GradientOp::create(b, loc, types, values, 1);
    llvm::append_range(results, gradient.getResults());
  }
  func::ReturnOp::create(b, loc, results);
  function.setFunctionType(b.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  auto message = ir::writeModule(*module);
  if (failed(message))
    throw std::runtime_error("the sampler is no program");
  sampler = std::make_unique<CompiledProgram>(message->SerializeAsString(), /*reference=*/true);
}

/// Ends, whole numbers, where poles are, and points between.
static void fillSamples(Elements &x, Range range, Random &random, bool isFirst) {
  SmallVector<double> special{range.low, range.high, 0.5 * (range.low + range.high)};
  for (int64_t whole : {0, 1, -1, 2, -2})
    if (range.contains(double(whole)))
      special.push_back(double(whole));
  for (size_t i = 0; i < x.count; ++i)
    if (i < 16) // Corners: each special value of one with each of the other.
      x.set(i, special[(isFirst ? i / 4 : i) % special.size()]);
    else if (isFirst)
      x.set(i, range.low + (range.high - range.low) * double(i - 16) / double(x.count - 17));
    else
      x.set(i, random.uniform(range.low, range.high));
}

/// Facts of what is not arithmetic on floating point.
static std::optional<Facts> factsByType(const ElementwiseForm &form, ArrayRef<Facts> operands) {
  Range all = rangeOf(form.result);
  if (form.operands.size() != 1 || form.result == form.operands[0] ||
      form.result.isInteger(1))
    return Facts{all, 0};
  // A conversion. What does not fit an integer is not defined.
  Range range = operands[0].range;
  bool fits = all.low <= range.low && range.high <= all.high;
  if (isa<FloatType>(form.result))
    return fits ? std::optional(Facts{range, operands[0].slope}) : std::nullopt;
  if (isa<FloatType>(form.operands[0])) {
    // What rounding puts on the other side of a whole number counts, too.
    double far = range.magnitude() * 0x1p-7;
    return fits && range.magnitude() < 0x1p62
               ? std::optional(Facts{{std::max(all.low, std::trunc(range.low - far)),
                                      std::min(all.high, std::trunc(range.high + far))},
                                     0})
               : std::nullopt;
  }
  return Facts{fits ? range : all, 0};
}

std::optional<Facts> Elementwise::sample(const ElementwiseForm &form,
                                         ArrayRef<Facts> operands) const {
  auto found = sampled.find(form.name());
  if (!isa<FloatType>(form.result) || found == sampled.end() ||
      !llvm::is_contained(form.operands, form.result))
    return factsByType(form, operands);
  auto [first, arity] = found->second;
  Random random(1);
  std::vector<Elements> arguments;
  arguments.emplace_back(DType::Bool, size_t(numSamples));
  for (size_t i = 0; i < numSamples; ++i)
    arguments[0].set(i, double(random.below(2)));
  SmallVector<double> slopes;
  for (auto [type, facts] : llvm::zip_equal(form.operands, operands)) {
    if (!isa<FloatType>(type))
      continue;
    Elements &x = arguments.emplace_back(DType::F64, size_t(numSamples));
    fillSamples(x, facts.range, random, slopes.empty());
    slopes.push_back(facts.slope);
  }
  while (arguments.size() < 3)
    fillSamples(arguments.emplace_back(DType::F64, size_t(numSamples)), {0.5, 0.5}, random, true);
  std::vector<Elements> results = run(*sampler, arguments);
  Facts facts{{INFINITY, -INFINITY}, 0};
  for (size_t i = 0; i < numSamples; ++i) {
    double z = results[first].number(i), slope = 0;
    for (unsigned k = 0; k < arity; ++k) {
      double steepness = std::abs(results[first + 1 + k].number(i));
      if (!(steepness <= maxSlope))
        return std::nullopt;
      slope += steepness * slopes[k];
    }
    if (!(std::abs(z) <= maxMagnitude))
      return std::nullopt;
    facts.range = {std::min(facts.range.low, z), std::max(facts.range.high, z)};
    facts.slope = std::max(facts.slope, slope);
  }
  return facts;
}

} // namespace agc::fuzz
