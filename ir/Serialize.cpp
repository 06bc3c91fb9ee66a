//===- Serialize.cpp - The dialect to protobuf and back --------------------===//
//
// Generic over ops: what an op is called, takes and gives is all there is to
// know here. Checks everything on the way in; the dialect's verifiers do the
// rest.
//
//===----------------------------------------------------------------------===//
#include "ir/Serialize.h"

#include "ir/Dialect.h"
#include "ir/Initial.h"
#include "ir/Names.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace agc::ir {

/// Tensors of higher rank are refused: nobody means them.
static constexpr int maxRank = 64;
/// So are bodies within bodies: what walks them may recurse so deep.
static constexpr unsigned maxDepth = 32;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

class Reader {
public:
  Reader(const proto::Module &message, MLIRContext &context)
      : message(message), context(context), builder(&context),
        unknown(UnknownLoc::get(&context)) {
    context.loadDialect<AgcDialect, func::FuncDialect>();
  }

  OwningOpRef<ModuleOp> read();

private:
  const proto::Module &message;
  MLIRContext &context;
  OpBuilder builder;
  Location unknown;
  SmallVector<Location> locations;
  /// Of each function that is a body: how many nodes have it, and, once it was
  /// read, its block's region and how deep bodies lie in it.
  struct Body {
    unsigned uses = 0, depth = 0;
    func::FuncOp function;
  };
  llvm::StringMap<Body> bodies;
  unsigned depth = 0; // of the function being read

  LogicalResult countBodies();
  LogicalResult takeBodies(const proto::Node &node, int index, Location loc,
                           OperationState &state);
  LogicalResult readFunction(const proto::Function &function, ModuleOp module);
  LogicalResult readNode(const proto::Node &node, int index,
                         SmallVectorImpl<Value> &values);
  Attribute readAttribute(const proto::Attribute &attribute, Type resultType,
                          Location loc);
  RankedTensorType readType(const proto::TensorType &type, Location loc,
                            const Twine &what);
  Location readLocation(const proto::Location &location);
  Type readDType(proto::DType dtype);
};

} // namespace

Type Reader::readDType(proto::DType dtype) {
  switch (dtype) {
  case proto::DTYPE_F32: return builder.getF32Type();
  case proto::DTYPE_F64: return builder.getF64Type();
  case proto::DTYPE_BF16: return builder.getBF16Type();
  case proto::DTYPE_F16: return builder.getF16Type();
  case proto::DTYPE_I64: return builder.getI64Type();
  case proto::DTYPE_I32: return builder.getI32Type();
  case proto::DTYPE_I8: return builder.getI8Type();
  case proto::DTYPE_U8: return builder.getIntegerType(8, /*isSigned=*/false);
  case proto::DTYPE_BOOL: return builder.getI1Type();
  default: return nullptr;
  }
}

RankedTensorType Reader::readType(const proto::TensorType &type, Location loc,
                                  const Twine &what) {
  Type element = readDType(type.dtype());
  if (!element) {
    emitError(loc) << what << " has the unknown dtype " << int(type.dtype());
    return nullptr;
  }
  if (type.shape_size() > maxRank) {
    emitError(loc) << what << " has " << type.shape_size()
                   << " dimensions, more than " << maxRank;
    return nullptr;
  }
  SmallVector<int64_t> shape(type.shape().begin(), type.shape().end());
  for (int64_t size : shape)
    if (size < 0) {
      emitError(loc) << what << " has the negative size " << size;
      return nullptr;
    }
  // Checked before MLIR sees the shape: it would wrap silently.
  std::optional<int64_t> numel = checkedNumel(shape);
  if (!numel || *numel > (int64_t(1) << 56)) {
    emitError(loc) << what << " of shape [" << ArrayRef(shape)
                   << "] is too large for any memory";
    return nullptr;
  }
  return RankedTensorType::get(shape, element);
}

Location Reader::readLocation(const proto::Location &location) {
  Location loc = unknown;
  if (!location.file().empty())
    loc = FileLineColLoc::get(&context, location.file(), location.line(),
                              location.column());
  if (!location.scope().empty())
    loc = NameLoc::get(builder.getStringAttr(location.scope()), loc);
  if (!location.gradient_of().empty())
    loc = FusedLoc::get({loc}, builder.getStringAttr(location.gradient_of()),
                        &context);
  return loc;
}

Attribute Reader::readAttribute(const proto::Attribute &attribute,
                                Type resultType, Location loc) {
  switch (attribute.value_case()) {
  case proto::Attribute::kB: return builder.getBoolAttr(attribute.b());
  case proto::Attribute::kI: return builder.getI64IntegerAttr(attribute.i());
  case proto::Attribute::kF: return builder.getF64FloatAttr(attribute.f());
  case proto::Attribute::kS: return builder.getStringAttr(attribute.s());
  case proto::Attribute::kInts:
    return builder.getDenseI64ArrayAttr(SmallVector<int64_t>(
        attribute.ints().values().begin(), attribute.ints().values().end()));
  case proto::Attribute::kData: {
    if (!resultType) {
      emitError(loc) << "attribute '" << attribute.name()
                     << "' has elements, but the node no result";
      return nullptr;
    }
    RankedTensorType type = signless(resultType);
    // Bools are a byte each in the file, a bit each in MLIR.
    if (type.getElementType().isInteger(1)) {
      if (int64_t(attribute.data().size()) != type.getNumElements()) {
        emitError(loc) << "attribute '" << attribute.name() << "' has "
                       << attribute.data().size() << " bytes for " << type;
        return nullptr;
      }
      SmallVector<bool> bits(attribute.data().begin(), attribute.data().end());
      return DenseElementsAttr::get(type, bits);
    }
    ArrayRef<char> bytes(attribute.data().data(), attribute.data().size());
    if (int64_t(bytes.size()) != checkedBytes(type)) {
      emitError(loc) << "attribute '" << attribute.name() << "' has "
                     << bytes.size() << " bytes for " << type;
      return nullptr;
    }
    if (bytes.empty())
      return DenseElementsAttr::get(type, ArrayRef<Attribute>());
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  }
  default:
    emitError(loc) << "attribute '" << attribute.name() << "' has no value";
    return nullptr;
  }
}

/// A body has one user, so that nothing is built twice.
LogicalResult Reader::countBodies() {
  for (const proto::Function &function : message.functions())
    for (const proto::Node &node : function.nodes())
      for (const std::string &name : node.regions())
        if (++bodies[name].uses > 1)
          return emitError(unknown)
                 << "function '" << name << "' is the body of two nodes";
  return success();
}

LogicalResult Reader::takeBodies(const proto::Node &node, int index,
                                 Location loc, OperationState &state) {
  for (const std::string &name : node.regions()) {
    Body &body = bodies[name];
    if (!body.function)
      return emitError(loc) << "node " << index << " ('" << node.op()
                            << "') has the body '" << name
                            << "', which is no function before its own";
    depth = std::max(depth, body.depth + 1);
    if (depth > maxDepth)
      return emitError(loc) << "node " << index << " ('" << node.op()
                            << "') has bodies in bodies, deeper than " << maxDepth;
    Operation *end = body.function.getBody().front().getTerminator();
    OpBuilder atEnd(end);
    YieldOp::create(atEnd, end->getLoc(), end->getOperands());
    end->erase();
    state.addRegion()->takeBody(body.function.getBody());
    body.function.erase();
    body.function = nullptr;
  }
  return success();
}

LogicalResult Reader::readNode(const proto::Node &node, int index,
                               SmallVectorImpl<Value> &values) {
  if (node.location() > locations.size())
    return emitError(unknown) << "node " << index << " ('" << node.op()
                              << "') has location " << node.location() << " of "
                              << locations.size();
  Location loc = node.location() ? locations[node.location() - 1] : unknown;
  auto name = RegisteredOperationName::lookup(
      ("agc." + StringRef(node.op())).str(), &context);
  if (!name)
    return emitError(loc) << "node " << index << " has the unknown op '"
                          << node.op()
                          << "'; was the file written by a newer agc?";
  OperationState state(loc, *name);
  for (uint32_t operand : node.operands()) {
    if (operand >= values.size())
      return emitError(loc) << "node " << index << " ('" << node.op()
                            << "') uses value " << operand
                            << " before it is defined";
    state.operands.push_back(values[operand]);
  }
  for (const proto::TensorType &result : node.results()) {
    RankedTensorType type =
        readType(result, loc, "a result of '" + node.op() + "'");
    if (!type)
      return failure();
    state.types.push_back(type);
  }
  if (failed(takeBodies(node, index, loc, state)))
    return failure();
  Operation *op = builder.create(state);
  for (const proto::Attribute &attribute : node.attributes()) {
    StringRef attributeName = attribute.name();
    auto known = llvm::find_if(name->getAttributeNames(), [&](StringAttr known) {
      return known.getValue() == attributeName;
    });
    if (known == name->getAttributeNames().end())
      return emitError(loc) << "'agc." << node.op()
                            << "' has the unknown attribute '" << attributeName
                            << "'";
    if (op->getAttr(*known))
      return emitError(loc) << "'agc." << node.op() << "' has attribute '"
                            << attributeName << "' twice";
    Attribute value = readAttribute(
        attribute, state.types.empty() ? Type() : state.types.front(), loc);
    if (!value)
      return failure();
    // An attribute of another kind than the op's does not stick.
    op->setAttr(*known, value);
    if (op->getAttr(*known) != value)
      return emitError(loc) << "'agc." << node.op() << "' has attribute '"
                            << attributeName << "' of the wrong kind";
  }
  // At once, so that no later op can meet an ill-formed one.
  if (failed(verify(op)))
    return failure();
  values.append(op->result_begin(), op->result_end());
  return success();
}

LogicalResult Reader::readFunction(const proto::Function &function,
                                   ModuleOp module) {
  if (function.name().empty() || module.lookupSymbol(function.name()))
    return emitError(unknown) << "function '" << function.name()
                              << "' is there twice or has no name";
  auto body = bodies.find(function.name());
  bool isBody = body != bodies.end();
  depth = 0;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> argumentAttrs, resultAttrs;
  llvm::StringSet<> names;
  for (const proto::Argument &argument : function.arguments()) {
    RankedTensorType type =
        readType(argument.type(), unknown, "argument '" + argument.name() + "'");
    if (!type)
      return failure();
    if (argument.name().empty() || !names.insert(argument.name()).second)
      return emitError(unknown) << "function '" << function.name()
                                << "' has argument '" << argument.name()
                                << "' twice or without a name";
    if (argument.role() < 0 || size_t(argument.role()) >= std::size(roleNames))
      return emitError(unknown) << "argument '" << argument.name()
                                << "' has the unknown role " << int(argument.role());
    if (isBody && (argument.role() != proto::ROLE_INPUT || argument.has_default_value() ||
                   argument.has_initial()))
      return emitError(unknown) << "argument '" << argument.name() << "' of '"
                                << function.name()
                                << "' has a role, but the function is a body";
    NamedAttrList attrs;
    attrs.append(nameAttr, builder.getStringAttr(argument.name()));
    attrs.append(roleAttr, builder.getStringAttr(roleNames[argument.role()]));
    if (argument.has_default_value())
      attrs.append(defaultAttr, builder.getF64FloatAttr(argument.default_value()));
    if (argument.has_initial()) {
      FailureOr<ArrayAttr> initial = readInitial(argument, context);
      if (failed(initial))
        return failure();
      attrs.append(initialAttr, *initial);
    }
    types.push_back(type);
    argumentAttrs.push_back(attrs.getDictionary(&context));
  }

  builder.setInsertionPointToEnd(module.getBody());
  auto op = func::FuncOp::create(builder, unknown, function.name(),
                                 builder.getFunctionType(types, {}));
  Block *block = op.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  SmallVector<Value> values(block->args_begin(), block->args_end());
  for (auto [index, node] : llvm::enumerate(function.nodes()))
    if (failed(readNode(node, index, values)))
      return failure();

  SmallVector<Value> results;
  names.clear();
  llvm::SmallDenseSet<uint32_t> updated;
  for (const proto::Result &result : function.results()) {
    if (result.value() >= values.size())
      return emitError(unknown) << "result '" << result.name() << "' of '"
                                << function.name() << "' is the missing value "
                                << result.value();
    if (result.name().empty() || !names.insert(result.name()).second)
      return emitError(unknown) << "function '" << function.name()
                                << "' has result '" << result.name()
                                << "' twice or without a name";
    Value value = values[result.value()];
    NamedAttrList attrs;
    attrs.append(nameAttr, builder.getStringAttr(result.name()));
    if (uint32_t updates = result.updates()) {
      if (isBody || updates > types.size() ||
          types[updates - 1] != value.getType() || !updated.insert(updates).second)
        return emitError(unknown)
               << "result '" << result.name() << "' of '" << function.name()
               << "' cannot update argument " << updates - 1;
      attrs.append(updatesAttr, builder.getI64IntegerAttr(updates - 1));
    }
    results.push_back(value);
    resultAttrs.push_back(attrs.getDictionary(&context));
  }
  func::ReturnOp::create(builder, unknown, results);
  op.setFunctionType(builder.getFunctionType(types, ValueRange(results).getTypes()));
  op.setAllArgAttrs(argumentAttrs);
  op.setAllResultAttrs(resultAttrs);
  if (isBody) {
    body->second.function = op;
    body->second.depth = depth;
  }
  return success();
}

OwningOpRef<ModuleOp> Reader::read() {
  if (message.version() == 0 || message.version() > formatVersion) {
    emitError(unknown) << "the file has format version " << message.version()
                       << ", this agc reads 1 to " << formatVersion
                       << "; was it written by a newer agc?";
    return nullptr;
  }
  for (const proto::Location &location : message.locations())
    locations.push_back(readLocation(location));
  OwningOpRef<ModuleOp> module = ModuleOp::create(unknown, message.name());
  NamedAttrList metadata;
  for (const proto::Metadata &entry : message.metadata())
    if (!entry.key().empty())
      metadata.set(entry.key(), builder.getStringAttr(entry.value()));
  if (!metadata.empty())
    (*module)->setAttr("agc.metadata", metadata.getDictionary(&context));
  if (failed(countBodies()))
    return nullptr;
  for (const proto::Function &function : message.functions())
    if (failed(readFunction(function, *module)))
      return nullptr;
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp> readModule(const proto::Module &message,
                                 MLIRContext &context) {
  return Reader(message, context).read();
}

OwningOpRef<ModuleOp> readModule(StringRef bytes, MLIRContext &context) {
  proto::Module message;
  if (!message.ParseFromArray(bytes.data(), bytes.size())) {
    emitError(UnknownLoc::get(&context))
        << "not an agc program, or a damaged or truncated one";
    return nullptr;
  }
  return readModule(message, context);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {

class Writer {
public:
  FailureOr<proto::Module> write(ModuleOp module);

private:
  proto::Module message;
  DenseMap<Location, uint32_t> locations;
  llvm::StringSet<> names; // of functions

  LogicalResult writeFunction(func::FuncOp function);
  LogicalResult writeBody(Region &region, std::string name, proto::Node &user);
  void writeArgument(BlockArgument value, proto::Argument &argument);
  LogicalResult writeBlock(Block &block, proto::Function &function);
  LogicalResult writeNode(Operation &op, proto::Node &node);
  LogicalResult writeAttribute(Operation &op, NamedAttribute attr,
                               proto::Attribute &attribute);
  uint32_t locationIndex(Location loc);
};

} // namespace

void writeType(RankedTensorType type, proto::TensorType &message) {
  Type element = type.getElementType();
  proto::DType dtype = proto::DTYPE_INVALID;
  if (element.isF32())
    dtype = proto::DTYPE_F32;
  else if (element.isF64())
    dtype = proto::DTYPE_F64;
  else if (element.isBF16())
    dtype = proto::DTYPE_BF16;
  else if (element.isF16())
    dtype = proto::DTYPE_F16;
  else if (element.isInteger(64))
    dtype = proto::DTYPE_I64;
  else if (element.isInteger(32))
    dtype = proto::DTYPE_I32;
  else if (element.isSignlessInteger(8))
    dtype = proto::DTYPE_I8;
  else if (element.isUnsignedInteger(8))
    dtype = proto::DTYPE_U8;
  else if (element.isInteger(1))
    dtype = proto::DTYPE_BOOL;
  message.set_dtype(dtype);
  for (int64_t size : type.getShape())
    message.add_shape(size);
}

void writeLocation(Location loc, proto::Location &location) {
  // Of what was fused, the first.
  while (auto fused = dyn_cast<FusedLoc>(loc)) {
    if (auto name = dyn_cast_or_null<StringAttr>(fused.getMetadata()))
      location.set_gradient_of(name.str());
    loc = fused.getLocations().front();
  }
  if (auto scope = dyn_cast<NameLoc>(loc)) {
    location.set_scope(scope.getName().str());
    loc = scope.getChildLoc();
  }
  if (auto file = dyn_cast<FileLineColLoc>(loc)) {
    location.set_file(file.getFilename().str());
    location.set_line(file.getLine());
    location.set_column(file.getColumn());
  }
}

std::optional<proto::Role> readRole(StringRef name) {
  auto known = llvm::find(roleNames, std::string_view(name));
  if (known == std::end(roleNames))
    return std::nullopt;
  return proto::Role(known - std::begin(roleNames));
}

uint32_t Writer::locationIndex(Location loc) {
  if (isa<UnknownLoc>(loc))
    return 0;
  auto [entry, isNew] = locations.try_emplace(loc, message.locations_size() + 1);
  if (!isNew)
    return entry->second;
  writeLocation(loc, *message.add_locations());
  return entry->second;
}

LogicalResult Writer::writeAttribute(Operation &op, NamedAttribute attr,
                                     proto::Attribute &attribute) {
  attribute.set_name(attr.getName().str());
  Attribute value = attr.getValue();
  if (auto b = dyn_cast<BoolAttr>(value))
    attribute.set_b(b.getValue());
  else if (auto i = dyn_cast<IntegerAttr>(value))
    attribute.set_i(i.getInt());
  else if (auto f = dyn_cast<FloatAttr>(value))
    attribute.set_f(f.getValueAsDouble());
  else if (auto s = dyn_cast<StringAttr>(value))
    attribute.set_s(s.str());
  else if (auto ints = dyn_cast<DenseI64ArrayAttr>(value))
    attribute.mutable_ints()->mutable_values()->Assign(ints.asArrayRef().begin(),
                                                       ints.asArrayRef().end());
  else if (auto elements = dyn_cast<DenseElementsAttr>(value)) {
    std::string &data = *attribute.mutable_data();
    if (elements.getElementType().isInteger(1)) {
      for (bool bit : elements.getValues<bool>())
        data.push_back(bit);
      return success();
    }
    ArrayRef<char> raw = elements.getRawData();
    int64_t copies = elements.isSplat() ? elements.getNumElements() : 1;
    data.reserve(raw.size() * copies);
    for (int64_t i = 0; i < copies; ++i)
      data.append(raw.data(), raw.size());
  } else
    return op.emitOpError("has attribute '")
           << attr.getName() << "' of a kind that .agc has not";
  return success();
}

LogicalResult Writer::writeNode(Operation &op, proto::Node &node) {
  if (!op.isRegistered() ||
      op.getName().getDialectNamespace() != "agc")
    return op.emitOpError("cannot be written to .agc: it is no op of a graph");
  node.set_op(op.getName().stripDialect().str());
  for (Type type : op.getResultTypes())
    writeType(cast<RankedTensorType>(type), *node.add_results());
  // A dictionary is sorted by name.
  for (NamedAttribute attr : op.getAttrDictionary())
    if (failed(writeAttribute(op, attr, *node.add_attributes())))
      return failure();
  node.set_location(locationIndex(op.getLoc()));
  return success();
}

void Writer::writeArgument(BlockArgument value, proto::Argument &argument) {
  argument.set_name("arg" + llvm::utostr(value.getArgNumber()));
  writeType(cast<RankedTensorType>(value.getType()), *argument.mutable_type());
}

/// The nodes of a function, whose arguments are written, and what it returns.
LogicalResult Writer::writeBlock(Block &block, proto::Function &function) {
  DenseMap<Value, uint32_t> numbers;
  for (BlockArgument value : block.getArguments())
    numbers.try_emplace(value, numbers.size());
  unsigned withBodies = 0;
  for (Operation &op : block.without_terminator()) {
    proto::Node &node = *function.add_nodes();
    std::string name = (function.name() + "." + op.getName().stripDialect() +
                        Twine(withBodies))
                           .str();
    withBodies += op.getNumRegions() != 0;
    for (auto [i, region] : llvm::enumerate(op.getRegions()))
      if (failed(writeBody(region, op.getNumRegions() == 1
                                       ? name
                                       : name + "." + llvm::utostr(i),
                           node)))
        return failure();
    for (Value operand : op.getOperands())
      node.add_operands(numbers.at(operand));
    if (failed(writeNode(op, node)))
      return failure();
    for (Value value : op.getResults())
      numbers.try_emplace(value, numbers.size());
  }
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands())) {
    proto::Result &result = *function.add_results();
    result.set_name("result" + llvm::utostr(i));
    result.set_value(numbers.at(value));
  }
  return success();
}

/// A function before its user's.
LogicalResult Writer::writeBody(Region &region, std::string name,
                                proto::Node &user) {
  while (!names.insert(name).second)
    name += "_";
  proto::Function body;
  body.set_name(name);
  user.add_regions(name);
  for (BlockArgument value : region.front().getArguments())
    writeArgument(value, *body.add_arguments());
  if (failed(writeBlock(region.front(), body)))
    return failure();
  *message.add_functions() = std::move(body);
  return success();
}

LogicalResult Writer::writeFunction(func::FuncOp function) {
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError("has not one block");
  proto::Function result;
  result.set_name(function.getName().str());
  Block &block = function.getBody().front();
  for (BlockArgument value : block.getArguments()) {
    unsigned i = value.getArgNumber();
    if (!isa<RankedTensorType>(value.getType()))
      return function.emitOpError("has an argument that is no tensor");
    proto::Argument &argument = *result.add_arguments();
    writeArgument(value, argument);
    if (auto name = function.getArgAttrOfType<StringAttr>(i, nameAttr))
      argument.set_name(name.str());
    if (auto role = function.getArgAttrOfType<StringAttr>(i, roleAttr)) {
      std::optional<proto::Role> known = readRole(role.getValue());
      if (!known)
        return function.emitOpError("has the unknown role ") << role;
      argument.set_role(*known);
    }
    if (auto number = function.getArgAttrOfType<FloatAttr>(i, defaultAttr))
      argument.set_default_value(number.getValueAsDouble());
    if (Attribute attr = function.getArgAttr(i, initialAttr)) {
      std::optional<proto::Initial> initial = writeInitial(attr);
      if (!initial)
        return function.emitOpError("begins an argument with ") << attr;
      *argument.mutable_initial() = *initial;
    }
  }
  if (failed(writeBlock(block, result)))
    return failure();
  for (auto [i, entry] : llvm::enumerate(*result.mutable_results())) {
    if (auto name = function.getResultAttrOfType<StringAttr>(i, nameAttr))
      entry.set_name(name.str());
    if (auto updates = function.getResultAttrOfType<IntegerAttr>(i, updatesAttr))
      entry.set_updates(updates.getInt() + 1);
  }
  *message.add_functions() = std::move(result);
  return success();
}

FailureOr<proto::Module> Writer::write(ModuleOp module) {
  message.set_version(formatVersion);
  message.set_producer("agc " AGC_VERSION);
  if (std::optional<StringRef> name = module.getName())
    message.set_name(name->str());
  if (auto metadata = module->getAttrOfType<DictionaryAttr>("agc.metadata"))
    for (NamedAttribute entry : metadata)
      if (auto text = dyn_cast<StringAttr>(entry.getValue())) {
        proto::Metadata &added = *message.add_metadata();
        added.set_key(entry.getName().str());
        added.set_value(text.str());
      }
  for (auto function : module.getOps<func::FuncOp>())
    names.insert(function.getName());
  for (Operation &op : *module.getBody()) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (!function)
      return op.emitOpError("cannot be written to .agc: it is no function");
    if (failed(writeFunction(function)))
      return failure();
  }
  return std::move(message);
}

FailureOr<proto::Module> writeModule(ModuleOp module) {
  return Writer().write(module);
}

} // namespace agc::ir
