// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels=vector-bytes=32 | FileCheck %s

// A matrix takes 16384 bytes. The second product has its operand and its result
// alive; the last result is the caller's.
// CHECK-LABEL: func.func @chain
// CHECK-SAME: memref<32768xi8>) attributes {{.*}}agc.least = 32768 : i64
func.func @chain(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %a = agc.einsum %x, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %b = agc.einsum %a, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %c = agc.einsum %b, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %c : tensor<64x64xf32>
}

// The first is read once more, last: three are alive at the third product.
// CHECK-LABEL: func.func @kept
// CHECK-SAME: memref<49152xi8>) attributes {{.*}}agc.least = 49152 : i64
func.func @kept(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %a = agc.einsum %x, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %b = agc.einsum %a, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %c = agc.einsum %b, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %d = agc.einsum %a, %c {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %d : tensor<64x64xf32>
}

// A number takes a whole cache line.
// CHECK-LABEL: func.func @small
// CHECK-SAME: memref<64xi8>) attributes {{.*}}agc.least = 64 : i64
func.func @small(%x: tensor<4x4xf32>) -> tensor<4xf32> {
  %s = agc.reduce_sum %x {dimensions = array<i64: 0, 1>} : tensor<4x4xf32> to tensor<f32>
  %v = agc.broadcast %s {dimensions = array<i64>} : tensor<f32> to tensor<4xf32>
  return %v : tensor<4xf32>
}

// An optimizer's number of steps, and what is computed of it, takes next to nothing: it is
// there before the first update, which then waits for nothing. Two matrices are alive, not
// three.
// CHECK-LABEL: func.func @updates_wait_for_no_number
// CHECK-SAME: memref<32832xi8>) attributes {{.*}}agc.least = 32832 : i64
// CHECK: call @product_64x64_over_64(
// CHECK: call @map(
// CHECK: call @map_4096(
// CHECK: call @product_64x64_over_64(
func.func @updates_wait_for_no_number(%x: tensor<64x64xf32>, %t: tensor<f32>, %w: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> (tensor<64x64xf32> {agc.updates = 2 : i64}, tensor<64x64xf32> {agc.updates = 3 : i64}) {
  %a = agc.einsum %x, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %b = agc.einsum %a, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %c = agc.einsum %b, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %d = agc.einsum %c, %x {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %n = agc.exp %t : tensor<f32>
  %s = agc.broadcast %n {dimensions = array<i64>} : tensor<f32> to tensor<64x64xf32>
  %as = agc.mul %a, %s : tensor<64x64xf32>
  %w1 = agc.sub %w, %as : tensor<64x64xf32>
  %ds = agc.mul %d, %s : tensor<64x64xf32>
  %v1 = agc.sub %v, %ds : tensor<64x64xf32>
  return %w1, %v1 : tensor<64x64xf32>, tensor<64x64xf32>
}
