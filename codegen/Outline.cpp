//===- Outline.cpp - A later phase as a graph -------------------------------===//
#include "codegen/Outline.h"

#include "codegen/Passes.h"
#include "ir/Dialect.h"
#include "ir/Serialize.h"
#include "passes/Attention.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

struct Effects {
  bool reads = false, writes = false;
};

class Outliner {
public:
  explicit Outliner(ModuleOp module) : module(module) {}

  proto::Module run();

private:
  ModuleOp module;
  proto::Module message;
  proto::Function *function = nullptr;
  uint32_t numValues = 0;
  DenseMap<Value, uint32_t> numbers; // a tensor's, or of what is in a buffer now
  DenseSet<Value> unread;            // buffers, since they were last written
  DenseMap<Location, uint32_t> locations;

  void addFunction(func::FuncOp op);
  void addArgument(BlockArgument argument, DictionaryAttr attrs, Type type);
  void addResult(Value value, DictionaryAttr attrs);
  void addOp(Operation &op);
  void addCall(func::CallOp call);
  void addLoop(Operation &op);
  Effects effectsOn(Value buffer);
  proto::Node &addNode(Operation &op, const std::string &name);
  void define(proto::Node &node, Value value);
  uint32_t locationOf(Location loc);
};

/// "map_64x32", "reduce_64_over_32": as a kernel of these loops would be called.
std::string nameOf(linalg::GenericOp op) {
  std::string parallel, reduced;
  for (auto [size, type] :
       llvm::zip_equal(op.getStaticLoopRanges(), op.getIteratorTypesArray())) {
    std::string &sizes =
        type == utils::IteratorType::reduction ? reduced : parallel;
    sizes += (sizes.empty() ? "" : "x") + std::to_string(size);
  }
  std::string name = reduced.empty() ? "map" : "reduce";
  if (!parallel.empty())
    name += "_" + parallel;
  return reduced.empty() ? name : name + "_over_" + reduced;
}

bool isView(Operation *op) {
  return isa<ViewLikeOpInterface, UnrealizedConversionCastOp>(op);
}

RankedTensorType tensorOf(Type type) {
  if (auto buffer = dyn_cast<MemRefType>(type))
    return RankedTensorType::get(buffer.getShape(), buffer.getElementType());
  return dyn_cast<RankedTensorType>(type);
}

} // namespace

uint32_t Outliner::locationOf(Location loc) {
  if (isa<UnknownLoc>(loc))
    return 0;
  auto [known, isNew] = locations.try_emplace(loc, message.locations_size() + 1);
  if (isNew)
    writeLocation(loc, *message.add_locations());
  return known->second;
}

proto::Node &Outliner::addNode(Operation &op, const std::string &name) {
  proto::Node &node = *function->add_nodes();
  node.set_op(name);
  node.set_location(locationOf(op.getLoc()));
  return node;
}

void Outliner::define(proto::Node &node, Value value) {
  writeType(tensorOf(value.getType()), *node.add_results());
  numbers[value] = numValues++;
}

void Outliner::addArgument(BlockArgument argument, DictionaryAttr attrs, Type type) {
  proto::Argument &out = *function->add_arguments();
  if (auto name = attrs.getAs<StringAttr>(nameAttr))
    out.set_name(name.str());
  if (auto role = attrs.getAs<StringAttr>(roleAttr))
    out.set_role(readRole(role.getValue()).value_or(proto::ROLE_INPUT));
  writeType(cast<RankedTensorType>(type), *out.mutable_type());
  numbers[argument] = numValues++;
}

void Outliner::addResult(Value value, DictionaryAttr attrs) {
  auto known = numbers.find(value);
  if (known == numbers.end())
    return; // A constant.
  proto::Result &out = *function->add_results();
  out.set_value(known->second);
  if (auto name = attrs.getAs<StringAttr>(nameAttr))
    out.set_name(name.str());
  if (auto updates = attrs.getAs<IntegerAttr>(updatesAttr))
    out.set_updates(updates.getInt() + 1);
}

/// What a kernel does to its argument, or to a view of it.
Effects Outliner::effectsOn(Value buffer) {
  Effects effects;
  for (Operation *user : buffer.getUsers()) {
    if (isView(user)) {
      Effects inner = effectsOn(user->getResult(0));
      effects.reads |= inner.reads;
      effects.writes |= inner.writes;
      continue;
    }
    if (auto call = dyn_cast<func::CallOp>(user)) {
      auto callee = module.lookupSymbol<func::FuncOp>(call.getCallee());
      for (auto [i, operand] : llvm::enumerate(call.getOperands()))
        if (operand == buffer) {
          Effects inner = effectsOn(callee.getArgument(i));
          effects.reads |= inner.reads;
          effects.writes |= inner.writes;
        }
      continue;
    }
    auto known = dyn_cast<MemoryEffectOpInterface>(user);
    effects.reads |= !known || known.getEffectOnValue<MemoryEffects::Read>(buffer);
    effects.writes |= !known || known.getEffectOnValue<MemoryEffects::Write>(buffer);
  }
  return effects;
}

static void addNumber(const char *name, IntegerAttr number, proto::Node &node) {
  if (!number)
    return;
  proto::Attribute &out = *node.add_attributes();
  out.set_name(name);
  out.set_i(number.getInt());
}

/// What the list says of a call: "apart" and "reorder", each why, and "bytes".
static void addAttributes(func::CallOp call, func::FuncOp kernel, proto::Node &node) {
  auto addText = [&](const char *name, StringRef attr) {
    if (auto text = call->getAttrOfType<StringAttr>(attr)) {
      proto::Attribute &out = *node.add_attributes();
      out.set_name(name);
      out.set_s(text.str());
    }
  };
  addText("apart", apartAttr);
  addNumber("bytes", kernel->getAttrOfType<IntegerAttr>(bytesAttr), node);
  addText("reorder", reorderAttr);
}

void Outliner::addCall(func::CallOp call) {
  auto kernel = module.lookupSymbol<func::FuncOp>(call.getCallee());
  proto::Node &node = addNode(*call, call.getCallee().str());
  addAttributes(call, kernel, node);
  llvm::SmallSetVector<Value, 8> read, written;
  for (auto [i, operand] : llvm::enumerate(call.getOperands())) {
    if (!isa<MemRefType>(operand.getType()))
      continue;
    Effects effects = effectsOn(kernel.getArgument(i));
    // What was written and nobody has read is a part of what is there now.
    if (effects.reads || (effects.writes && unread.contains(operand)))
      read.insert(operand);
    if (effects.writes)
      written.insert(operand);
  }
  for (Value value : read) {
    unread.erase(value);
    if (auto known = numbers.find(value); known != numbers.end())
      node.add_operands(known->second);
  }
  for (Value value : written) {
    define(node, value);
    unread.insert(value);
  }
}

/// The buffer that a body's operand is, or is a part of.
static Value bufferOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<memref::SubViewOp, UnrealizedConversionCastOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// A loop or branch around calls of bodies, as one node with the first's name, which are
/// made so many "trips" at most.
void Outliner::addLoop(Operation &op) {
  SmallVector<func::CallOp> calls;
  llvm::SmallSetVector<Value, 8> read, written;
  op.walk([&](func::CallOp call) {
    auto body = module.lookupSymbol<func::FuncOp>(call.getCallee());
    calls.push_back(call);
    // The last is the body's workspace.
    for (auto [i, operand] : llvm::enumerate(call.getOperands().drop_back())) {
      Value buffer = bufferOf(operand);
      if (!isa<MemRefType>(operand.getType()) ||
          op.isAncestor(buffer.getParentBlock()->getParentOp()))
        continue; // A carry: the loop's own operand.
      Effects effects = effectsOn(body.getArgument(i));
      if (effects.reads)
        read.insert(buffer);
      if (effects.writes)
        written.insert(buffer);
    }
  });
  // Carries begin in the first of three places and end in one of the others.
  unsigned place = 0;
  for (Value operand : op.getOperands())
    if (isa<MemRefType>(operand.getType()))
      (place++ % 3 ? written : read).insert(bufferOf(operand));
  if (calls.empty())
    return;
  proto::Node &node = addNode(op, calls.front().getCallee().str());
  for (func::CallOp call : calls)
    node.add_regions(call.getCallee().str());
  addNumber("trips", calls.front()->getAttrOfType<IntegerAttr>(tripsAttr), node);
  for (Value value : read)
    if (auto known = numbers.find(value); known != numbers.end())
      node.add_operands(known->second);
  for (Value value : written)
    if (tensorOf(value.getType()))
      define(node, value);
}

void Outliner::addOp(Operation &op) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return addCall(call);
  bool isTensor = llvm::any_of(op.getResultTypes(), llvm::IsaPred<RankedTensorType>);
  if (!isTensor && op.getNumRegions())
    return addLoop(op);
  if (!isTensor || isa<tensor::EmptyOp>(op))
    return;
  auto generic = dyn_cast<linalg::GenericOp>(op);
  proto::Node &node =
      addNode(op, generic ? nameOf(generic) : op.getName().stripDialect().str());
  // Operands, and what its body looks up.
  llvm::SmallSetVector<Value, 8> read;
  op.walk([&](Operation *inner) {
    read.insert(inner->operand_begin(), inner->operand_end());
  });
  for (Value value : read)
    if (auto known = numbers.find(value); known != numbers.end())
      node.add_operands(known->second);
  for (Value result : op.getResults())
    if (isa<RankedTensorType>(result.getType()))
      define(node, result);
}

void Outliner::addFunction(func::FuncOp op) {
  function = message.add_functions();
  function->set_name(op.getName().str());
  numValues = 0;
  numbers.clear();
  unread.clear();
  if (auto found = op->getAttrOfType<ArrayAttr>(attention::foundAttr))
    for (StringAttr text : found.getAsRange<StringAttr>()) {
      proto::Metadata &entry = *message.add_metadata();
      entry.set_key("attention");
      entry.set_value(text.str());
    }
  bool isList = bool(op->getAttr(stepAttr));
  SmallVector<Value> results; // in a list: buffers, the workspace last
  for (BlockArgument argument : op.getArguments()) {
    DictionaryAttr attrs = op.getArgAttrDict(argument.getArgNumber());
    auto type = attrs ? attrs.getAs<TypeAttr>("agc.type") : TypeAttr();
    if (isList && !type)
      results.push_back(argument);
    else
      addArgument(argument, attrs ? attrs : DictionaryAttr::get(op.getContext()),
                  isList ? type.getValue() : argument.getType());
  }
  for (Operation &inner : op.getBody().front().without_terminator())
    addOp(inner);
  if (!isList) {
    for (OpOperand &operand : op.getBody().front().getTerminator()->getOpOperands()) {
      DictionaryAttr attrs = op.getResultAttrDict(operand.getOperandNumber());
      addResult(operand.get(), attrs ? attrs : DictionaryAttr::get(op.getContext()));
    }
    return;
  }
  auto next = results.begin();
  for (Attribute attr : op->getAttrOfType<ArrayAttr>("agc.results")) {
    auto attrs = cast<DictionaryAttr>(attr);
    auto updates = attrs.getAs<IntegerAttr>(updatesAttr);
    addResult(updates ? Value(op.getArgument(updates.getInt())) : *next++, attrs);
  }
}

proto::Module Outliner::run() {
  message.set_name(module.getName().value_or("").str());
  for (auto op : module.getOps<func::FuncOp>())
    // Those that are private are kernels, and bodies before they are lists.
    if (!op.isPrivate() || (op->hasAttr(bodyAttr) && op->hasAttr(stepAttr)))
      addFunction(op);
  return std::move(message);
}

proto::Module outline(ModuleOp module) { return Outliner(module).run(); }

} // namespace agc
