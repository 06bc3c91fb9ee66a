//===- main.cpp - agc-opt: one pass at a time, on MLIR text ----------------===//
#include "codegen/Pipelines.h"
#include "ir/Dialect.h"
#include "passes/Attention.h"
#include "passes/Winograd.h"

#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  registry.insert<agc::ir::AgcDialect, agc::winograd::WinogradDialect,
                  agc::attention::AttentionDialect>();
  agc::registerPasses();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "agc's passes, one at a time\n", registry));
}
