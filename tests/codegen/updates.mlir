// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels=vector-bytes=32 -canonicalize | FileCheck %s

// The gradient never is in memory: the kernel that sums it writes momentum and weight.
// CHECK-LABEL: func.func @updates_state_in_the_gradients_kernel
// CHECK-SAME: %[[W:[^:]*]]: memref<64xf32> {{.*}}, %[[M:[^:]*]]: memref<64xf32> {{.*}}, %[[X:[^:]*]]: memref<64xf32> {{.*}}, %[[DY:[^:]*]]: memref<64xf32>
// CHECK-NOT: call @map
// CHECK: call @product_8x8_over_8_then_map{{.*}}(%[[X]], %[[DY]], %{{.*}}, %{{.*}}, %[[M]], %[[W]],
// CHECK-NEXT: return
func.func @updates_state_in_the_gradients_kernel(%w: tensor<8x8xf32>, %m: tensor<8x8xf32>, %x: tensor<8x8xf32>, %dy: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 1 : i64}, tensor<8x8xf32> {agc.updates = 0 : i64}) {
  %g = agc.einsum %x, %dy {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %n = agc.add %m, %g : tensor<8x8xf32>
  %v = agc.sub %w, %n : tensor<8x8xf32>
  return %n, %v : tensor<8x8xf32>, tensor<8x8xf32>
}

// Where it is, the list says why.
// CHECK-LABEL: func.func @updates_apart
// CHECK: call @map_64{{.*}}{agc.apart = "its gradient is returned"}
// CHECK: call @map_64{{.*}}{agc.apart = "its gradient is summed up, too, as for a norm"}
// CHECK: call @map_8x8{{.*}}{agc.apart = "its gradient lies in another order"}
func.func @updates_apart(%u: tensor<8x8xf32>, %v: tensor<8x8xf32>, %w: tensor<8x8xf32>, %x: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 0 : i64}, tensor<8x8xf32>, tensor<8x8xf32> {agc.updates = 1 : i64}, tensor<f32>, tensor<8x8xf32> {agc.updates = 2 : i64}) {
  %g = agc.einsum %x, %x {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = agc.sub %u, %g : tensor<8x8xf32>
  %h = agc.einsum %x, %x {spec = "mk,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = agc.sub %v, %h : tensor<8x8xf32>
  %s = agc.reduce_sum %h {dimensions = array<i64: 0, 1>} : tensor<8x8xf32> to tensor<f32>
  %k = agc.einsum %x, %x {spec = "mk,nk->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %t = agc.transpose %k {permutation = array<i64: 1, 0>} : tensor<8x8xf32> to tensor<8x8xf32>
  %3 = agc.sub %w, %t : tensor<8x8xf32>
  return %1, %g, %2, %s, %3 : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<f32>, tensor<8x8xf32>
}

// Clipped by its norm: the norm must be there before the first element is.
// CHECK-LABEL: func.func @clipped
// CHECK: call @map_64{{.*}}{agc.apart = "its gradient is summed up, too, as for a norm"}
func.func @clipped(%w: tensor<8x8xf32>, %x: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 0 : i64}) {
  %g = agc.einsum %x, %x {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %q = agc.mul %g, %g : tensor<8x8xf32>
  %s = agc.reduce_sum %q {dimensions = array<i64: 0, 1>} : tensor<8x8xf32> to tensor<f32>
  %n = agc.rsqrt %s : tensor<f32>
  %b = agc.broadcast %n {dimensions = array<i64>} : tensor<f32> to tensor<8x8xf32>
  %c = agc.mul %g, %b : tensor<8x8xf32>
  %1 = agc.sub %w, %c : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// A weight that is used twice: one product is in memory, the other's kernel adds it.
// CHECK-LABEL: func.func @tied
// CHECK: call @product_8x8_over_8(
// CHECK: call @product_8x8_over_8_then_map{{.*}}{agc.apart = "one part of its gradient is in memory, as it is used more than once"}
func.func @tied(%w: tensor<8x8xf32>, %x: tensor<8x8xf32>, %y: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 0 : i64}) {
  %g = agc.einsum %x, %x {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %h = agc.einsum %y, %y {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %s = agc.add %g, %h : tensor<8x8xf32>
  %1 = agc.sub %w, %s : tensor<8x8xf32>
  return %1 : tensor<8x8xf32>
}

// Of a convolution by tiles it comes from points: so does what is returned in the caller's
// order.
// CHECK-LABEL: func.func @from_points
// CHECK-SAME: %[[W:[^:]*]]: memref<18432xf32> {{.*}}, %[[M:[^:]*]]: memref<18432xf32> {{.*}}, %{{.*}}: memref<65536xf32> {{.*}}, %{{.*}}: memref<32768xf32> {{.*}}, %[[G:[^:]*]]: memref<18432xf32>
// CHECK-NOT: agc.apart
// CHECK-DAG: call @winograd_from_window_32x3x3x64_then_map{{.*}}(%{{.*}}, %[[M]], %[[W]], %[[M]], %[[W]], %
// CHECK-DAG: call @winograd_from_window_32x3x3x64_then_map{{.*}}(%{{.*}}, %[[G]], %
// CHECK: return
func.func @from_points(%w: tensor<32x64x3x3xf32>, %m: tensor<32x64x3x3xf32>, %x: tensor<4x64x16x16xf32>, %dy: tensor<4x32x16x16xf32>) -> (tensor<32x64x3x3xf32> {agc.updates = 1 : i64}, tensor<32x64x3x3xf32> {agc.updates = 0 : i64}, tensor<32x64x3x3xf32>) {
  %g = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<4x32x16x16xf32>) -> tensor<32x64x3x3xf32>
  %n = agc.add %m, %g : tensor<32x64x3x3xf32>
  %v = agc.sub %w, %n : tensor<32x64x3x3xf32>
  %y = agc.mul %x, %x : tensor<4x64x16x16xf32>
  %h = agc.conv_weight_grad %y, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<4x32x16x16xf32>) -> tensor<32x64x3x3xf32>
  return %n, %v, %h : tensor<32x64x3x3xf32>, tensor<32x64x3x3xf32>, tensor<32x64x3x3xf32>
}

// Another order of the channels; more than one reader.
// CHECK-LABEL: func.func @from_points_apart
// CHECK-DAG: call @map{{.*}}agc.apart = "its gradient comes out of a convolution by tiles, not as the update takes it"
// CHECK-DAG: call @map{{.*}}agc.apart = "its gradient is summed up, too, as for a norm"
func.func @from_points_apart(%u: tensor<64x32x3x3xf32>, %v: tensor<32x64x3x3xf32>, %x: tensor<4x64x16x16xf32>, %dy: tensor<4x32x16x16xf32>) -> (tensor<64x32x3x3xf32> {agc.updates = 0 : i64}, tensor<32x64x3x3xf32> {agc.updates = 1 : i64}, tensor<f32>) {
  %g = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<4x32x16x16xf32>) -> tensor<32x64x3x3xf32>
  %t = agc.transpose %g {permutation = array<i64: 1, 0, 2, 3>} : tensor<32x64x3x3xf32> to tensor<64x32x3x3xf32>
  %1 = agc.sub %u, %t : tensor<64x32x3x3xf32>
  %y = agc.mul %x, %x : tensor<4x64x16x16xf32>
  %h = agc.conv_weight_grad %y, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<4x32x16x16xf32>) -> tensor<32x64x3x3xf32>
  %s = agc.reduce_sum %h {dimensions = array<i64: 0, 1, 2, 3>} : tensor<32x64x3x3xf32> to tensor<f32>
  %2 = agc.sub %v, %h : tensor<32x64x3x3xf32>
  return %1, %2, %s : tensor<64x32x3x3xf32>, tensor<32x64x3x3xf32>, tensor<f32>
}
