// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels=vector-bytes=32 -canonicalize | FileCheck %s

// What only brings elements into another order says why; what repeats or pads
// them in the order that they have does not.
// CHECK-LABEL: func.func @orders
// CHECK: call @map_16x8({{.*}}{agc.reorder = "an argument lies in the caller's order"}
// CHECK-NOT: agc.reorder
// CHECK: return
func.func @orders(%x: tensor<8x16xf32>, %y: tensor<8xf32>) -> (tensor<16x8xf32>, tensor<16x8xf32>, tensor<10x8xf32>) {
  %t = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<8x16xf32> to tensor<16x8xf32>
  %b = agc.broadcast %y {dimensions = array<i64: 1>} : tensor<8xf32> to tensor<16x8xf32>
  %s = agc.slice %b {starts = array<i64: 0, 0>, limits = array<i64: 10, 8>, strides = array<i64: 1, 1>} : tensor<16x8xf32> to tensor<10x8xf32>
  return %t, %b, %s : tensor<16x8xf32>, tensor<16x8xf32>, tensor<10x8xf32>
}

// A result of a product, which is the caller's.
// CHECK-LABEL: func.func @result
// CHECK: agc.reorder = "a result goes to the caller in its order"
func.func @result(%x: tensor<8x4xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %p = agc.einsum %x, %x {spec = "mk,nk->mn"} : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32>
  %t = agc.transpose %p {permutation = array<i64: 1, 0>} : tensor<8x8xf32> to tensor<8x8xf32>
  return %p, %t : tensor<8x8xf32>, tensor<8x8xf32>
}
