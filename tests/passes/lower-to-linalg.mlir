// RUN: agc-opt %s -agc-lower-to-linalg | FileCheck %s

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d6, d2 * 2 + d4, d3 * 2 + d5)>

// CHECK-LABEL: @elementwise
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK: math.tanh
func.func @elementwise(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = agc.tanh %x : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// u8 is signless below the graph; the comparison remembers.
// CHECK-LABEL: @unsigned
// CHECK-SAME: tensor<3xi8>
// CHECK: arith.cmpi ult
func.func @unsigned(%x: tensor<3xui8>, %y: tensor<3xui8>) -> tensor<3xi1> {
  %p = agc.compare "lt" %x, %y : tensor<3xui8>
  return %p : tensor<3xi1>
}

// CHECK-LABEL: @broadcast
// CHECK: indexing_maps = [#[[ROW]], #[[ALL]]]
func.func @broadcast(%x: tensor<2xf32>) -> tensor<2x3xf32> {
  %y = agc.broadcast %x {dimensions = array<i64: 0>} : tensor<2xf32> to tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: @reduction
// CHECK: %[[ZERO:.*]] = arith.constant 0.0
// CHECK: linalg.fill ins(%[[ZERO]]
// CHECK: indexing_maps = [#[[ALL]], #[[ROW]]], iterator_types = ["parallel", "reduction"]
// CHECK: arith.addf
func.func @reduction(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %y = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<2x3xf32> to tensor<2xf32>
  return %y : tensor<2xf32>
}

// Padded once, then one product over affine indices.
// CHECK-LABEL: @convolution
// CHECK: tensor.insert_slice {{.*}} into {{.*}} : tensor<1x3x8x8xf32> into tensor<1x3x10x10xf32>
// CHECK: linalg.generic {indexing_maps = [#[[WINDOW]]
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @convolution(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x4x4xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x4x4xf32>
  return %y : tensor<1x4x4x4xf32>
}

// Control, not arithmetic: it stays.
// CHECK-LABEL: @check
// CHECK: agc.check_range
func.func @check(%x: tensor<5xi64>) -> tensor<5xi64> {
  %y = agc.check_range %x {lower = 0 : i64, upper = 10 : i64, message = "labels"} : tensor<5xi64>
  return %y : tensor<5xi64>
}

// A gather looks up in the body of a map; the nearest index in range counts.
// CHECK-LABEL: @gather
// CHECK: linalg.generic
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %{{.*}}] : tensor<4x2xf32>
func.func @gather(%x: tensor<4x2xf32>, %i: tensor<3xi64>) -> tensor<3x2xf32> {
  %y = agc.gather %x, %i {batch = 0 : i64} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// CHECK-LABEL: @scatter
// CHECK: agc.scatter
func.func @scatter(%x: tensor<4xui8>, %i: tensor<3xi64>, %u: tensor<3xui8>) -> tensor<4xui8> {
  %y = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<4xui8>, tensor<3xi64>, tensor<3xui8>) -> tensor<4xui8>
  return %y : tensor<4xui8>
}

// A product of which nothing is summed is a map, and adds to nothing.
// CHECK-LABEL: @outer_product
// CHECK-NOT: linalg.fill
// CHECK: iterator_types = ["parallel", "parallel"]
// CHECK: arith.mulf
// CHECK-NEXT: linalg.yield
func.func @outer_product(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %z = agc.einsum %x, %y {spec = "a,b->ab"} : (tensor<2xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// CHECK-LABEL: @over_no_dimension
// CHECK-SAME: %[[X:.*]]: tensor<2xf32>
// CHECK-NEXT: return %[[X]]
func.func @over_no_dimension(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = agc.reduce_max %x {dimensions = array<i64>} : tensor<2xf32> to tensor<2xf32>
  return %z : tensor<2xf32>
}

// CHECK-LABEL: @by_a_scalar
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %{{.*}}] : tensor<4x2xf32>
func.func @by_a_scalar(%x: tensor<4x2xf32>, %i: tensor<i64>) -> tensor<2xf32> {
  %y = agc.gather %x, %i {batch = 0 : i64} : (tensor<4x2xf32>, tensor<i64>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// Slices of nothing would begin outside of their tensor.
// CHECK-LABEL: @nothing
// CHECK-NOT: _slice
// CHECK: return
func.func @nothing(%x: tensor<0x2xf32>, %y: tensor<3x2xf32>) -> (tensor<2x2xf32>, tensor<0x2xf32>, tensor<0x4xf32>) {
  %a = agc.pad %x {low = array<i64: 1, 0>, high = array<i64: 1, 0>, interior = array<i64: 0, 0>, value = 1.0 : f64} : tensor<0x2xf32> to tensor<2x2xf32>
  %b = agc.slice %y {starts = array<i64: 3, 0>, limits = array<i64: 3, 2>, strides = array<i64: 1, 1>} : tensor<3x2xf32> to tensor<0x2xf32>
  %c = agc.concat %x, %x {dimension = 1 : i64} : (tensor<0x2xf32>, tensor<0x2xf32>) -> tensor<0x4xf32>
  return %a, %b, %c : tensor<2x2xf32>, tensor<0x2xf32>, tensor<0x4xf32>
}
