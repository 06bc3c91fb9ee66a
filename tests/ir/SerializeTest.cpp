//===- SerializeTest.cpp - What .agc cannot say, and what no .agc says ----===//
#include "ir/Serialize.h"

#include "ir/Dialect.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

namespace {

using namespace agc;

/// A context whose diagnostics are kept, one a line.
struct Session {
  Session() {
    context.loadDialect<ir::AgcDialect, mlir::func::FuncDialect, mlir::cf::ControlFlowDialect>();
    context.allowUnregisteredDialects();
  }
  mlir::MLIRContext context;
  std::string text;
  mlir::ScopedDiagnosticHandler handler{&context, [this](mlir::Diagnostic &diagnostic) {
                                          text += diagnostic.str() + "\n";
                                          return mlir::success();
                                        }};
};

/// What is said of a module in MLIR text that is to be written.
std::string errorOfWriting(const char *text) {
  Session session;
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &session.context);
  if (!module)
    return "the text does not parse: " + session.text;
  return mlir::failed(ir::writeModule(*module)) ? session.text : "none";
}

std::string errorOfReading(const std::string &bytes) {
  Session session;
  return ir::readModule(bytes, session.context) ? "none" : session.text;
}

/// forward(x) = -x, changed.
std::string errorOfReading(void (*change)(proto::Module &)) {
  proto::Module module;
  module.set_version(ir::formatVersion);
  proto::Function &function = *module.add_functions();
  function.set_name("forward");
  proto::Argument &argument = *function.add_arguments();
  argument.set_name("x");
  argument.mutable_type()->set_dtype(proto::DTYPE_F32);
  argument.mutable_type()->add_shape(4);
  proto::Node &node = *function.add_nodes();
  node.set_op("neg");
  node.add_operands(0);
  *node.add_results() = argument.type();
  proto::Result &result = *function.add_results();
  result.set_name("y");
  result.set_value(1);
  change(module);
  return errorOfReading(module.SerializeAsString());
}

struct Case {
  const char *message;
  std::string got;
};

void expectAll(const std::vector<Case> &cases) {
  for (const Case &each : cases)
    EXPECT_NE(each.got.find(each.message), std::string::npos)
        << "expected: " << each.message << "\ngot: " << each.got;
}

TEST(Serialize, WhatAgcCannotSayIsAnError) {
  expectAll({
      {"'test.thing' op cannot be written to .agc: it is no op of a graph",
       errorOfWriting("func.func @f() { %c = \"test.thing\"() : () -> tensor<i64> return }")},
      {"'test.thing' op cannot be written to .agc: it is no function", errorOfWriting("\"test.thing\"() : () -> ()")},
      {"has not one block", errorOfWriting("func.func @f() { cf.br ^b\n^b: return }")},
      {"has not one block", errorOfWriting("func.func private @f()")},
      {"has an argument that is no tensor", errorOfWriting("func.func @f(%x: i64) { return }")},
      {"has the unknown role \"passenger\"",
       errorOfWriting("func.func @f(%x: tensor<4xf32> {agc.role = \"passenger\"}) { return }")},
      {"begins an argument with [\"soon\", 0", errorOfWriting(
           "func.func @f(%x: tensor<4xf32> {agc.initial = [\"soon\", 0.0, 1.0]}) { return }")},
      {"has attribute '\"color\"' of a kind that .agc has not",
       errorOfWriting("func.func @f(%x: tensor<4xf32>) { %y = agc.neg %x {color = unit} : tensor<4xf32> return }")},
  });
}

TEST(Serialize, WhatNoAgcSaysIsAnError) {
  expectAll({
      {"not an agc program, or a damaged or truncated one", errorOfReading(std::string("\x0a\xff"))},
      {"the file has format version 2, this agc reads 1 to 1; was it written by a newer agc?",
       errorOfReading([](proto::Module &m) { m.set_version(2); })},
      {"the file has format version 0", errorOfReading([](proto::Module &m) { m.set_version(0); })},
      {"'frobnicate'; was the file written by a newer agc?",
       errorOfReading([](proto::Module &m) { m.mutable_functions(0)->mutable_nodes(0)->set_op("frobnicate"); })},
      {"function 'forward' has argument 'x' twice or without a name",
       errorOfReading([](proto::Module &m) {
         proto::Function &f = *m.mutable_functions(0);
         *f.add_arguments() = f.arguments(0);
       })},
      {"has argument '' twice or without a name",
       errorOfReading([](proto::Module &m) { m.mutable_functions(0)->mutable_arguments(0)->set_name(""); })},
      {"function 'forward' has result 'y' twice or without a name",
       errorOfReading([](proto::Module &m) {
         proto::Function &f = *m.mutable_functions(0);
         *f.add_results() = f.results(0);
       })},
      {"argument 'x' has the unknown role 77",
       errorOfReading([](proto::Module &m) {
         m.mutable_functions(0)->mutable_arguments(0)->set_role(static_cast<proto::Role>(77));
       })},
      {"argument 'x' has 65 dimensions, more than 64",
       errorOfReading([](proto::Module &m) {
         for (int i = 0; i < 64; ++i)
           m.mutable_functions(0)->mutable_arguments(0)->mutable_type()->add_shape(1);
       })},
      {"argument 'x' of shape [4, 288230376151711744] is too large for any memory",
       errorOfReading([](proto::Module &m) {
         m.mutable_functions(0)->mutable_arguments(0)->mutable_type()->add_shape(int64_t(1) << 58);
       })},
      {"attribute 'data' has elements, but the node no result",
       errorOfReading([](proto::Module &m) {
         proto::Node &node = *m.mutable_functions(0)->mutable_nodes(0);
         node.set_op("constant");
         node.clear_operands();
         node.clear_results();
         proto::Attribute &data = *node.add_attributes();
         data.set_name("data");
         data.set_data("1234");
       })},
      {"attribute 'data' has no value",
       errorOfReading([](proto::Module &m) {
         proto::Node &node = *m.mutable_functions(0)->mutable_nodes(0);
         node.set_op("constant");
         node.clear_operands();
         node.add_attributes()->set_name("data");
       })},
      {"'agc.constant' has attribute 'value' twice",
       errorOfReading([](proto::Module &m) {
         proto::Node &node = *m.mutable_functions(0)->mutable_nodes(0);
         node.set_op("constant");
         node.clear_operands();
         for (int i = 0; i < 2; ++i) {
           proto::Attribute &value = *node.add_attributes();
           value.set_name("value");
           value.set_f(1);
         }
       })},
  });
}

} // namespace
