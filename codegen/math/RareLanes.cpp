#include "codegen/math/RareLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace agc::math {

using Rare = llvm::function_ref<SmallVector<Word>(Numbers &, ArrayRef<Word>)>;

static SmallVector<Value> valuesOf(ArrayRef<Word> words) {
  return llvm::map_to_vector(words, [](Word word) { return word.value; });
}

/// Lane by lane.
static SmallVector<Value> replaceLanes(Numbers &w, Value isRare, ArrayRef<Word> operands,
                                       ArrayRef<Word> usual, Rare rare) {
  Location loc = w.b.getLoc();
  auto index = [&](int64_t i) -> Value {
    return arith::ConstantIndexOp::create(w.b, i);
  };
  int64_t lanes = cast<VectorType>(isRare.getType()).getNumElements();
  auto replace = [&](OpBuilder &b, Value lane, ValueRange old) {
    ImplicitLocOpBuilder builder(loc, b);
    Numbers scalar(builder, w.numberType(), w.hasFMA());
    SmallVector<Word> ones;
    for (Word operand : operands)
      ones.push_back(scalar(vector::ExtractOp::create(b, loc, operand.value, lane)));
    SmallVector<Value> results;
    for (auto [one, vector] : llvm::zip_equal(rare(scalar, ones), old))
      results.push_back(vector::InsertOp::create(builder, one.value, vector, lane));
    scf::YieldOp::create(builder, results);
  };
  auto loop = scf::ForOp::create(
      w.b, loc, index(0), index(lanes), index(1), valuesOf(usual),
      [&](OpBuilder &b, Location, Value lane, ValueRange old) {
        Value p = vector::ExtractOp::create(b, loc, isRare, lane);
        auto replaced = scf::IfOp::create(
            b, loc, p, [&](OpBuilder &b, Location) { replace(b, lane, old); },
            [&](OpBuilder &b, Location) { scf::YieldOp::create(b, loc, old); });
        scf::YieldOp::create(b, loc, replaced.getResults());
      });
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Word> replaceRare(Numbers &w, Word isRare, ArrayRef<Word> operands,
                              ArrayRef<Word> usual, Rare rare) {
  bool isScalar = !isa<VectorType>(isRare.value.getType());
  Value any = isScalar ? isRare.value
                       : vector::ReductionOp::create(
                             w.b, vector::CombiningKind::OR, isRare.value)
                             .getResult();
  // Else registers are kept free for the call.
  any = LLVM::ExpectOp::create(
      w.b, any, arith::ConstantOp::create(w.b, w.b.getBoolAttr(false)));
  SmallVector<Value> old = valuesOf(usual);
  auto replaced =
      scf::IfOp::create(w.b, TypeRange(ValueRange(old)), any, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(w.b);
  w.b.setInsertionPointToStart(replaced.thenBlock());
  scf::YieldOp::create(w.b, isScalar ? valuesOf(rare(w, operands))
                                     : replaceLanes(w, isRare.value, operands, usual, rare));
  w.b.setInsertionPointToStart(replaced.elseBlock());
  scf::YieldOp::create(w.b, old);
  return llvm::map_to_vector(replaced.getResults(), [&](Value value) { return w(value); });
}

func::FuncOp beginRareFunction(ModuleOp module, ImplicitLocOpBuilder &b, StringRef name,
                               unsigned numOperands, unsigned numResults) {
  bool isCalled = false;
  module.walk([&](func::CallOp call) { isCalled |= call.getCallee() == name; });
  if (!isCalled || module.lookupSymbol(name))
    return {};
  b.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> operands(numOperands, b.getF64Type()), results(numResults, b.getF64Type());
  auto function =
      func::FuncOp::create(b, name, b.getFunctionType(operands, results));
  function.setPrivate();
  // It would be inlined where it is called once.
  function->setAttr("passthrough", b.getStrArrayAttr({"noinline", "cold"}));
  b.setInsertionPointToStart(function.addEntryBlock());
  return function;
}

} // namespace agc::math
