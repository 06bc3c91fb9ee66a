// RUN: agc-opt %s -agc-to-loops-strict -agc-winograd | FileCheck %s --check-prefixes=CHECK,BLOCKS
// RUN: agc-opt %s -agc-to-loops | FileCheck %s --check-prefixes=CHECK,LOOPS
// RUN: agc-opt %s -agc-to-loops-strict | FileCheck %s --check-prefix=STRICT --implicit-check-not=winograd

// STRICT-COUNT-27: arith.mulf

// The padded copy is gone, tiles that do not come out even are the transform's
// matter; the window is read as it lies.
// CHECK-LABEL: @forward
// CHECK-NOT: tensor.insert_slice
// CHECK: %[[U:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "window", tile = 4 : i64} : tensor<64x3x3x48xf32> -> tensor<36x1x64x1x1x48xf32>
// CHECK: %[[V:.*]] = winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "input", tile = 4 : i64} : tensor<4x13x18x64xf32> -> tensor<36x4x4x5x64xf32>
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[U]] : tensor<36x4x4x5x64xf32>, tensor<36x1x64x1x1x48xf32>) outs(%{{.*}} : tensor<36x4x4x5x1x48xf32>)
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[M]]
// CHECK: winograd.from_points %[[FLAT]] {of = "output", tile = 4 : i64} : tensor<36x4x4x5x48xf32> -> tensor<4x13x18x48xf32>
func.func @forward(%x: tensor<4x64x13x18xf32>, %w: tensor<48x64x3x3xf32>) -> tensor<4x48x13x18xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x13x18xf32>, tensor<48x64x3x3xf32>) -> tensor<4x48x13x18xf32>
  return %y : tensor<4x48x13x18xf32>
}

// CHECK-LABEL: @input_gradient
// CHECK-NOT: tensor.insert_slice
// CHECK: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "mirrored", tile = 4 : i64} : tensor<48x3x3x64xf32> -> tensor<36x1x48x1x1x64xf32>
// CHECK: winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "input", tile = 4 : i64} : tensor<8x16x16x48xf32> -> tensor<36x8x4x4x48xf32>
// CHECK: winograd.from_points %{{.*}} -> tensor<8x16x16x64xf32>
func.func @input_gradient(%dy: tensor<8x48x16x16xf32>, %w: tensor<48x64x3x3xf32>) -> tensor<8x64x16x16xf32> {
  %dx = agc.conv_input_grad %dy, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x48x16x16xf32>, tensor<48x64x3x3xf32>) -> tensor<8x64x16x16xf32>
  return %dx : tensor<8x64x16x16xf32>
}

// One product for each point, summed over all tiles.
// CHECK-LABEL: @weight_gradient
// CHECK: %[[V:.*]] = winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "input", tile = 4 : i64} : tensor<8x16x16x64xf32> -> tensor<36x8x4x4x64xf32>
// CHECK: %[[D:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "output", tile = 4 : i64} : tensor<8x16x16x48xf32> -> tensor<36x8x4x4x48xf32>
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[D]] :
// CHECK: winograd.from_points %[[M]] {of = "window", tile = 4 : i64} : tensor<36x48x1x1x64xf32> -> tensor<48x3x3x64xf32>
func.func @weight_gradient(%x: tensor<8x64x16x16xf32>, %dy: tensor<8x48x16x16xf32>) -> tensor<48x64x3x3xf32> {
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<8x48x16x16xf32>) -> tensor<48x64x3x3xf32>
  return %dw : tensor<48x64x3x3xf32>
}

// In steps of two, tiles of 2 x 2 results take 5 x 5 points. Of many filters, weights at
// points are panels of 32.
// CHECK-LABEL: @by_two
// CHECK-NOT: tensor.insert_slice
// CHECK: %[[U:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "window", stride = 2 : i64, tile = 2 : i64} : tensor<64x3x3x128xf32> -> tensor<25x4x64x1x1x32xf32>
// CHECK: %[[V:.*]] = winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "input", stride = 2 : i64, tile = 2 : i64} : tensor<8x16x15x64xf32> -> tensor<25x8x4x4x64xf32>
// CHECK: %[[M:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[U]] : tensor<25x8x4x4x64xf32>, tensor<25x4x64x1x1x32xf32>)
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[M]] {{.*}} tensor<25x8x4x4x4x32xf32> into tensor<25x8x4x4x128xf32>
// CHECK: winograd.from_points %[[FLAT]] {of = "output", stride = 2 : i64, tile = 2 : i64} : tensor<25x8x4x4x128xf32> -> tensor<8x8x8x128xf32>
func.func @by_two(%x: tensor<8x64x16x15xf32>, %w: tensor<128x64x3x3xf32>) -> tensor<8x128x8x8xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x15xf32>, tensor<128x64x3x3xf32>) -> tensor<8x128x8x8xf32>
  return %y : tensor<8x128x8x8xf32>
}

// Larger ones where none hangs over the edge, of one image at a time.
// CHECK-LABEL: @by_two_large
// BLOCKS: agc.scan {{.*}}trips = 8 : i64
// BLOCKS: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "input", stride = 2 : i64, tile = 4 : i64} : tensor<1x57x57x128xf32> -> tensor<81x1x7x7x128xf32>
// BLOCKS: winograd.from_points %{{.*}} {of = "output", stride = 2 : i64, tile = 4 : i64} : tensor<81x1x7x7x128xf32> -> tensor<1x28x28x128xf32>
func.func @by_two_large(%x: tensor<8x128x57x57xf32>, %w: tensor<128x128x3x3xf32>) -> tensor<8x128x28x28xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x128x57x57xf32>, tensor<128x128x3x3xf32>) -> tensor<8x128x28x28xf32>
  return %y : tensor<8x128x28x28xf32>
}

// The gradient of the input has no zeros between the cotangent's elements in memory. The
// first result is of one element of the window, with a padding of 1, or of two.
// Under strict it is lowered otherwise, to four sums.
// CHECK-LABEL: @input_gradient_by_two
// LOOPS-NOT: tensor.insert_slice
// LOOPS: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "mirrored", stride = 2 : i64, tile = 2 : i64} : tensor<128x3x3x64xf32> -> tensor<25x1x128x1x1x64xf32>
// LOOPS: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "singles", stride = 2 : i64, tile = 2 : i64} : tensor<8x8x8x128xf32> -> tensor<25x8x4x4x128xf32>
// LOOPS: winograd.from_points %{{.*}} {of = "singles", stride = 2 : i64, tile = 2 : i64} : tensor<25x8x4x4x64xf32> -> tensor<8x16x15x64xf32>
// LOOPS: winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "pairs", stride = 2 : i64, tile = 2 : i64} : tensor<8x8x8x128xf32> -> tensor<25x8x5x5x128xf32>
// LOOPS: winograd.from_points %{{.*}} {of = "pairs", stride = 2 : i64, tile = 2 : i64} : tensor<25x8x5x5x64xf32> -> tensor<8x17x18x64xf32>
func.func @input_gradient_by_two(%dy: tensor<8x128x8x8xf32>, %w: tensor<128x64x3x3xf32>) -> (tensor<8x64x16x15xf32>, tensor<8x64x17x18xf32>) {
  %0 = agc.conv_input_grad %dy, %w {strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x128x8x8xf32>, tensor<128x64x3x3xf32>) -> tensor<8x64x16x15xf32>
  %1 = agc.conv_input_grad %dy, %w {strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x128x8x8xf32>, tensor<128x64x3x3xf32>) -> tensor<8x64x17x18xf32>
  return %0, %1 : tensor<8x64x16x15xf32>, tensor<8x64x17x18xf32>
}

// CHECK-LABEL: @weight_gradient_by_two
// CHECK-NOT: tensor.insert_slice
// CHECK: winograd.to_points %{{.*}} {low = array<i64: 1, 1>, of = "input", stride = 2 : i64, tile = 2 : i64} : tensor<8x16x16x64xf32> -> tensor<25x8x4x4x64xf32>
// CHECK: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "output", stride = 2 : i64, tile = 2 : i64} : tensor<8x8x8x128xf32> -> tensor<25x8x4x4x128xf32>
// CHECK: winograd.from_points %{{.*}} {of = "window", stride = 2 : i64, tile = 2 : i64} : tensor<25x128x1x1x64xf32> -> tensor<128x3x3x64xf32>
func.func @weight_gradient_by_two(%x: tensor<8x64x16x16xf32>, %dy: tensor<8x128x8x8xf32>) -> tensor<128x64x3x3xf32> {
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<8x128x8x8xf32>) -> tensor<128x64x3x3xf32>
  return %dw : tensor<128x64x3x3xf32>
}

// Steps or paddings that differ in both directions.
// CHECK-LABEL: @direct_by_two
// CHECK-NOT: winograd
// CHECK: return
func.func @direct_by_two(%x: tensor<8x64x16x16xf32>, %w: tensor<128x64x3x3xf32>, %dy: tensor<8x128x8x8xf32>) -> (tensor<8x128x8x16xf32>, tensor<8x64x16x17xf32>) {
  %0 = agc.conv %x, %w {strides = array<i64: 2, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<128x64x3x3xf32>) -> tensor<8x128x8x16xf32>
  %1 = agc.conv_input_grad %dy, %w {strides = array<i64: 2, 2>, low = array<i64: 1, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x128x8x8xf32>, tensor<128x64x3x3xf32>) -> tensor<8x64x16x17xf32>
  return %0, %1 : tensor<8x128x8x16xf32>, tensor<8x64x16x17xf32>
}

// Few channels, few images in steps of two, groups, another window, f64, weights for few tiles.
// CHECK-LABEL: @direct
// CHECK-NOT: winograd
// CHECK: return
func.func @direct(%x: tensor<4x64x16x16xf32>, %w: tensor<64x64x3x3xf32>, %a: tensor<64x16x3x3xf32>, %b: tensor<64x64x5x5xf32>, %few: tensor<12x64x3x3xf32>, %d: tensor<4x64x16x16xf64>, %e: tensor<64x64x3x3xf64>, %one: tensor<1x256x4x4xf32>, %v: tensor<256x256x3x3xf32>) -> (tensor<4x64x8x8xf32>, tensor<4x64x16x16xf32>, tensor<4x64x16x16xf32>, tensor<4x12x16x16xf32>, tensor<4x64x16x16xf64>, tensor<1x256x4x4xf32>) {
  %0 = agc.conv %x, %w {strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<64x64x3x3xf32>) -> tensor<4x64x8x8xf32>
  %1 = agc.conv %x, %a {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 4 : i64} : (tensor<4x64x16x16xf32>, tensor<64x16x3x3xf32>) -> tensor<4x64x16x16xf32>
  %2 = agc.conv %x, %b {strides = array<i64: 1, 1>, low = array<i64: 2, 2>, high = array<i64: 2, 2>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<64x64x5x5xf32>) -> tensor<4x64x16x16xf32>
  %3 = agc.conv %x, %few {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf32>, tensor<12x64x3x3xf32>) -> tensor<4x12x16x16xf32>
  %4 = agc.conv %d, %e {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x16x16xf64>, tensor<64x64x3x3xf64>) -> tensor<4x64x16x16xf64>
  %5 = agc.conv %one, %v {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x256x4x4xf32>, tensor<256x256x3x3xf32>) -> tensor<1x256x4x4xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<4x64x8x8xf32>, tensor<4x64x16x16xf32>, tensor<4x64x16x16xf32>, tensor<4x12x16x16xf32>, tensor<4x64x16x16xf64>, tensor<1x256x4x4xf32>
}

// Images of 2 x 2 with zeros around them have 9 points, of which the zeros are no matter.
// CHECK-LABEL: @whole_images
// LOOPS: %[[U:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "window", tile = 2 : i64, whole} : tensor<128x3x3x64xf32> -> tensor<9x1x128x1x1x64xf32>
// LOOPS: %[[V:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "input", tile = 2 : i64, whole} : tensor<32x2x2x128xf32> -> tensor<9x32x1x1x128xf32>
// LOOPS: %[[M:.*]] = linalg.generic {{.*}} ins(%[[V]], %[[U]] :
// LOOPS: %[[FLAT:.*]] = tensor.collapse_shape %[[M]]
// LOOPS: winograd.from_points %[[FLAT]] {of = "output", tile = 2 : i64, whole} : tensor<9x32x1x1x64xf32> -> tensor<32x2x2x64xf32>
// LOOPS: winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "mirrored", tile = 2 : i64, whole} : tensor<64x3x3x128xf32> -> tensor<9x4x64x1x1x32xf32>
// LOOPS: winograd.from_points %{{.*}} -> tensor<32x2x2x128xf32>
// LOOPS: %[[X:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "input", tile = 2 : i64, whole} : tensor<32x2x2x128xf32> -> tensor<9x32x1x1x128xf32>
// LOOPS: %[[DY:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "output", tile = 2 : i64, whole} : tensor<32x2x2x64xf32> -> tensor<9x32x1x1x64xf32>
// LOOPS: %[[DW:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[DY]] :
// LOOPS: winograd.from_points %[[DW]] {of = "window", tile = 2 : i64, whole} : tensor<9x64x1x1x128xf32> -> tensor<64x3x3x128xf32>
// LOOPS-NOT: winograd
// LOOPS: return
func.func @whole_images(%x: tensor<32x128x2x2xf32>, %w: tensor<64x128x3x3xf32>, %dy: tensor<32x64x2x2xf32>) -> (tensor<32x64x2x2xf32>, tensor<32x128x2x2xf32>, tensor<64x128x3x3xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<32x128x2x2xf32>, tensor<64x128x3x3xf32>) -> tensor<32x64x2x2xf32>
  %dx = agc.conv_input_grad %dy, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<32x64x2x2xf32>, tensor<64x128x3x3xf32>) -> tensor<32x128x2x2xf32>
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<32x128x2x2xf32>, tensor<32x64x2x2xf32>) -> tensor<64x128x3x3xf32>
  return %y, %dx, %dw : tensor<32x64x2x2xf32>, tensor<32x128x2x2xf32>, tensor<64x128x3x3xf32>
}

// Few images beside their weights, and images of which one side is another.
// CHECK-LABEL: @direct_of_few_places
// CHECK-NOT: winograd
// CHECK: return
func.func @direct_of_few_places(%x: tensor<8x512x2x2xf32>, %w: tensor<512x512x3x3xf32>, %z: tensor<32x64x2x3xf32>, %v: tensor<64x64x3x3xf32>) -> (tensor<8x512x2x2xf32>, tensor<32x64x2x3xf32>) {
  %0 = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x512x2x2xf32>, tensor<512x512x3x3xf32>) -> tensor<8x512x2x2xf32>
  %1 = agc.conv %z, %v {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<32x64x2x3xf32>, tensor<64x64x3x3xf32>) -> tensor<32x64x2x3xf32>
  return %0, %1 : tensor<8x512x2x2xf32>, tensor<32x64x2x3xf32>
}

// Where all images' values at points are more than caches hold, a block of images at a
// time: transform, product and transform are near each other. So is what brings a block
// into the order that the transform reads.
// CHECK-LABEL: @blocks_of_images
// BLOCKS: %[[U:.*]] = winograd.to_points %{{.*}} {low = array<i64: 0, 0>, of = "window"
// BLOCKS: %[[X:.*]] = tensor.expand_shape %arg0 {{.*}} : tensor<8x64x40x40xf32> into tensor<4x2x64x40x40xf32>
// BLOCKS: %[[Y:.*]] = agc.scan %[[X]], %[[U]] {{.*}}trips = 4 : i64
// BLOCKS: ^bb0(%[[ROW:.*]]: tensor<2x64x40x40xf32>, %
// BLOCKS: %[[BLOCK:.*]] = linalg.generic {{.*}} ins(%[[ROW]] :
// BLOCKS: winograd.to_points %[[BLOCK]] {{.*}} : tensor<2x40x40x64xf32> -> tensor<36x2x10x10x64xf32>
// BLOCKS: linalg.generic
// BLOCKS: winograd.from_points %{{.*}} -> tensor<2x40x40x64xf32>
// BLOCKS: agc.yield
// BLOCKS: tensor.collapse_shape %[[Y]]
func.func @blocks_of_images(%x: tensor<8x64x40x40xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<8x64x40x40xf32> {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x40x40xf32>
  return %y : tensor<8x64x40x40xf32>
}

// A gradient of the weights adds up block by block, at the points.
// CHECK-LABEL: @weights_by_blocks
// BLOCKS: %[[M:.*]] = agc.scan %{{.*}}, %{{.*}}, %{{.*}} {num_carries = 1 : i64, num_xs = 2 : i64, {{.*}}trips = 4 : i64
// BLOCKS: winograd.to_points {{.*}}of = "input"
// BLOCKS: winograd.to_points {{.*}}of = "output"
// BLOCKS: agc.yield
// BLOCKS: winograd.from_points %[[M]] {of = "window"
func.func @weights_by_blocks(%x: tensor<8x64x40x40xf32>, %dy: tensor<8x64x40x40xf32>) -> tensor<64x64x3x3xf32> {
  %dw = agc.conv_weight_grad %x, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<8x64x40x40xf32>) -> tensor<64x64x3x3xf32>
  return %dw : tensor<64x64x3x3xf32>
}

// An image that is made of one other and of numbers for each channel is not in memory:
// transforms, forward and in the weights' gradient, compute it, and so does what else
// reads it.
// CHECK-LABEL: @image_between
// CHECK: %[[Y:.*]] = linalg.generic {{.*}}"reduction"
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}"reduction"{{.*}} ins(%[[Y]], %{{.*}}, %{{.*}} : tensor<8x16x16x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%{{.*}} : tensor<64xf32>)
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %{{.*}}, %{{.*}} : tensor<8x16x16x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%{{.*}} : tensor<8x16x16x64xf32>)
// CHECK: winograd.to_points %[[Z]] {{.*}}of = "input"
// CHECK: %[[AGAIN:.*]] = linalg.generic {{.*}} ins(%[[Y]], %{{.*}}, %{{.*}} : tensor<8x16x16x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%{{.*}} : tensor<8x16x16x64xf32>)
// CHECK: winograd.to_points %[[AGAIN]] {{.*}}of = "input"
func.func @image_between(%x: tensor<8x64x16x16xf32>, %v: tensor<64x64x1x1xf32>, %scale: tensor<64xf32>, %shift: tensor<64xf32>, %w: tensor<64x64x3x3xf32>, %dy: tensor<8x64x16x16xf32>) -> (tensor<64xf32>, tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x1x1xf32>) -> tensor<8x64x16x16xf32>
  %1 = agc.broadcast %scale {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %2 = agc.broadcast %shift {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %3 = agc.mul %0, %1 : tensor<8x64x16x16xf32>
  %4 = agc.add %3, %2 : tensor<8x64x16x16xf32>
  %z = agc.relu %4 : tensor<8x64x16x16xf32>
  %sum = agc.reduce_sum %z {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x16x16xf32> to tensor<64xf32>
  %y = agc.conv %z, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x16x16xf32>
  %dw = agc.conv_weight_grad %z, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<8x64x16x16xf32>) -> tensor<64x64x3x3xf32>
  return %sum, %y, %dw : tensor<64xf32>, tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>
}

// One that a product needs in memory is read from there by all; one of two others stays, too.
// CHECK-LABEL: @images_in_memory
// CHECK: %[[Y:.*]] = linalg.generic {{.*}}"reduction"
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %{{.*}}, %{{.*}} : tensor<8x16x16x64xf32>, tensor<64xf32>, tensor<64xf32>) outs(%{{.*}} : tensor<8x16x16x64xf32>)
// CHECK: winograd.to_points %[[Z]]
// CHECK: winograd.to_points %[[Z]]
func.func @images_in_memory(%x: tensor<8x64x16x16xf32>, %v: tensor<64x64x1x1xf32>, %scale: tensor<64xf32>, %shift: tensor<64xf32>, %w: tensor<64x64x3x3xf32>, %dy: tensor<8x64x16x16xf32>) -> (tensor<8x64x16x16xf32>, tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x1x1xf32>) -> tensor<8x64x16x16xf32>
  %1 = agc.broadcast %scale {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %2 = agc.broadcast %shift {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %3 = agc.mul %0, %1 : tensor<8x64x16x16xf32>
  %4 = agc.add %3, %2 : tensor<8x64x16x16xf32>
  %z = agc.relu %4 : tensor<8x64x16x16xf32>
  %y = agc.conv %z, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x16x16xf32>
  %dw = agc.conv_weight_grad %z, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<8x64x16x16xf32>) -> tensor<64x64x3x3xf32>
  %direct = agc.conv %z, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x1x1xf32>) -> tensor<8x64x16x16xf32>
  return %direct, %y, %dw : tensor<8x64x16x16xf32>, tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>
}

// CHECK-LABEL: @image_of_two
// CHECK: %[[Y:.*]] = linalg.generic {{.*}}"reduction"
// CHECK: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[Y]], %{{.*}}, %{{.*}}, %{{.*}} :
// CHECK: winograd.to_points %[[Z]]
// CHECK: winograd.to_points %[[Z]]
func.func @image_of_two(%x: tensor<8x64x16x16xf32>, %v: tensor<64x64x1x1xf32>, %scale: tensor<64xf32>, %shift: tensor<64xf32>, %w: tensor<64x64x3x3xf32>, %dy: tensor<8x64x16x16xf32>) -> (tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x1x1xf32>) -> tensor<8x64x16x16xf32>
  %1 = agc.broadcast %scale {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %2 = agc.broadcast %shift {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x16x16xf32>
  %3 = agc.mul %0, %1 : tensor<8x64x16x16xf32>
  %4 = agc.add %3, %2 : tensor<8x64x16x16xf32>
  %5 = agc.add %4, %x : tensor<8x64x16x16xf32>
  %z = agc.relu %5 : tensor<8x64x16x16xf32>
  %y = agc.conv %z, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x16x16xf32>
  %dw = agc.conv_weight_grad %z, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<8x64x16x16xf32>) -> tensor<64x64x3x3xf32>
  return %y, %dw : tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>
}

// Blocks of images are computed of blocks of what they are made of.
// CHECK-LABEL: @image_in_blocks
// BLOCKS: %[[YS:.*]] = tensor.expand_shape %{{.*}} : tensor<8x40x40x64xf32> into tensor<4x2x40x40x64xf32>
// BLOCKS: agc.scan %[[YS]], %{{.*}}, %arg2, %arg3 {{.*}}num_xs = 1 : i64, {{.*}}trips = 4 : i64
// BLOCKS: ^bb0(%[[ROW:.*]]: tensor<2x40x40x64xf32>, %{{.*}}: tensor<36x1x64x1x1x64xf32>, %[[SCALE:.*]]: tensor<64xf32>, %[[SHIFT:.*]]: tensor<64xf32>):
// BLOCKS: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[ROW]], %[[SCALE]], %[[SHIFT]] :
// BLOCKS: winograd.to_points %[[Z]] {{.*}} : tensor<2x40x40x64xf32>
// BLOCKS: agc.scan %{{.*}}, %{{.*}}, %{{.*}}, %arg2, %arg3 {{.*}}num_carries = 1 : i64, num_xs = 2 : i64
// BLOCKS: ^bb0(%{{.*}}: tensor<36x64x1x1x64xf32>, %[[ROW:.*]]: tensor<2x40x40x64xf32>, %{{.*}}: tensor<2x64x40x40xf32>, %[[SCALE:.*]]: tensor<64xf32>, %[[SHIFT:.*]]: tensor<64xf32>):
// BLOCKS: %[[Z:.*]] = linalg.generic {{.*}} ins(%[[ROW]], %[[SCALE]], %[[SHIFT]] :
// BLOCKS: winograd.to_points %[[Z]] {{.*}}of = "input"
func.func @image_in_blocks(%x: tensor<8x64x40x40xf32>, %v: tensor<64x64x1x1xf32>, %scale: tensor<64xf32>, %shift: tensor<64xf32>, %w: tensor<64x64x3x3xf32>, %dy: tensor<8x64x40x40xf32>) -> (tensor<8x64x40x40xf32>, tensor<64x64x3x3xf32>) {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<64x64x1x1xf32>) -> tensor<8x64x40x40xf32>
  %1 = agc.broadcast %scale {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x40x40xf32>
  %2 = agc.broadcast %shift {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x40x40xf32>
  %3 = agc.mul %0, %1 : tensor<8x64x40x40xf32>
  %4 = agc.add %3, %2 : tensor<8x64x40x40xf32>
  %z = agc.relu %4 : tensor<8x64x40x40xf32>
  %y = agc.conv %z, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x40x40xf32>
  %dw = agc.conv_weight_grad %z, %dy {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<8x64x40x40xf32>) -> tensor<64x64x3x3xf32>
  return %y, %dw : tensor<8x64x40x40xf32>, tensor<64x64x3x3xf32>
}

// The transform gives what an image's mean and variance are made of, of each row of tiles;
// the last row has one of the image. It is added up in f64.
// CHECK-LABEL: @moments
// CHECK: %[[Y:.*]], %[[M:.*]]:2 = winograd.from_points %{{.*}} : tensor<36x4x4x5x48xf32> -> tensor<4x13x18x48xf32>, tensor<4x4x48xf32>, tensor<4x4x48xf32>
// CHECK: %[[S:.*]] = linalg.generic {{.*}}iterator_types = ["reduction", "reduction", "parallel"]} ins(%[[M]]#0 : tensor<4x4x48xf32>) outs(%{{.*}} : tensor<48xf64>)
// CHECK: %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[S]] : tensor<48xf64>) outs(%{{.*}} : tensor<48xf32>)
// CHECK: arith.truncf
// CHECK: arith.divf
// CHECK: %[[Q:.*]] = linalg.generic {{.*}} ins(%[[M]]#0, %[[M]]#1, %[[MEAN]] : tensor<4x4x48xf32>, tensor<4x4x48xf32>, tensor<48xf32>) outs(%{{.*}} : tensor<48xf64>)
// CHECK: %[[ALL:.*]] = arith.constant 7.200000e+01
// CHECK: %[[ROW:.*]] = linalg.index 1
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[ROW]], %c3
// CHECK: %[[REST:.*]] = arith.constant 1.800000e+01
// CHECK: %[[N:.*]] = arith.select %[[LAST]], %[[REST]], %[[ALL]]
// CHECK: arith.divf %{{.*}}, %[[N]]
// CHECK: linalg.generic {{.*}} ins(%[[Q]] : tensor<48xf64>) outs(%{{.*}} : tensor<48xf32>)
func.func @moments(%x: tensor<4x64x13x18xf32>, %w: tensor<48x64x3x3xf32>) -> (tensor<4x48x13x18xf32>, tensor<48xf32>, tensor<48xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x13x18xf32>, tensor<48x64x3x3xf32>) -> tensor<4x48x13x18xf32>
  %sum = agc.reduce_sum %y {dimensions = array<i64: 0, 2, 3>} : tensor<4x48x13x18xf32> to tensor<48xf32>
  %n = agc.constant {value = 936.0} : tensor<48xf32>
  %mean = agc.div %sum, %n : tensor<48xf32>
  %0 = agc.broadcast %mean {dimensions = array<i64: 1>} : tensor<48xf32> to tensor<4x48x13x18xf32>
  %1 = agc.sub %y, %0 : tensor<4x48x13x18xf32>
  %2 = agc.mul %1, %1 : tensor<4x48x13x18xf32>
  %squares = agc.reduce_sum %2 {dimensions = array<i64: 0, 2, 3>} : tensor<4x48x13x18xf32> to tensor<48xf32>
  %variance = agc.div %squares, %n : tensor<48xf32>
  return %y, %mean, %variance : tensor<4x48x13x18xf32>, tensor<48xf32>, tensor<48xf32>
}

// Of blocks of images, too.
// CHECK-LABEL: @moments_of_blocks
// BLOCKS: %[[ALL:.*]]:3 = agc.scan {{.*}}trips = 4 : i64} : ({{.*}}) -> (tensor<4x2x40x40x64xf32>, tensor<4x2x10x64xf32>, tensor<4x2x10x64xf32>)
// BLOCKS: %[[Y:.*]], %[[M:.*]]:2 = winograd.from_points
// BLOCKS: agc.yield %[[Y]], %[[M]]#0, %[[M]]#1
// BLOCKS: %[[SUMS:.*]] = tensor.collapse_shape %[[ALL]]#1 {{.*}} into tensor<8x10x64xf32>
// BLOCKS: %[[SQUARES:.*]] = tensor.collapse_shape %[[ALL]]#2
// BLOCKS: linalg.generic {{.*}} ins(%[[SUMS]] :
// BLOCKS: linalg.generic {{.*}} ins(%[[SUMS]], %[[SQUARES]], %{{.*}} :
// BLOCKS-NOT: linalg.index
func.func @moments_of_blocks(%x: tensor<8x64x40x40xf32>, %w: tensor<64x64x3x3xf32>) -> (tensor<8x64x40x40xf32>, tensor<64xf32>, tensor<64xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x40x40xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x40x40xf32>
  %sum = agc.reduce_sum %y {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x40x40xf32> to tensor<64xf32>
  %n = agc.constant {value = 12800.0} : tensor<64xf32>
  %mean = agc.div %sum, %n : tensor<64xf32>
  %0 = agc.broadcast %mean {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x40x40xf32>
  %1 = agc.sub %y, %0 : tensor<8x64x40x40xf32>
  %2 = agc.mul %1, %1 : tensor<8x64x40x40xf32>
  %squares = agc.reduce_sum %2 {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x40x40xf32> to tensor<64xf32>
  %variance = agc.div %squares, %n : tensor<64xf32>
  return %y, %mean, %variance : tensor<8x64x40x40xf32>, tensor<64xf32>, tensor<64xf32>
}

// A sum alone, and one of squares of what is no deviation, are taken as they are.
// CHECK-LABEL: @no_moments
// CHECK: %[[Y:.*]] = winograd.from_points {{.*}} -> tensor<8x16x16x64xf32>{{$}}
// CHECK: linalg.generic {{.*}} ins(%[[Y]] :
// CHECK: linalg.generic {{.*}} ins(%[[Y]] :
func.func @no_moments(%x: tensor<8x64x16x16xf32>, %w: tensor<64x64x3x3xf32>) -> (tensor<8x64x16x16xf32>, tensor<64xf32>, tensor<64xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x64x16x16xf32>, tensor<64x64x3x3xf32>) -> tensor<8x64x16x16xf32>
  %sum = agc.reduce_sum %y {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x16x16xf32> to tensor<64xf32>
  %0 = agc.mul %y, %y : tensor<8x64x16x16xf32>
  %squares = agc.reduce_sum %0 {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x16x16xf32> to tensor<64xf32>
  return %y, %sum, %squares : tensor<8x64x16x16xf32>, tensor<64xf32>, tensor<64xf32>
}

// One right behind the other: what the second reads is what tiles of the first give.
// CHECK-LABEL: @image_of_convolution
// CHECK: %[[Y:.*]] = winograd.from_points
// CHECK: winograd.to_points %[[Y]] {low = array<i64: 1, 1>, of = "input"
func.func @image_of_convolution(%x: tensor<4x64x12x12xf32>, %v: tensor<64x64x3x3xf32>, %w: tensor<64x64x3x3xf32>) -> tensor<4x64x12x12xf32> {
  %0 = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<4x64x12x12xf32>
  %y = agc.conv %0, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<4x64x12x12xf32>, tensor<64x64x3x3xf32>) -> tensor<4x64x12x12xf32>
  return %y : tensor<4x64x12x12xf32>
}
