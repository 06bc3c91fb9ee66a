//===- ElfLoaderTest.cpp - Objects linked without LLVM --------------------===//
#include "runtime/jit/ElfLoader.h"
#include "runtime/jit/CompilerLibrary.h"
#include "codegen/manifest.pb.h"
#include "ir/graph.pb.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace agc;

namespace {

/// y = exp(x) of four doubles, which calls libm, and the sum of two values.
CompiledObject compileExample(std::string &entry) {
  proto::Module module;
  module.set_version(1);
  proto::Function &function = *module.add_functions();
  function.set_name("example");
  proto::TensorType type;
  type.set_dtype(proto::DTYPE_F64);
  type.add_shape(4);
  proto::Argument &x = *function.add_arguments();
  x.set_name("x");
  x.set_role(proto::ROLE_INPUT);
  *x.mutable_type() = type;
  proto::Node &node = *function.add_nodes();
  node.set_op("exp");
  node.add_operands(0);
  *node.add_results() = type;
  proto::Result &y = *function.add_results();
  y.set_name("y");
  y.set_value(1);

  CompiledObject compiled;
  CompileOptions options;
  options.function = "example";
  options.reference = true; // scalar code and libm's functions
  CompilerError error = compiler().compile(module.SerializeAsString(), options, compiled);
  EXPECT_FALSE(error) << error.message;
  proto::Manifest manifest;
  EXPECT_TRUE(manifest.ParseFromString(compiled.manifest));
  entry = manifest.entry();
  return compiled;
}

#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
void expectRuns(const LoadedObject &object, const std::string &name) {
  alignas(64) double x[8] = {0, 1, -1, 0.5}, y[8] = {};
  alignas(64) static char workspace[1 << 16];
  void *arguments[] = {x}, *results[] = {y};
  agc_failure failure;
  auto entry = reinterpret_cast<agc_entry>(object.find(name));
  ASSERT_TRUE(entry);
  ASSERT_EQ(entry(arguments, results, workspace, nullptr, &failure), 0);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(y[i], std::exp(x[i]));
}

TEST(ElfLoader, LinksWhatTheCompilerEmits) {
  std::string entry;
  CompiledObject compiled = compileExample(entry);
  std::unique_ptr<LoadedObject> object = loadElf(compiled.object);
#ifdef __x86_64__
  ASSERT_TRUE(object);
  expectRuns(*object, entry);
  EXPECT_FALSE(object->find("nothing"));
#else
  EXPECT_FALSE(object);
#endif
}

TEST(ElfLoader, ADamagedObjectIsRefusedOrLoads) {
  std::string entry;
  CompiledObject compiled = compileExample(entry);
  const std::string &whole = compiled.object;
  for (size_t size = 0; size < whole.size(); size += 1 + size / 64)
    EXPECT_FALSE(loadElf(whole.substr(0, size))) << size;
  // A flipped bit may hit code, which no loader can tell; none may crash here.
  for (size_t i = 0; i < whole.size(); ++i)
    for (int bit : {0, 3, 7}) {
      std::string damaged = whole;
      damaged[i] = char(damaged[i] ^ 1 << bit);
      loadElf(damaged);
    }
}

} // namespace
