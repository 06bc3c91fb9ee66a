// RUN: agc-opt %s -agc-lower-to-linalg -agc-fuse-elementwise -agc-assign-layout -canonicalize -cse | FileCheck %s

// Between the convolutions nothing converts: the rectifier works on what the
// first leaves and pads for the second.
// CHECK-LABEL: @no_conversion_between_convolutions
// The image and the two kernels come in the shape's order.
// CHECK: tensor<1x8x8x3xf32>
// CHECK: tensor.insert_slice {{.*}} : tensor<1x8x8x3xf32> into tensor<1x10x10x3xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x10x10x3xf32>, tensor<4x3x3x3xf32>) outs(%{{.*}} : tensor<1x8x8x4xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<1x8x8x4xf32>) outs(%{{.*}} : tensor<1x8x8x4xf32>)
// CHECK: arith.cmpf olt
// CHECK: arith.select
// CHECK: tensor.insert_slice {{.*}} : tensor<1x8x8x4xf32> into tensor<1x10x10x4xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x10x10x4xf32>, tensor<5x3x3x4xf32>)
func.func @no_conversion_between_convolutions(%x: tensor<1x3x8x8xf32>, %v: tensor<4x3x3x3xf32>, %w: tensor<5x4x3x3xf32>) -> tensor<5xf32> {
  %1 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  %2 = agc.relu %1 : tensor<1x4x8x8xf32>
  %3 = agc.conv %2, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x4x8x8xf32>, tensor<5x4x3x3xf32>) -> tensor<1x5x8x8xf32>
  %4 = agc.reduce_sum %3 {dimensions = array<i64: 0, 2, 3>} : tensor<1x5x8x8xf32> to tensor<5xf32>
  return %4 : tensor<5xf32>
}

// Patches and weights stay as they are; what comes of them is channels-last, and so
// is the gradient that is multiplied with them. A product that sums patches of all
// positions has the weights' order.
// CHECK-LABEL: @patches
// CHECK-SAME: %[[W:[^:]*]]: tensor<20x4x3xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[W]] : tensor<1x5x4x3xf32>, tensor<20x4x3xf32>) outs(%{{.*}} : tensor<1x5x20xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<1x5x4x3xf32>, tensor<1x5x20xf32>) outs(%{{.*}} : tensor<20x4x3xf32>)
func.func @patches(%x: tensor<1x4x5xf32>, %w: tensor<20x4x3xf32>) -> (tensor<20xf32>, tensor<20x4x3xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x5xf32>, tensor<20x4x3xf32>) -> tensor<1x20x5xf32>
  %s = agc.reduce_sum %y {dimensions = array<i64: 0, 2>} : tensor<1x20x5xf32> to tensor<20xf32>
  %e = agc.exp %y : tensor<1x20x5xf32>
  %dw = agc.conv_weight_grad %x, %e {strides = array<i64: 1>, low = array<i64: 1>, high = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x4x5xf32>, tensor<1x20x5xf32>) -> tensor<20x4x3xf32>
  return %s, %dw : tensor<20xf32>, tensor<20x4x3xf32>
}

// A window of one element: where dimensions of one are does not matter, and nothing
// is copied.
// CHECK-LABEL: @window_of_one
// CHECK-NOT: linalg.generic {{.*}} outs(%{{.*}} : tensor<5x1x4xf32>)
// CHECK: tensor.expand_shape {{.*}} into tensor<5x1x4xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<8x9x4xf32>, tensor<5x1x4xf32>) outs(%{{.*}} : tensor<8x9x5xf32>)
func.func @window_of_one(%x: tensor<8x9x4xf32>, %w: tensor<5x4x1xf32>) -> tensor<5xf32> {
  %t = agc.transpose %x {permutation = array<i64: 0, 2, 1>} : tensor<8x9x4xf32> to tensor<8x4x9xf32>
  %y = agc.conv %t, %w {strides = array<i64: 1>, low = array<i64: 0>, high = array<i64: 0>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<8x4x9xf32>, tensor<5x4x1xf32>) -> tensor<8x5x9xf32>
  %s = agc.reduce_sum %y {dimensions = array<i64: 0, 2>} : tensor<8x5x9xf32> to tensor<5xf32>
  return %s : tensor<5xf32>
}

// No convolution, no opinion.
// CHECK-LABEL: @leaves_others_alone
// CHECK-NOT: tensor<4x2x3xf32>
// CHECK: return
func.func @leaves_others_alone(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %1 = agc.exp %x : tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// Three channels fill no vector: a filter's gradient has its outputs last.
// CHECK-LABEL: @filters_of_few_channels
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x11x11x3xf32>, tensor<2x9x9x32xf32>) outs(%{{.*}} : tensor<3x3x3x32xf32>)
func.func @filters_of_few_channels(%x: tensor<2x3x11x11xf32>, %dy: tensor<2x32x9x9xf32>) -> tensor<32x3x3x3xf32> {
  %1 = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x3x11x11xf32>, tensor<2x32x9x9xf32>) -> tensor<32x3x3x3xf32>
  return %1 : tensor<32x3x3x3xf32>
}

// CHECK-LABEL: @filters_of_many
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<32x3x3x16xf32>)
func.func @filters_of_many(%x: tensor<2x16x11x11xf32>, %dy: tensor<2x32x9x9xf32>) -> tensor<32x16x3x3xf32> {
  %1 = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x16x11x11xf32>, tensor<2x32x9x9xf32>) -> tensor<32x16x3x3xf32>
  return %1 : tensor<32x16x3x3xf32>
}

// What steps leave out of an argument is not copied into another order; and what the
// weights' gradient sums up side by side is read as it lies.
// CHECK-LABEL: @window_of_one_by_two
// CHECK: %[[PART:.*]] = tensor.extract_slice %arg0[0, 0, 0, 0] [2, 16, 4, 4] [1, 1, 2, 2]
// CHECK: linalg.generic {{.*}} ins(%[[PART]] : {{.*}}) outs(%{{.*}} : tensor<2x4x4x16xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<2x4x4x16xf32>, tensor<32x1x1x16xf32>) outs(%{{.*}} : tensor<2x4x4x32xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %arg2 : tensor<2x4x4x16xf32>, tensor<2x32x4x4xf32>) outs(%{{.*}} : tensor<32x16x1x1xf32>)
func.func @window_of_one_by_two(%x: tensor<2x16x8x8xf32>, %w: tensor<32x16x1x1xf32>, %dy: tensor<2x32x4x4xf32>) -> (tensor<2x32x4x4xf32>, tensor<32x16x1x1xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x16x8x8xf32>, tensor<32x16x1x1xf32>) -> tensor<2x32x4x4xf32>
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x16x8x8xf32>, tensor<2x32x4x4xf32>) -> tensor<32x16x1x1xf32>
  return %y, %dw : tensor<2x32x4x4xf32>, tensor<32x16x1x1xf32>
}

// Nor of what the function returns, which is made again in the order that it had.
// CHECK-LABEL: @window_of_one_by_two_of_a_result
// CHECK: %[[MADE:.*]] = linalg.generic
// CHECK: math.tanh
// CHECK: %[[PART:.*]] = tensor.extract_slice %[[MADE]][0, 0, 0, 0] [2, 16, 4, 4] [1, 1, 2, 2]
// CHECK: return %[[MADE]]
func.func @window_of_one_by_two_of_a_result(%x: tensor<2x16x8x8xf32>, %w: tensor<32x16x1x1xf32>) -> (tensor<2x16x8x8xf32>, tensor<2x32x4x4xf32>) {
  %made = agc.tanh %x : tensor<2x16x8x8xf32>
  %y = agc.conv %made, %w {strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x16x8x8xf32>, tensor<32x16x1x1xf32>) -> tensor<2x32x4x4xf32>
  return %made, %y : tensor<2x16x8x8xf32>, tensor<2x32x4x4xf32>
}
