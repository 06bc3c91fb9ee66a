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

// Element-wise ops that go apart from one value and come together again have one derivative,
// of the forward's values alone, which the cotangent is multiplied with once.
// CHECK-LABEL: @derives_before_the_cotangent
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: %[[S:.*]] = agc.sigmoid %[[X]]
// CHECK-NOT: %[[DZ]]
// CHECK: %[[D:.*]] = agc.add
// CHECK-NEXT: %[[DX:.*]] = agc.mul %[[DZ]], %[[D]]
// CHECK-NEXT: return %[[DX]]
func.func @derives_before_the_cotangent(%x: tensor<4xf32>, %dz: tensor<4xf32>) -> tensor<4xf32> {
  %s = agc.sigmoid %x : tensor<4xf32>
  %z = agc.mul %x, %s : tensor<4xf32>
  %dx = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dx : tensor<4xf32>
}

// Not where a value on the way has a cotangent from elsewhere, or is asked for, or where
// something else than arithmetic is on the way: the cotangent goes each of the ways.
// CHECK-LABEL: @goes_each_way
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>, %[[DS:.*]]: tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
// CHECK-LABEL: @goes_to_what_is_asked_for
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
// CHECK-LABEL: @goes_through_a_choice
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[P:.*]]: tensor<4xi1>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
// CHECK: agc.mul %[[DZ]], %{{.*}} : tensor<4xf32>
func.func @goes_each_way(%x: tensor<4xf32>, %dz: tensor<4xf32>, %ds: tensor<4xf32>) -> tensor<4xf32> {
  %s = agc.sigmoid %x : tensor<4xf32>
  %z = agc.mul %x, %s : tensor<4xf32>
  %dx = agc.gradient %z, %s, %dz, %ds, %x {outputs = 2 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dx : tensor<4xf32>
}
func.func @goes_to_what_is_asked_for(%x: tensor<4xf32>, %dz: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %s = agc.sigmoid %x : tensor<4xf32>
  %z = agc.mul %x, %s : tensor<4xf32>
  %d:2 = agc.gradient %z, %dz, %x, %s {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %d#0, %d#1 : tensor<4xf32>, tensor<4xf32>
}
func.func @goes_through_a_choice(%x: tensor<4xf32>, %p: tensor<4xi1>, %dz: tensor<4xf32>) -> tensor<4xf32> {
  %t = agc.tanh %x : tensor<4xf32>
  %s = agc.select %p, %t, %x : tensor<4xf32>
  %z = agc.mul %x, %s : tensor<4xf32>
  %dx = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dx : tensor<4xf32>
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

// -----

// The forward keeps the carry of each trip, once; the backward goes the other
// way, with the carry's cotangent and a sum for the constant's.
// CHECK-LABEL: @scan
// CHECK-SAME: %[[C:.*]]: tensor<4xf32>, %[[XS:.*]]: tensor<3x4xf32>, %[[K:.*]]: tensor<4xf32>, %[[DC:.*]]: tensor<4xf32>
// CHECK: %[[ZERO:.*]] = agc.constant
// CHECK: %[[F:.*]]:2 = agc.scan %[[C]], %[[XS]], %[[K]] {num_carries = 1 : i64, num_xs = 1 : i64, {{.*}}trips = 3 : i64} : {{.*}} -> (tensor<4xf32>, tensor<3x4xf32>) {
// CHECK-NEXT: ^bb0(%[[C0:.*]]: tensor<4xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>):
// CHECK: agc.yield %{{.*}}, %[[C0]]
// CHECK: %[[B:.*]]:3 = agc.scan %[[DC]], %[[ZERO]], %[[F]]#1, %[[K]] {num_carries = 2 : i64, num_xs = 1 : i64, {{.*}}reverse = true, {{.*}}trips = 3 : i64}
// CHECK-NEXT: ^bb0(%[[D:.*]]: tensor<4xf32>, %[[SUM:.*]]: tensor<4xf32>, %[[KEPT:.*]]: tensor<4xf32>, %[[K0:.*]]: tensor<4xf32>):
// CHECK-DAG: %[[NEXT:.*]] = agc.mul %[[D]], %[[K0]]
// CHECK-DAG: %[[PART:.*]] = agc.mul %[[D]], %[[KEPT]]
// CHECK: %[[TOTAL:.*]] = agc.add %[[SUM]], %[[PART]]
// CHECK-NEXT: agc.yield %[[NEXT]], %[[TOTAL]], %[[D]]
// CHECK: return %[[F]]#0, %[[B]]#0, %[[B]]#2, %[[B]]#1
func.func @scan(%c: tensor<4xf32>, %xs: tensor<3x4xf32>, %k: tensor<4xf32>, %dc: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>) {
  %z = agc.scan %c, %xs, %k {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>, %x: tensor<4xf32>, %1: tensor<4xf32>):
    %2 = agc.mul %0, %1 : tensor<4xf32>
    %3 = agc.add %2, %x : tensor<4xf32>
    agc.yield %3 : tensor<4xf32>
  }
  %g:3 = agc.gradient %z, %dc, %c, %xs, %k {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>)
  return %z, %g#0, %g#1, %g#2 : tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>
}

// -----

// Whatever the forward of a loop that stops made of trips, so many has the
// backward. A carry that has no gradient has none to carry.
// CHECK-LABEL: @stops
// CHECK: %[[F:.*]]:5 = agc.scan {{.*}}stops = true
// CHECK: agc.scan %[[F]]#4, %{{[^,]*}}, %[[F]]#3 {limited = true, num_carries = 1 : i64, num_xs = 1 : i64, reverse = true, {{.*}}trips = 9 : i64} : (tensor<i64>, tensor<f32>, tensor<9xf32>) -> tensor<f32>
func.func @stops(%x: tensor<f32>, %dz: tensor<f32>) -> (tensor<f32>, tensor<i64>, tensor<f32>) {
  %yes = agc.constant {value = 1 : i64} : tensor<i1>
  %n = agc.constant {value = 0 : i64} : tensor<i64>
  %z:4 = agc.scan %yes, %x, %n {trips = 9 : i64, num_carries = 3 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>, tensor<f32>, tensor<i64>) -> (tensor<i1>, tensor<f32>, tensor<i64>, tensor<i64>) {
  ^bb0(%go: tensor<i1>, %0: tensor<f32>, %1: tensor<i64>):
    %2 = agc.mul %0, %0 : tensor<f32>
    %3 = agc.constant {value = 9.0 : f64} : tensor<f32>
    %4 = agc.compare "lt" %2, %3 : tensor<f32>
    %5 = agc.constant {value = 1 : i64} : tensor<i64>
    %6 = agc.add %1, %5 : tensor<i64>
    agc.yield %4, %2, %6 : tensor<i1>, tensor<f32>, tensor<i64>
  }
  %g = agc.gradient %z#1, %dz, %x {outputs = 1 : i64} : (tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %z#1, %z#2, %g : tensor<f32>, tensor<i64>, tensor<f32>
}

// -----

// Both branches give gradients of all that either needs; the untaken one costs
// nothing.
// CHECK-LABEL: @cond
// CHECK-SAME: %[[P:.*]]: tensor<i1>, %[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: %{{.*}}:2 = agc.cond %[[P]], %[[Y]], %[[DZ]]
// CHECK: agc.mul
// CHECK: } else {
// CHECK-NEXT: ^bb0(%{{.*}}: tensor<4xf32>, %[[D:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[ZERO:.*]] = agc.constant
// CHECK-NEXT: agc.yield %[[D]], %[[ZERO]]
func.func @cond(%p: tensor<i1>, %x: tensor<4xf32>, %y: tensor<4xf32>, %dz: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %z = agc.cond %p, %x, %y : (tensor<i1>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>, %1: tensor<4xf32>):
    %2 = agc.mul %1, %1 : tensor<4xf32>
    agc.yield %2 : tensor<4xf32>
  } else {
  ^bb0(%0: tensor<4xf32>, %1: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  %g:2 = agc.gradient %z, %dz, %x, %y {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  return %g#0, %g#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// The exponential is computed again, from what is kept, once there is a cotangent.
// CHECK-LABEL: @checkpoint
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>, %[[DZ:.*]]: tensor<4xf32>
// CHECK: agc.checkpoint %[[X]]
// CHECK: %[[AGAIN:.*]] = agc.barrier %[[X]], %[[DZ]]
// CHECK-NEXT: %[[E:.*]] = agc.exp %[[AGAIN]]
// CHECK: agc.mul %{{.*}}, %[[E]]
func.func @checkpoint(%x: tensor<4xf32>, %dz: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %z = agc.checkpoint %x : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.exp %0 : tensor<4xf32>
    %2 = agc.sin %1 : tensor<4xf32>
    agc.yield %2 : tensor<4xf32>
  }
  %g = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %z, %g : tensor<4xf32>, tensor<4xf32>
}

// -----

// A check is made in the forward alone, and once there.
// CHECK-LABEL: @checks_once
// CHECK-COUNT-1: agc.check_range
// CHECK-NOT: agc.check_range
func.func @checks_once(%c: tensor<4xf32>, %i: tensor<3xi64>, %dc: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.scan %c, %i {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<3xi64>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>, %x: tensor<i64>):
    %1 = agc.check_range %x {lower = 0 : i64, upper = 9 : i64, message = "m"} : tensor<i64>
    %2 = agc.convert %1 : tensor<i64> to tensor<f32>
    %3 = agc.broadcast %2 {dimensions = array<i64>} : tensor<f32> to tensor<4xf32>
    %4 = agc.mul %0, %3 : tensor<4xf32>
    %5 = agc.exp %4 : tensor<4xf32>
    agc.yield %5 : tensor<4xf32>
  }
  %g = agc.gradient %z, %dc, %c {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %g : tensor<4xf32>
}

// -----

// What takes long to compute is kept for the backward: here what tanh gives, of which
// its derivative is made, so that nobody needs the product. The weight's gradient is one
// product for all trips.
// CHECK-LABEL: @scan_keeps_results
// CHECK: %[[F:.*]]:3 = agc.scan {{.*}} -> (tensor<4x64xf32>, tensor<3x4x64xf32>, tensor<3x4x64xf32>)
// CHECK: ^bb0(%[[H:.*]]: tensor<4x64xf32>, %{{.*}}: tensor<64x64xf32>):
// CHECK: %[[T:.*]] = agc.tanh
// CHECK: agc.yield %[[T]], %[[H]], %[[T]] :
// CHECK: %[[B:.*]]:2 = agc.scan %{{[^,]*}}, %[[F]]#2, %{{[^,]*}} {num_carries = 1 : i64, num_xs = 1 : i64, reverse = true
// CHECK-NOT: agc.tanh
// CHECK: agc.yield
// CHECK: %[[W:.*]] = agc.einsum %[[B]]#1, %[[F]]#1 {spec = "ano,ani->oi"}
// CHECK: return %[[B]]#0, %[[W]]
func.func @scan_keeps_results(%c: tensor<4x64xf32>, %w: tensor<64x64xf32>, %dc: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<64x64xf32>) {
  %z = agc.scan %c, %w {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32> {
  ^bb0(%h: tensor<4x64xf32>, %v: tensor<64x64xf32>):
    %p = agc.einsum %h, %v {spec = "ni,oi->no"} : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32>
    %t = agc.tanh %p : tensor<4x64xf32>
    agc.yield %t : tensor<4x64xf32>
  }
  %g:2 = agc.gradient %z, %dc, %c, %w {outputs = 1 : i64} : (tensor<4x64xf32>, tensor<4x64xf32>, tensor<4x64xf32>, tensor<64x64xf32>) -> (tensor<4x64xf32>, tensor<64x64xf32>)
  return %g#0, %g#1 : tensor<4x64xf32>, tensor<64x64xf32>
}

// -----

// A product of many terms is kept where its value is needed.
// CHECK-LABEL: @scan_keeps_products
// CHECK: %[[F:.*]]:2 = agc.scan {{.*}} -> (tensor<4x64xf32>, tensor<3x4x64xf32>)
// CHECK: %[[P:.*]] = agc.einsum {{.*}} {spec = "ni,oi->no"}
// CHECK: agc.yield {{.*}}, %[[P]] :
// CHECK: agc.scan {{.*}}%[[F]]#1, {{.*}} reverse = true
// CHECK-NOT: spec = "ni,oi->no"
// CHECK: return
func.func @scan_keeps_products(%c: tensor<4x64xf32>, %w: tensor<64x64xf32>, %dc: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %z = agc.scan %c, %w {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32> {
  ^bb0(%h: tensor<4x64xf32>, %v: tensor<64x64xf32>):
    %p = agc.einsum %h, %v {spec = "ni,oi->no"} : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32>
    %t = agc.mul %p, %p : tensor<4x64xf32>
    agc.yield %t : tensor<4x64xf32>
  }
  %g = agc.gradient %z, %dc, %c {outputs = 1 : i64} : (tensor<4x64xf32>, tensor<4x64xf32>, tensor<4x64xf32>) -> tensor<4x64xf32>
  return %g : tensor<4x64xf32>
}

// -----

// The last row of a stack is what the loop carries out, in whatever order it is read: the
// stack is not made, and its gradient is the carry's.
// CHECK-LABEL: @last_row
// CHECK-SAME: %[[C:.*]]: tensor<4xf32>, %{{.*}}: tensor<3x4xf32>, %[[D:.*]]: tensor<2x1xf32>
// CHECK: %[[F:.*]]:2 = agc.scan %[[C]], {{.*}} -> (tensor<4xf32>, tensor<3x4xf32>)
// CHECK: %[[ROW:.*]] = agc.reshape %[[F]]#0 : tensor<4xf32> to tensor<1x4xf32>
// CHECK: %[[PART:.*]] = agc.slice %[[ROW]] {limits = array<i64: 1, 4>, starts = array<i64: 0, 0>, strides = array<i64: 1, 2>} : tensor<1x4xf32> to tensor<1x2xf32>
// CHECK: %[[Y:.*]] = agc.transpose %[[PART]] {permutation = array<i64: 1, 0>} : tensor<1x2xf32> to tensor<2x1xf32>
// CHECK: %[[DROW:.*]] = agc.reshape %{{.*}} : tensor<1x4xf32> to tensor<4xf32>
// CHECK: agc.scan %[[DROW]], %{{[^,]*}}, %{{[^,]*}} {num_carries = 1 : i64, num_xs = 2 : i64, reverse = true
func.func @last_row(%c: tensor<4xf32>, %xs: tensor<3x4xf32>, %dy: tensor<2x1xf32>) -> (tensor<2x1xf32>, tensor<4xf32>) {
  %z:2 = agc.scan %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%h: tensor<4xf32>, %x: tensor<4xf32>):
    %p = agc.mul %h, %x : tensor<4xf32>
    %q = agc.mul %p, %p : tensor<4xf32>
    agc.yield %q, %q : tensor<4xf32>, tensor<4xf32>
  }
  %t = agc.transpose %z#1 {permutation = array<i64: 1, 0>} : tensor<3x4xf32> to tensor<4x3xf32>
  %y = agc.slice %t {starts = array<i64: 0, 2>, limits = array<i64: 4, 3>, strides = array<i64: 2, 1>} : tensor<4x3xf32> to tensor<2x1xf32>
  %g = agc.gradient %y, %dy, %c {outputs = 1 : i64} : (tensor<2x1xf32>, tensor<2x1xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y, %g : tensor<2x1xf32>, tensor<4xf32>
}

// -----

// Backward, the first row is the last to be made. Other rows stay rows.
// CHECK-LABEL: @last_row_of_reverse
// CHECK: %[[F:.*]]:2 = agc.scan
// CHECK-DAG: %[[FIRST:.*]] = agc.reshape %[[F]]#0
// CHECK-DAG: %[[LAST:.*]] = agc.slice %[[F]]#1 {limits = array<i64: 3, 4>, starts = array<i64: 2, 0>
// CHECK: return %[[FIRST]], %[[LAST]]
func.func @last_row_of_reverse(%c: tensor<4xf32>, %xs: tensor<3x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %z:2 = agc.scan %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64, reverse = true} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%h: tensor<4xf32>, %x: tensor<4xf32>):
    %p = agc.add %h, %x : tensor<4xf32>
    agc.yield %p, %p : tensor<4xf32>, tensor<4xf32>
  }
  %first = agc.slice %z#1 {starts = array<i64: 0, 0>, limits = array<i64: 1, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  %last = agc.slice %z#1 {starts = array<i64: 2, 0>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  return %first, %last : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// Who asks for the stack's own gradient gets it. A row that is not carried, and one that
// the loop may not come to, are read where they are.
// CHECK-LABEL: @last_row_stays
// CHECK: %[[F:.*]]:3 = agc.scan
// CHECK: agc.slice %[[F]]#1
// CHECK: agc.slice %[[F]]#2
// CHECK: %[[L:.*]]:2 = agc.scan %{{.*}} {limited = true
// CHECK: agc.slice %[[L]]#1
func.func @last_row_stays(%c: tensor<4xf32>, %xs: tensor<3x4xf32>, %n: tensor<i64>, %dy: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<3x4xf32>) {
  %z:3 = agc.scan %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  ^bb0(%h: tensor<4xf32>, %x: tensor<4xf32>):
    %p = agc.mul %h, %x : tensor<4xf32>
    %q = agc.mul %p, %x : tensor<4xf32>
    agc.yield %p, %p, %q : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  %a = agc.slice %z#1 {starts = array<i64: 2, 0>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  %b = agc.slice %z#2 {starts = array<i64: 2, 0>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  %g = agc.gradient %a, %dy, %z#1 {outputs = 1 : i64} : (tensor<1x4xf32>, tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  %l:2 = agc.scan %n, %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64, limited = true} : (tensor<i64>, tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%h: tensor<4xf32>, %x: tensor<4xf32>):
    %p = agc.mul %h, %x : tensor<4xf32>
    agc.yield %p, %p : tensor<4xf32>, tensor<4xf32>
  }
  %d = agc.slice %l#1 {starts = array<i64: 2, 0>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  return %a, %b, %d, %g : tensor<1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>, tensor<3x4xf32>
}

// -----

// Who asks for the carry's gradient does not get that of what reads the stack.
// CHECK-LABEL: @last_row_beside_the_carry
// CHECK: %[[F:.*]]:2 = agc.scan
// CHECK: agc.slice %[[F]]#1
// CHECK: return %{{.*}}, %arg2
func.func @last_row_beside_the_carry(%c: tensor<4xf32>, %xs: tensor<3x4xf32>, %dc: tensor<4xf32>, %dy: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<4xf32>) {
  %z:2 = agc.scan %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%h: tensor<4xf32>, %x: tensor<4xf32>):
    %p = agc.mul %h, %x : tensor<4xf32>
    agc.yield %p, %p : tensor<4xf32>, tensor<4xf32>
  }
  %y = agc.slice %z#1 {starts = array<i64: 2, 0>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<3x4xf32> to tensor<1x4xf32>
  %g = agc.gradient %y, %z#0, %dy, %dc, %z#0 {outputs = 2 : i64} : (tensor<1x4xf32>, tensor<4xf32>, tensor<1x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y, %g : tensor<1x4xf32>, tensor<4xf32>
}
