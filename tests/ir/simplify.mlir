// RUN: agc-opt %s -canonicalize -cse -split-input-file | FileCheck %s

// The gradient of a tensor that was cut into slices: what they were padded with to be
// added up goes.
// CHECK-LABEL: @slices
// CHECK-NEXT: %[[Z:.*]] = agc.concat %arg0, %arg1, %arg2 {dimension = 1 : i64}
// CHECK-NEXT: return %[[Z]]
func.func @slices(%a: tensor<2x1xf32>, %b: tensor<2x2xf32>, %c: tensor<2x1xf32>) -> tensor<2x4xf32> {
  %0 = agc.pad %b {low = array<i64: 0, 1>, high = array<i64: 0, 1>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<2x2xf32> to tensor<2x4xf32>
  %1 = agc.pad %c {low = array<i64: 0, 3>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<2x1xf32> to tensor<2x4xf32>
  %2 = agc.pad %a {low = array<i64: 0, 0>, high = array<i64: 0, 3>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<2x1xf32> to tensor<2x4xf32>
  %3 = agc.add %0, %1 : tensor<2x4xf32>
  %4 = agc.add %3, %2 : tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}

// -----

// Slices that overlap, or that were cut along two dimensions, stay.
// CHECK-LABEL: @overlap
// CHECK: agc.add
// CHECK-LABEL: @two_dimensions
// CHECK: agc.add
func.func @overlap(%a: tensor<3xf32>, %b: tensor<2xf32>) -> tensor<4xf32> {
  %0 = agc.pad %a {low = array<i64: 0>, high = array<i64: 1>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<3xf32> to tensor<4xf32>
  %1 = agc.pad %b {low = array<i64: 2>, high = array<i64: 0>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<2xf32> to tensor<4xf32>
  %2 = agc.add %0, %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}
func.func @two_dimensions(%a: tensor<1x2xf32>, %b: tensor<2x1xf32>) -> tensor<2x2xf32> {
  %0 = agc.pad %a {low = array<i64: 0, 0>, high = array<i64: 1, 0>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<1x2xf32> to tensor<2x2xf32>
  %1 = agc.pad %b {low = array<i64: 0, 1>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<2x1xf32> to tensor<2x2xf32>
  %2 = agc.add %0, %1 : tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// -----

// Sums over trips, of what stands in stacks or can as cheaply, are made at once.
// CHECK-LABEL: @sums
// CHECK: %[[S:.*]]:2 = agc.scan %{{.*}} {num_carries = 1 : i64, num_xs = 1 : i64, trips = 5 : i64}
// CHECK: ^bb0(%[[H:.*]]: tensor<3xf32>, %{{.*}}: tensor<3xf32>):
// CHECK: agc.yield %{{.*}}, %[[H]] :
// CHECK: %[[W:.*]] = agc.einsum %[[S]]#1, %arg1 {spec = "ax,ay->xy"} : (tensor<5x3xf32>, tensor<5x3xf32>)
// CHECK: agc.add %arg2, %[[W]]
// CHECK: agc.reduce_sum %arg1 {dimensions = array<i64: 0, 1>}
func.func @sums(%h: tensor<3xf32>, %xs: tensor<5x3xf32>, %w: tensor<3x3xf32>) -> (tensor<3xf32>, tensor<3x3xf32>, tensor<f32>) {
  %zero = agc.constant {value = 0.0 : f64} : tensor<f32>
  %z:3 = agc.scan %h, %w, %zero, %xs {trips = 5 : i64, num_carries = 3 : i64, num_xs = 1 : i64} : (tensor<3xf32>, tensor<3x3xf32>, tensor<f32>, tensor<5x3xf32>) -> (tensor<3xf32>, tensor<3x3xf32>, tensor<f32>) {
  ^bb0(%a: tensor<3xf32>, %sum: tensor<3x3xf32>, %s: tensor<f32>, %x: tensor<3xf32>):
    %next = agc.mul %a, %x : tensor<3xf32>
    %p = agc.einsum %a, %x {spec = "x,y->xy"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3x3xf32>
    %more = agc.add %sum, %p : tensor<3x3xf32>
    %r = agc.reduce_sum %x {dimensions = array<i64: 0>} : tensor<3xf32> to tensor<f32>
    %t = agc.add %s, %r : tensor<f32>
    agc.yield %next, %more, %t : tensor<3xf32>, tensor<3x3xf32>, tensor<f32>
  }
  return %z#0, %z#1, %z#2 : tensor<3xf32>, tensor<3x3xf32>, tensor<f32>
}

// -----

// What is larger than the sum is not stacked for it; how often a loop that stops did
// something is not known.
// CHECK-LABEL: @stays
// CHECK: agc.scan
// CHECK: agc.reduce_sum
// CHECK: agc.yield
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @stays(%h: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>) {
  %zero = agc.constant {value = 0.0 : f64} : tensor<f32>
  %z:2 = agc.scan %h, %zero {trips = 5 : i64, num_carries = 2 : i64, num_xs = 0 : i64} : (tensor<3xf32>, tensor<f32>) -> (tensor<3xf32>, tensor<f32>) {
  ^bb0(%a: tensor<3xf32>, %s: tensor<f32>):
    %next = agc.mul %a, %a : tensor<3xf32>
    %r = agc.reduce_sum %next {dimensions = array<i64: 0>} : tensor<3xf32> to tensor<f32>
    %t = agc.add %s, %r : tensor<f32>
    agc.yield %next, %t : tensor<3xf32>, tensor<f32>
  }
  return %z#0, %z#1 : tensor<3xf32>, tensor<f32>
}

// -----

// A weight that each trip would read across is transposed before the loop; one that few
// rows are multiplied with, or that lies as it is read, stays.
// CHECK-LABEL: @weights
// CHECK: %[[T:.*]] = agc.transpose %arg1 {permutation = array<i64: 1, 0>}
// CHECK: agc.scan %arg0, %arg1, %[[T]] {num_carries = 1 : i64
// CHECK: ^bb0(%[[H:.*]]: tensor<32x4xf32>, %[[W:.*]]: tensor<4x4xf32>, %[[V:.*]]: tensor<4x4xf32>):
// CHECK: agc.einsum %[[H]], %[[V]] {spec = "ni,io->no"}
// CHECK: agc.einsum %{{.*}}, %[[W]] {spec = "no,oi->ni"}
// CHECK-LABEL: @few_rows
// CHECK-NOT: agc.transpose
func.func @weights(%h: tensor<32x4xf32>, %w: tensor<4x4xf32>) -> tensor<32x4xf32> {
  %z = agc.scan %h, %w {trips = 5 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<32x4xf32>, tensor<4x4xf32>) -> tensor<32x4xf32> {
  ^bb0(%a: tensor<32x4xf32>, %v: tensor<4x4xf32>):
    %p = agc.einsum %a, %v {spec = "ni,oi->no"} : (tensor<32x4xf32>, tensor<4x4xf32>) -> tensor<32x4xf32>
    %q = agc.einsum %p, %v {spec = "no,oi->ni"} : (tensor<32x4xf32>, tensor<4x4xf32>) -> tensor<32x4xf32>
    agc.yield %q : tensor<32x4xf32>
  }
  return %z : tensor<32x4xf32>
}
func.func @few_rows(%h: tensor<2x4xf32>, %w: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %z = agc.scan %h, %w {trips = 5 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32> {
  ^bb0(%a: tensor<2x4xf32>, %v: tensor<4x4xf32>):
    %p = agc.einsum %a, %v {spec = "ni,oi->no"} : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
    agc.yield %p : tensor<2x4xf32>
  }
  return %z : tensor<2x4xf32>
}

// -----

// A wide one lies in panels of 64 columns, which its product has as a dimension.
// CHECK-LABEL: @wide_weights
// CHECK: %[[R:.*]] = agc.reshape %arg1 : tensor<128x128xf32> to tensor<2x64x128xf32>
// CHECK: %[[T:.*]] = agc.transpose %[[R]] {permutation = array<i64: 0, 2, 1>} : tensor<2x64x128xf32> to tensor<2x128x64xf32>
// CHECK: agc.scan %arg0, %[[T]] {num_carries = 1 : i64
// CHECK: ^bb0(%[[H:.*]]: tensor<32x128xf32>, %[[V:.*]]: tensor<2x128x64xf32>):
// CHECK: %[[P:.*]] = agc.einsum %[[H]], %[[V]] {spec = "ni,aio->nao"} : {{.*}} -> tensor<32x2x64xf32>
// CHECK: %[[Z:.*]] = agc.reshape %[[P]] : tensor<32x2x64xf32> to tensor<32x128xf32>
// CHECK: agc.yield %[[Z]]
func.func @wide_weights(%h: tensor<32x128xf32>, %w: tensor<128x128xf32>) -> tensor<32x128xf32> {
  %z = agc.scan %h, %w {trips = 5 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<32x128xf32>, tensor<128x128xf32>) -> tensor<32x128xf32> {
  ^bb0(%a: tensor<32x128xf32>, %v: tensor<128x128xf32>):
    %p = agc.einsum %a, %v {spec = "ni,oi->no"} : (tensor<32x128xf32>, tensor<128x128xf32>) -> tensor<32x128xf32>
    agc.yield %p : tensor<32x128xf32>
  }
  return %z : tensor<32x128xf32>
}

// -----

// A slice of all is what it was taken of.
// CHECK-LABEL: @whole
// CHECK-NEXT: %[[PART:.*]] = agc.slice %arg0
// CHECK-NEXT: return %arg0, %[[PART]]
func.func @whole(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<1x4xf32>) {
  %y = agc.slice %x {starts = array<i64: 0, 0>, limits = array<i64: 2, 4>, strides = array<i64: 1, 1>} : tensor<2x4xf32> to tensor<2x4xf32>
  %z = agc.slice %x {starts = array<i64: 1, 0>, limits = array<i64: 2, 4>, strides = array<i64: 1, 1>} : tensor<2x4xf32> to tensor<1x4xf32>
  return %y, %z : tensor<2x4xf32>, tensor<1x4xf32>
}
