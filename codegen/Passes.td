//===- Passes.td - Tensors to a machine -----------------------------------===//
#ifndef AGC_CODEGEN_PASSES
#define AGC_CODEGEN_PASSES

include "mlir/Pass/PassBase.td"

def PrepareKernelsPass : Pass<"agc-prepare-kernels", "::mlir::func::FuncOp"> {
  let summary = "Make every value of a function one kernel's result or a view";
  let description = [{
    After it each op is a `linalg.generic`, which becomes a kernel; a slice,
    reshape or insertion, which only says where a tensor lies; a check; or a loop
    or branch, whose operands lie in memory without gaps. What a function returns
    has a kernel of its own to write it.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def FuseSiblingsPass : Pass<"agc-fuse-siblings", "::mlir::func::FuncOp"> {
  let summary = "Make neighbours that read the same values one kernel";
  let description = [{
    Two element-wise ops that go over the same elements and share an input, or of which
    one reads what the other gives, and two reductions that share one, become one op with
    the results of both: what they share is read and computed once. The gradients of an
    LSTM cell's gates, what the forward keeps for them, and both sums in a batch norm's
    gradient are each one kernel. An update of an argument and what finishes a reduction
    stay alone: they are best in the kernel that makes their gradient.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def SplitReductionsPass : Pass<"agc-split-reductions", "::mlir::func::FuncOp"> {
  let summary = "Sum up much to little in two steps, parts and their sum";
  let description = [{
    A sum of few results, as a channel's mean over a batch of images, becomes one of 4 to
    16 parts, which tasks share, and a sum of these. How many there are depends on shapes
    alone. Sums in f32 and f64, from zero, of what is read element by element, and of
    products of two matrices that are many times as long as these are wide.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def TransposeOperandsPass : Pass<"agc-transpose-operands", "::mlir::func::FuncOp"> {
  let summary = "Transpose an operand of a large product that reads neither by rows";
  let description = [{
    Of a sum of products over the first dimensions of both operands, 512 steps and more by
    512 and 960 results, the operand with fewer elements gets a kernel that transposes it.
    For machines whose shared cache is slow.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def FormKernelsPass : Pass<"agc-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn functions on tensors into lists of calls of kernels";
  let description = [{
    Each `linalg.generic` becomes a kernel: a function of flat buffers and of a
    range of tiles. Equal ones are made once. What is left of the function is a
    list of calls on views of its arguments, results and one workspace, whose
    offsets are planned by lifetime. Results that update an argument are written
    in place where no later kernel reads the old value. A body's list is called
    with its operands, its results and a part of the caller's workspace, once or in
    an `scf` loop; carries change places between two buffers.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "unsigned", "16",
           "Bytes in a vector register; 1: one element each; 0: scalar code">,
    Option<"numRegisters", "num-registers", "unsigned", "16",
           "Vector registers of the machine">,
    Option<"coreCacheBytes", "core-cache-bytes", "int64_t", "512 << 10",
           "Of the largest cache that a core has for itself">,
    Option<"sharedCacheBytes", "shared-cache-bytes", "int64_t", "8 << 20",
           "Of the cache that cores share">,
    Option<"sharedCacheIsSlow", "shared-cache-is-slow", "bool", "false",
           "Whether products wait for what comes from that">,
    Option<"maxWorkspaceBytes", "max-workspace-bytes", "int64_t", "-1",
           "Compute values again where else a function would need more; -1: no limit">,
    Option<"byLine", "by-line", "bool", "false",
           "Make equal kernels of different lines of the program each">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ExpandHalvesPass : Pass<"agc-expand-halves", "::mlir::func::FuncOp"> {
  let summary = "Compute in f32 what is in bf16 or f16; convert by integer code";
  let description = [{
    After it there is no bf16 or f16: they are loaded, stored, moved and chosen from as
    i16, and nothing is left that a target might have a library for.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def ExpandMathPass : Pass<"agc-expand-math", "::mlir::ModuleOp"> {
  let summary = "Replace exponentials and the like by arithmetic";
  let description = [{
    Of f32 and f64, alike for scalars and vectors of any width, so that a loop's
    remainder has the bits of its body and no loop calls a library. Angles from
    2^20 on are reduced by a function that the module is given.
  }];
  let options = [
    Option<"hasFMA", "has-fma", "bool", "false",
           "The machine multiplies and adds with one rounding">
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

#endif
