// RUN: agc-opt %s | agc-opt | FileCheck %s
// RUN: agc-opt %s -canonicalize -cse | FileCheck %s --check-prefix=SIMPLE

// CHECK-LABEL: @every_form
// CHECK: agc.cond %{{.*}}, %{{.*}} : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32> {
// CHECK: } else {
// CHECK: agc.scan %{{.*}}, %{{.*}} {num_carries = 1 : i64, num_xs = 1 : i64, reverse = true, trips = 3 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
// CHECK: agc.scan %{{.*}} {num_carries = 2 : i64, num_xs = 0 : i64, stops = true, trips = 9 : i64}
// CHECK: agc.scan %{{.*}} {limited = true,
// CHECK: agc.checkpoint
func.func @every_form(%p: tensor<i1>, %x: tensor<4xf32>, %xs: tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %a = agc.cond %p, %x : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  } else {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.neg %0 : tensor<4xf32>
    agc.yield %1 : tensor<4xf32>
  }
  %b:2 = agc.scan %a, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64, reverse = true} : (tensor<4xf32>, tensor<3x4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %r: tensor<4xf32>):
    %1 = agc.add %c, %r : tensor<4xf32>
    agc.yield %1, %c : tensor<4xf32>, tensor<4xf32>
  }
  %w:3 = agc.scan %p, %x {trips = 9 : i64, num_carries = 2 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>, tensor<4xf32>) -> (tensor<i1>, tensor<4xf32>, tensor<i64>) {
  ^bb0(%go: tensor<i1>, %c: tensor<4xf32>):
    %1 = agc.not %go : tensor<i1>
    %2 = agc.exp %c : tensor<4xf32>
    agc.yield %1, %2 : tensor<i1>, tensor<4xf32>
  }
  %l = agc.scan %w#2, %x {trips = 9 : i64, num_carries = 1 : i64, num_xs = 0 : i64, limited = true} : (tensor<i64>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%c: tensor<4xf32>):
    %2 = agc.exp %c : tensor<4xf32>
    agc.yield %2 : tensor<4xf32>
  }
  %k = agc.checkpoint %x : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  return %b#0, %b#1, %w#1, %l, %k : tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// Rows and carries that nobody needs go, with what they are made of; one that
// never changes becomes a constant; what fills a tensor is made inside.
// SIMPLE-LABEL: @drops_what_nobody_needs
// SIMPLE-SAME: %[[X:.*]]: tensor<4xf32>, %[[K:.*]]: tensor<4xf32>, %{{.*}}: tensor<3x4xf32>
// SIMPLE-NEXT: %[[R:.*]] = agc.scan %[[X]], %[[K]] {num_carries = 1 : i64, num_xs = 0 : i64, {{.*}}trips = 3 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
// SIMPLE-NEXT: ^bb0(%[[C:.*]]: tensor<4xf32>, %[[KC:.*]]: tensor<4xf32>):
// SIMPLE-NEXT: %[[TWO:.*]] = agc.constant
// SIMPLE-NEXT: %[[M:.*]] = agc.mul %[[C]], %[[TWO]]
// SIMPLE-NEXT: %[[A:.*]] = agc.add %[[M]], %[[KC]]
// SIMPLE-NEXT: agc.yield %[[A]] : tensor<4xf32>
// SIMPLE-NEXT: }
// SIMPLE-NEXT: return %[[R]], %[[K]]
func.func @drops_what_nobody_needs(%x: tensor<4xf32>, %k: tensor<4xf32>, %xs: tensor<3x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %two = agc.constant {value = 2.0 : f64} : tensor<4xf32>
  %r:5 = agc.scan %x, %k, %x, %xs, %two {trips = 3 : i64, num_carries = 3 : i64, num_xs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<3x4xf32>, tensor<3x4xf32>) {
  ^bb0(%c: tensor<4xf32>, %same: tensor<4xf32>, %dead: tensor<4xf32>, %row: tensor<4xf32>, %t: tensor<4xf32>):
    %0 = agc.mul %c, %t : tensor<4xf32>
    %1 = agc.add %0, %same : tensor<4xf32>
    %2 = agc.exp %dead : tensor<4xf32>
    %3 = agc.add %row, %dead : tensor<4xf32>
    agc.yield %1, %same, %2, %3, %c : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// A check runs whether or not its result is read.
// SIMPLE-LABEL: @keeps_checks
// SIMPLE: agc.scan
// SIMPLE: agc.check_range
func.func @keeps_checks(%n: tensor<3xi64>) {
  agc.scan %n {trips = 3 : i64, num_carries = 0 : i64, num_xs = 1 : i64} : (tensor<3xi64>) -> () {
  ^bb0(%row: tensor<i64>):
    %0 = agc.check_range %row {lower = 0 : i64, upper = 9 : i64, message = "m"} : tensor<i64>
    agc.yield
  }
  return
}

// SIMPLE-LABEL: @knows_the_branch
// SIMPLE-NEXT: %[[Z:.*]] = agc.neg
// SIMPLE-NEXT: return %[[Z]]
func.func @knows_the_branch(%x: tensor<4xf32>) -> tensor<4xf32> {
  %p = agc.constant {value = 0 : i64} : tensor<i1>
  %z = agc.cond %p, %x : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  } else {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.neg %0 : tensor<4xf32>
    agc.yield %1 : tensor<4xf32>
  }
  return %z : tensor<4xf32>
}

// SIMPLE-LABEL: @makes_no_trip
// SIMPLE-NEXT: return %{{.*}} : tensor<4xf32>
func.func @makes_no_trip(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.scan %x {trips = 0 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%c: tensor<4xf32>):
    %0 = agc.exp %c : tensor<4xf32>
    agc.yield %0 : tensor<4xf32>
  }
  return %z : tensor<4xf32>
}
