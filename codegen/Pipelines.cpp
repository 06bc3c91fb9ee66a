//===- Pipelines.cpp - From a graph to the machine, phase by phase ---------===//
//
// The whole way, to be read from top to bottom. Order matters; each line that
// could stand elsewhere says why it stands here.
//
//===----------------------------------------------------------------------===//
#include "codegen/Pipelines.h"

#include "codegen/Passes.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace agc {

/// Function by function, for several at a time.
static void addCleanup(OpPassManager &pm, const GreedyRewriteConfig &config = {}) {
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass(config));
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

/// graph → gradient: the backward is there, nothing is there twice.
/// \p attention: Never where it becomes a program that is read again.
static void addGradientPhase(OpPassManager &pm, AttentionForming attention, bool strict) {
  // Before gradients: what is one op has one of one op.
  if (attention != AttentionForming::Never)
    pm.addNestedPass<func::FuncOp>(
        createFormAttentionPass({attention == AttentionForming::Always}));
  pm.addNestedPass<func::FuncOp>(createDifferentiatePass());
  if (!strict)
    pm.addNestedPass<func::FuncOp>(createFactorSumsPass());
  // The backward builds zeros, ones and sums that fold away; and what it reads
  // of the forward it recomputes in words, not in fact.
  // Merging constants is CSE's part: the canonicalizer's own way forgets lines.
  GreedyRewriteConfig config;
  config.enableConstantCSE(false);
  addCleanup(pm, config);
}

/// gradient → loops: linalg on tensors, fused.
static void addLoopsPhase(OpPassManager &pm, bool reference, bool strict) {
  // Gradients clone bodies; all that comes later takes functions.
  pm.addPass(createOutlineBodiesPass());
  if (reference)
    pm.addNestedPass<func::FuncOp>(createPromoteToF64Pass());
  pm.addNestedPass<func::FuncOp>(createLowerToLinalgPass({reference, strict}));
  if (reference)
    return; // Each op alone.
  addCleanup(pm);
  pm.addNestedPass<func::FuncOp>(createFuseElementwisePass());
  // After fusion, when only values that will be in memory are left.
  pm.addNestedPass<func::FuncOp>(createAssignLayoutPass());
  addCleanup(pm);
  // Last: what a backward transforms again, CSE would keep from the forward.
  if (strict)
    return;
  pm.addNestedPass<func::FuncOp>(createWinogradPass());
  pm.addPass(createOutlineBodiesPass()); // Its loops over blocks of images.
}

/// loops → kernels: code on planned memory.
static void addKernelsPhase(OpPassManager &pm, const Machine &machine,
                            int64_t maxWorkspaceBytes, bool byLine) {
  pm.addNestedPass<func::FuncOp>(createPrepareKernelsPass());
  if (machine.vectorBytes) {
    pm.addNestedPass<func::FuncOp>(createFuseSiblingsPass());
    pm.addNestedPass<func::FuncOp>(createSplitReductionsPass());
    // After fusion, which would make the copy another kernel's part; under a limit there
    // may be no room for it.
    if (machine.sharedCacheIsSlow && maxWorkspaceBytes < 0)
      pm.addNestedPass<func::FuncOp>(createTransposeOperandsPass());
  }
  FormKernelsPassOptions options;
  options.vectorBytes = machine.vectorBytes;
  options.numRegisters = machine.numRegisters;
  options.coreCacheBytes = machine.coreCacheBytes;
  options.sharedCacheBytes = machine.sharedCacheBytes;
  options.sharedCacheIsSlow = machine.sharedCacheIsSlow;
  options.maxWorkspaceBytes = maxWorkspaceBytes;
  options.byLine = byLine;
  pm.addPass(createFormKernelsPass(options));
  // First, as what is in half types becomes mathematics in f32.
  pm.addNestedPass<func::FuncOp>(createExpandHalvesPass());
  if (machine.vectorBytes)
    pm.addPass(createExpandMathPass(ExpandMathPassOptions{machine.hasFMA}));
  addCleanup(pm);
}

void addPhase(OpPassManager &pm, Phase phase, const Machine &machine,
              bool reference, int64_t maxWorkspaceBytes, bool byLine, bool strict,
              AttentionForming attention) {
  switch (phase) {
  case Phase::Graph:
  case Phase::Native:
    return;
  case Phase::Gradient:
    return addGradientPhase(pm, reference ? AttentionForming::Never : attention,
                            strict || reference);
  case Phase::Loops:
    return addLoopsPhase(pm, reference, strict);
  case Phase::Kernels:
    return addKernelsPhase(pm, machine, maxWorkspaceBytes, byLine);
  }
}

static LogicalResult run(ModuleOp module, Phase phase, const Machine &machine,
                         bool reference, TimingScope &timing, int64_t maxWorkspaceBytes,
                         bool byLine, bool strict,
                         AttentionForming attention = AttentionForming::WherePays) {
  static constexpr const char *names[] = {"graph", "to gradient", "to loops",
                                          "to kernels"};
  TimingScope scope = timing.nest(names[size_t(phase)]);
  PassManager pm(module.getContext());
  addPhase(pm, phase, machine, reference, maxWorkspaceBytes, byLine, strict, attention);
  // What a user wrote was checked when it was read; agc-opt checks what passes make.
  pm.enableVerifier(false);
  pm.enableTiming(scope);
  return pm.run(module);
}

LogicalResult runPhases(ModuleOp module, Phase phase, const Machine &machine,
                        bool reference, TimingScope &timing, int64_t maxWorkspaceBytes,
                        bool strict, AttentionForming attention) {
  for (Phase next : {Phase::Gradient, Phase::Loops, Phase::Kernels})
    if (next <= phase && failed(run(module, next, machine, reference, timing,
                                    maxWorkspaceBytes, /*byLine=*/false, strict, attention)))
      return failure();
  return success();
}

LogicalResult runPhase(ModuleOp module, Phase phase, const Machine &machine,
                       TimingScope &timing, int64_t maxWorkspaceBytes, bool byLine) {
  return run(module, phase, machine, /*reference=*/false, timing, maxWorkspaceBytes,
             byLine, /*strict=*/false);
}

LogicalResult runGradient(ModuleOp module) {
  PassManager pm(module.getContext());
  addGradientPhase(pm, AttentionForming::Never, /*strict=*/true);
  pm.enableVerifier(false); // As above.
  return pm.run(module);
}

LogicalResult runBatch(ModuleOp module) {
  PassManager pm(module.getContext());
  // Before: a gradient knows what only one cotangent differs in.
  addGradientPhase(pm, AttentionForming::Never, /*strict=*/true);
  pm.addNestedPass<func::FuncOp>(createBatchPass());
  addCleanup(pm);
  return pm.run(module);
}

void registerPasses() {
  registerPass([] { return createFormAttentionPass(); });
  registerPass([] { return createDifferentiatePass(); });
  registerPass([] { return createFactorSumsPass(); });
  registerPass([] { return createOutlineBodiesPass(); });
  registerPass([] { return createBatchPass(); });
  registerPass([] { return createPromoteToF64Pass(); });
  registerPass([] { return createLowerToLinalgPass(); });
  registerPass([] { return createFuseElementwisePass(); });
  registerPass([] { return createAssignLayoutPass(); });
  registerPass([] { return createWinogradPass(); });
  registerPass([] { return createPrepareKernelsPass(); });
  registerPass([] { return createFuseSiblingsPass(); });
  registerPass([] { return createSplitReductionsPass(); });
  registerPass([] { return createTransposeOperandsPass(); });
  registerPass([] { return createFormKernelsPass(); });
  registerPass([] { return createExpandHalvesPass(); });
  registerPass([] { return createExpandMathPass(); });
  PassPipelineRegistration<>("agc-to-gradient", "graph to the gradient phase",
                             [](OpPassManager &pm) {
                               addGradientPhase(pm, AttentionForming::WherePays, /*strict=*/false);
                             });
  PassPipelineRegistration<>("agc-to-loops", "gradient to the loops phase",
                             [](OpPassManager &pm) { addLoopsPhase(pm, false, /*strict=*/false); });
  PassPipelineRegistration<>(
      "agc-to-loops-strict", "gradient to the loops phase, as under --fp=strict",
      [](OpPassManager &pm) { addLoopsPhase(pm, false, /*strict=*/true); });
}

} // namespace agc
