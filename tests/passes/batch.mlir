// RUN: agc-opt %s -agc-batch -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @gives_a_product_one_more_letter
// CHECK-SAME: %[[X:.*]]: tensor<8x3xf32>, %[[W:.*]]: tensor<3x2xf32>) -> tensor<8x2xf32>
// CHECK: agc.einsum %[[X]], %[[W]] {spec = "[[B:.]]i,io->[[B]]o"}
func.func @gives_a_product_one_more_letter(%x: tensor<3xf32> {agc.batched = 8 : i64}, %w: tensor<3x2xf32>) -> tensor<2xf32> {
  %y = agc.einsum %x, %w {spec = "i,io->o"} : (tensor<3xf32>, tensor<3x2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// What all examples share is computed once, and repeated where it meets them.
// CHECK-LABEL: @keeps_what_is_shared
// CHECK: %[[E:.*]] = agc.exp %{{.*}} : tensor<3xf32>
// CHECK: %[[ALL:.*]] = agc.broadcast %[[E]] {dimensions = array<i64: 1>} : tensor<3xf32> to tensor<8x3xf32>
// CHECK: agc.mul %{{.*}}, %[[ALL]] : tensor<8x3xf32>
func.func @keeps_what_is_shared(%x: tensor<3xf32> {agc.batched = 8 : i64}, %w: tensor<3xf32>) -> tensor<3xf32> {
  %e = agc.exp %w : tensor<3xf32>
  %y = agc.mul %x, %e : tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// CHECK-LABEL: @leaves_a_function_without_batches
// CHECK: agc.exp %{{.*}} : tensor<3xf32>
func.func @leaves_a_function_without_batches(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = agc.exp %x : tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// One kernel for all: the batch is more images. One each: it is groups.
// CHECK-LABEL: @convolves
// CHECK: agc.reshape %{{.*}} : tensor<8x2x4x6x6xf32> to tensor<16x4x6x6xf32>
// CHECK: agc.conv {{.*}}groups = 1{{.*}} : (tensor<16x4x6x6xf32>, tensor<5x4x3x3xf32>) -> tensor<16x5x4x4xf32>
// CHECK: agc.conv {{.*}}groups = 8{{.*}} : (tensor<2x32x6x6xf32>, tensor<40x4x3x3xf32>) -> tensor<2x40x4x4xf32>
func.func @convolves(%x: tensor<2x4x6x6xf32> {agc.batched = 8 : i64}, %w: tensor<5x4x3x3xf32>, %v: tensor<5x4x3x3xf32> {agc.batched = 8 : i64}) -> (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) {
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x4x6x6xf32>, tensor<5x4x3x3xf32>) -> tensor<2x5x4x4xf32>
  %z = agc.conv %x, %v {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x4x6x6xf32>, tensor<5x4x3x3xf32>) -> tensor<2x5x4x4xf32>
  return %y, %z : tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>
}

// -----

// The rows of a stack stay first; a carry that meets the batch has it from the start.
// CHECK-LABEL: @scans
// CHECK: %[[C:.*]] = agc.broadcast %{{.*}} : tensor<3xf32> to tensor<8x3xf32>
// CHECK: %[[ROWS:.*]] = agc.transpose %{{.*}} {permutation = array<i64: 1, 0, 2>} : tensor<8x5x3xf32> to tensor<5x8x3xf32>
// CHECK: agc.scan %[[C]], %[[ROWS]] {{.*}} -> (tensor<8x3xf32>, tensor<5x8x3xf32>) {
// CHECK: agc.transpose %{{.*}} {permutation = array<i64: 1, 0, 2>} : tensor<5x8x3xf32> to tensor<8x5x3xf32>
func.func @scans(%c: tensor<3xf32>, %x: tensor<5x3xf32> {agc.batched = 8 : i64}) -> (tensor<3xf32>, tensor<5x3xf32>) {
  %r:2 = agc.scan %c, %x {trips = 5 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<3xf32>, tensor<5x3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>) {
  ^bb0(%a: tensor<3xf32>, %b: tensor<3xf32>):
    %s = agc.add %a, %b : tensor<3xf32>
    agc.yield %s, %s : tensor<3xf32>, tensor<3xf32>
  }
  return %r#0, %r#1 : tensor<3xf32>, tensor<5x3xf32>
}

// -----

// Both branches, and each example its own.
// CHECK-LABEL: @chooses
// CHECK: agc.checkpoint
// CHECK: agc.checkpoint
// CHECK: %[[P:.*]] = agc.broadcast %{{.*}} {dimensions = array<i64: 0>} : tensor<8xi1> to tensor<8x3xi1>
// CHECK: agc.select %[[P]]
func.func @chooses(%p: tensor<i1> {agc.batched = 8 : i64}, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = agc.cond %p, %x : (tensor<i1>, tensor<3xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<3xf32>):
    %e = agc.exp %a : tensor<3xf32>
    agc.yield %e : tensor<3xf32>
  } else {
  ^bb0(%a: tensor<3xf32>):
    agc.yield %a : tensor<3xf32>
  }
  return %y : tensor<3xf32>
}

// -----

func.func @ends_at_different_trips(%p: tensor<i1> {agc.batched = 8 : i64}) -> tensor<i64> {
  // expected-error @+1 {{'agc.scan' op has no form for a batch of examples that end after different trips}}
  %r:2 = agc.scan %p {trips = 5 : i64, num_carries = 1 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>) -> (tensor<i1>, tensor<i64>) {
  ^bb0(%a: tensor<i1>):
    %n = agc.not %a : tensor<i1>
    agc.yield %n : tensor<i1>
  }
  return %r#1 : tensor<i64>
}

// -----

func.func @has_no_form(%s: tensor<2xi64> {agc.batched = 8 : i64}) -> tensor<3xf32> {
  // expected-error @+1 {{'agc.random_uniform' op has no form for a batch of examples}}
  %r = agc.random_uniform %s {precision = 24 : i64} : tensor<2xi64> to tensor<3xf32>
  return %r : tensor<3xf32>
}
