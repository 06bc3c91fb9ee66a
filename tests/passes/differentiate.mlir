// RUN: agc-opt %s -agc-differentiate -canonicalize -cse -split-input-file -verify-diagnostics | FileCheck %s
// RUN: agc-opt %s -agc-differentiate -split-input-file -verify-diagnostics -mlir-print-debuginfo -mlir-print-local-scope | FileCheck %s --check-prefix=LOC

// CHECK-LABEL: @tanh
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: %[[ONE:.*]] = agc.constant {value = 1.0
// CHECK: %[[Z:.*]] = agc.tanh %[[X]]
// CHECK: %[[SQUARE:.*]] = agc.mul %[[Z]], %[[Z]]
// CHECK: %[[SLOPE:.*]] = agc.sub %[[ONE]], %[[SQUARE]]
// CHECK: %[[DX:.*]] = agc.mul %[[DZ]], %[[SLOPE]]
// CHECK: return %[[DX]]
// The backward carries the forward op it comes from.
// LOC: agc.mul {{.*}} loc(fused<"agc.tanh">
func.func @tanh(%x: tensor<4xf32>, %dz: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.tanh %x : tensor<4xf32>
  %dx = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dx : tensor<4xf32>
}

// -----

// Cotangents of a value that is used twice are summed, once.
// CHECK-LABEL: @sums_where_paths_meet
// CHECK-SAME: %[[X:.*]]: tensor<f32>, %[[DZ:.*]]: tensor<f32>
// CHECK: %[[A:.*]] = agc.mul %[[DZ]], %[[X]]
// CHECK: %[[SUM:.*]] = agc.add %[[A]], %[[A]]
// CHECK-NOT: agc.add
// CHECK: return %[[SUM]]
func.func @sums_where_paths_meet(%x: tensor<f32>, %dz: tensor<f32>) -> tensor<f32> {
  %z = agc.mul %x, %x : tensor<f32>
  %dx = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %dx : tensor<f32>
}

// -----

// Of a frozen operand nothing is generated: one product, not two.
// CHECK-LABEL: @skips_what_is_not_asked_for
// CHECK-COUNT-2: agc.einsum
// CHECK-NOT: agc.einsum
func.func @skips_what_is_not_asked_for(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %dz: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<3x4xf32>) {
  %z = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %dw = agc.gradient %z, %dz, %w {outputs = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return %z, %dw : tensor<2x4xf32>, tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @is_zero_where_nothing_depends
// CHECK: %[[ZERO:.*]] = agc.constant {{.*}} : tensor<4xf32>
// CHECK: return %[[ZERO]]
func.func @is_zero_where_nothing_depends(%x: tensor<4xf32>, %y: tensor<4xf32>, %dz: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.exp %x : tensor<4xf32>
  %s = agc.stop_gradient %y : tensor<4xf32>
  %w = agc.mul %z, %s : tensor<4xf32>
  %dy = agc.gradient %w, %dz, %y {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dy : tensor<4xf32>
}

// -----

// The gradient of a gradient is taken of what the first became.
// CHECK-LABEL: @second_order
// CHECK-NOT: agc.gradient
// CHECK: agc.sin
// CHECK: return
func.func @second_order(%x: tensor<f32>, %one: tensor<f32>) -> tensor<f32> {
  %y = agc.sin %x : tensor<f32>
  %d1 = agc.gradient %y, %one, %x {outputs = 1 : i64} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %d2 = agc.gradient %d1, %one, %x {outputs = 1 : i64} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %d2 : tensor<f32>
}
