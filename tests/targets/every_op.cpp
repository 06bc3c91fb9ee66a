//===- every_op.cpp - Each op compiles for each target ---------------------===//
//
// An intrinsic that a machine has no instruction for becomes a call of a library
// that a shipped step has not: fmaf, roundf, __truncsfbf2. So each op is shipped for
// each kind of machine, and what the object needs is looked at.
//
//===----------------------------------------------------------------------===//
#include "tests/ir/EveryOp.h"

#include "codegen/Compiler.h"

#include "llvm/Object/ObjectFile.h"

#include "gtest/gtest.h"

extern "C" agc::Compiler *agcGetCompiler();

namespace {

using namespace agc;
using namespace agc::fuzz;

/// What an object may want of others; of WebAssembly's, the linker makes two things.
constexpr const char *allowed[] = {"memcpy", "memset", "memmove", "__stack_pointer",
                                   "__indirect_function_table", "__linear_memory"};

std::vector<std::string> needs(const std::string &bytes) {
  auto object = llvm::cantFail(
      llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(bytes, "step.o")));
  std::vector<std::string> names;
  for (const llvm::object::SymbolRef &symbol : object->symbols()) {
    std::string name = llvm::cantFail(symbol.getName()).str();
    if (llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined && !name.empty() &&
        !llvm::is_contained(allowed, name))
      names.push_back(name);
  }
  return names;
}

std::string shipped(mlir::ModuleOp module, const std::string &target, std::string &object) {
  ShipOptions options;
  options.name = "step";
  options.target = target;
  ShippedStep step;
  CompilerError error = agcGetCompiler()->ship(bytesOf(module), options, step);
  object = step.object;
  return error.message;
}

/// Adds @f under another name, with arguments that are its own.
void add(const Graph &graph, mlir::ModuleOp all) {
  auto copy = mlir::cast<mlir::func::FuncOp>(
      graph.module.get().lookupSymbol<mlir::func::FuncOp>("f")->clone());
  std::string name = "f" + std::to_string(llvm::range_size(all.getOps<mlir::func::FuncOp>()));
  copy.setName(name);
  for (unsigned i = 0; i < copy.getNumArguments(); ++i)
    copy.setArgAttr(i, ir::nameAttr, mlir::StringAttr::get(all.getContext(), name + "." + std::to_string(i)));
  all.push_back(copy);
}

class EveryTarget : public testing::TestWithParam<const char *> {};

TEST_P(EveryTarget, NeedsNoLibrary) {
  std::string target = GetParam(), object;
  mlir::OwningOpRef<mlir::ModuleOp> all =
      mlir::ModuleOp::create(mlir::UnknownLoc::get(&context()));
  std::vector<Graph> graphs;
  for (const std::string &op : everyOp())
    for (Graph &graph : examplesOf(op)) {
      add(graph, *all);
      graphs.push_back(std::move(graph));
    }
  EXPECT_GT(graphs.size(), 200u);
  if (shipped(*all, target, object).empty() && needs(object).empty())
    return;
  // Which of them was it?
  for (const Graph &graph : graphs) {
    EXPECT_EQ(shipped(graph.module.get(), target, object), "") << graph.text();
    EXPECT_EQ(needs(object), std::vector<std::string>()) << graph.text();
  }
  FAIL() << "not for " << target;
}

// Those that lack most.
INSTANTIATE_TEST_SUITE_P(, EveryTarget, testing::Values("x86-64-v2", "riscv64", "wasm32"));

} // namespace
