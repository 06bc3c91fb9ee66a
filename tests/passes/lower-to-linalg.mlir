// RUN: agc-opt %s -agc-lower-to-linalg | FileCheck %s

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d6, d2 * 2 + d4, d3 * 2 + d5)>

// CHECK-DAG: #[[BETWEEN:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, d3 - d2 + 1)>

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

// Every second input meets the same elements of the window: one element for the
// phase of even inputs, two for that of the odd ones, and each goes where it belongs.
// CHECK-LABEL: @phases_of_a_stride
// CHECK-SAME: (%[[DY:.*]]: tensor<1x4x4xf32>, %[[W:.*]]: tensor<4x3x3xf32>)
// CHECK: %[[DX:.*]] = tensor.empty() : tensor<1x3x8xf32>
// CHECK: %[[MIDDLE:.*]] = tensor.extract_slice %[[W]][0, 0, 1] [4, 3, 1] [1, 1, 2]
// CHECK: %[[EVEN:.*]] = linalg.generic {{.*}} ins(%[[DY]], %[[MIDDLE]] :
// CHECK: %[[ONE:.*]] = tensor.insert_slice %[[EVEN]] into %[[DX]][0, 0, 0] [1, 3, 4] [1, 1, 2]
// CHECK: %[[ENDS:.*]] = tensor.extract_slice %[[W]][0, 0, 0] [4, 3, 2] [1, 1, 2]
// CHECK: %[[ODD:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[ENDS]] : tensor<1x4x5xf32>
// CHECK: tensor.insert_slice %[[ODD]] into %[[ONE]][0, 0, 1] [1, 3, 4] [1, 1, 2]
func.func @phases_of_a_stride(%dy: tensor<1x4x4xf32>, %w: tensor<4x3x3xf32>) -> tensor<1x3x8xf32> {
  %dx = agc.conv_input_grad %dy, %w {strides = array<i64: 2>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x4xf32>, tensor<4x3x3xf32>) -> tensor<1x3x8xf32>
  return %dx : tensor<1x3x8xf32>
}

// Each window has both inputs in it: nothing is padded.
// CHECK-LABEL: @sum_over_inputs
// CHECK-NOT: tensor<64x4x4xf32>
// CHECK: linalg.generic {indexing_maps = [#[[INPUT:.*]], #[[BETWEEN]], #{{.*}}], {{.*}} ins(%{{.*}}, %{{.*}} : tensor<64x4x2xf32>, tensor<3x4x3xf32>)
func.func @sum_over_inputs(%x: tensor<64x4x2xf32>, %w: tensor<3x4x3xf32>) -> tensor<64x3x2xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<64x4x2xf32>, tensor<3x4x3xf32>) -> tensor<64x3x2xf32>
  return %y : tensor<64x3x2xf32>
}

// Of each of the window's elements, the outputs that meet an input.
// CHECK-LABEL: @weights_by_element
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8x4x1xf32>, tensor<8x3x1xf32>) outs(%{{.*}} : tensor<3x4x1xf32>)
// CHECK: tensor.insert_slice %{{.*}}[0, 0, 0] [3, 4, 1]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8x4x2xf32>, tensor<8x3x2xf32>) outs(%{{.*}} : tensor<3x4x1xf32>)
// CHECK: tensor.insert_slice %{{.*}}[0, 0, 1] [3, 4, 1]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8x4x1xf32>, tensor<8x3x1xf32>) outs(%{{.*}} : tensor<3x4x1xf32>)
// CHECK: tensor.insert_slice %{{.*}}[0, 0, 2] [3, 4, 1]
func.func @weights_by_element(%x: tensor<8x4x2xf32>, %dy: tensor<8x3x2xf32>) -> tensor<3x4x3xf32> {
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<8x4x2xf32>, tensor<8x3x2xf32>) -> tensor<3x4x3xf32>
  return %dw : tensor<3x4x3xf32>
}

// Few positions beside many weights: those are read as they lie, patches are made.
// CHECK-LABEL: @patches
// CHECK-SAME: %[[W:[^:]*]]: tensor<20x4x3xf32>
// CHECK: %[[X:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x5x4x3xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[W]] :
func.func @patches(%x: tensor<1x4x5xf32>, %w: tensor<20x4x3xf32>) -> tensor<1x20x5xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x5xf32>, tensor<20x4x3xf32>) -> tensor<1x20x5xf32>
  return %y : tensor<1x20x5xf32>
}

// Their gradient is a product in the weights' order, then each element is added to
// where it was taken from.
// CHECK-LABEL: @gradient_of_patches
// CHECK: %[[DX:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x5x4x3xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[DX]] : tensor<1x5x4x3xf32>) outs(%{{.*}} : tensor<1x4x7xf32>)
// CHECK: tensor.extract_slice
func.func @gradient_of_patches(%dy: tensor<1x20x5xf32>, %w: tensor<20x4x3xf32>) -> tensor<1x4x5xf32> {
  %dx = agc.conv_input_grad %dy, %w {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x20x5xf32>, tensor<20x4x3xf32>) -> tensor<1x4x5xf32>
  return %dx : tensor<1x4x5xf32>
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
