//===- RefusalsTest.cpp - What the compiler refuses to be asked -----------===//
#include "tests/codegen/CompiledText.h"

#include "gtest/gtest.h"

namespace {

using namespace agc;

const char *const one = "func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {"
                        "  %y = agc.neg %x : tensor<4xf32>"
                        "  return %y : tensor<4xf32>"
                        "}";

void expectError(const CompilerError &error, CompilerError::Kind kind, const char *message) {
  EXPECT_EQ(int(error.kind), int(kind)) << error.message;
  EXPECT_NE(error.message.find(message), std::string::npos) << error.message;
}

TEST(CompilerRefuses, LaterPhasesAsAProgram) {
  std::string result;
  for (Phase phase : {Phase::Loops, Phase::Kernels, Phase::Native})
    expectError(agcGetCompiler()->rewrite(serialize(one), phase, result), CompilerError::Kind::Unsupported,
                "only the graph and gradient phases can be written to .agc");
}

TEST(CompilerRefuses, ABatchOfTwoFunctions) {
  std::string two = std::string(one) + "func.func @g() { return }", result;
  expectError(agcGetCompiler()->batch(serialize(two), {0}, 3, result), CompilerError::Kind::Internal,
              "expects one function to batch");
}

TEST(CompilerRefuses, AFunctionThatIsNotThere) {
  CompiledObject object;
  CompileOptions options;
  options.function = "g";
  expectError(agcGetCompiler()->compile(serialize(one), options, object), CompilerError::Kind::Input,
              "the program has no function 'g'");
}

TEST(CompilerRefuses, AnUnknownCpu) {
  CompiledObject object;
  CompileOptions options;
  options.function = "f";
  options.cpu = "abacus";
  expectError(agcGetCompiler()->compile(serialize(one), options, object), CompilerError::Kind::Unsupported,
              "unknown cpu 'abacus' for x86");
}

} // namespace
