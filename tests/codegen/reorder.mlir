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

// Of a convolution by tiles the weights are transformed from where they lie, also those of
// another order of channels; not if a window's elements are apart.
// CHECK-LABEL: func.func @weights
// CHECK-SAME: %[[X:[^:]*]]: memref<147456xf32> {{[^%]*}}, %[[V:[^:]*]]: memref<36864xf32> {{[^%]*}}, %[[W:[^:]*]]: memref<36864xf32> {{[^%]*}}, %[[U:[^:]*]]: memref<36864xf32>
// CHECK-DAG: call @winograd_to_window_64x3x3x64_of_map(%[[V]]
// CHECK-DAG: call @winograd_to_window_64x3x3x64_of_map_1(%[[W]]
// CHECK-DAG: call @map_64x9x64(%[[U]], %[[COPY:[^,]*]], {{.*}}agc.reorder = "an argument lies in the caller's order"
// CHECK-DAG: call @winograd_to_window_64x3x3x64(%[[COPY]]
func.func @weights(%x: tensor<16x64x12x12xf32>, %v: tensor<64x64x3x3xf32>, %w: tensor<64x64x3x3xf32>, %u: tensor<3x3x64x64xf32>) -> tensor<16x64x12x12xf32> {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<16x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<16x64x12x12xf32>
  %1 = agc.transpose %w {permutation = array<i64: 1, 0, 2, 3>} : tensor<64x64x3x3xf32> to tensor<64x64x3x3xf32>
  %2 = agc.conv %0, %1 {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<16x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<16x64x12x12xf32>
  %3 = agc.transpose %u {permutation = array<i64: 3, 2, 0, 1>} : tensor<3x3x64x64xf32> to tensor<64x64x3x3xf32>
  %4 = agc.conv %2, %3 {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<16x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<16x64x12x12xf32>
  return %4 : tensor<16x64x12x12xf32>
}
