// RUN: agc-opt %s -agc-outline-bodies | FileCheck %s

// Bodies are functions before their user's, inner ones first; the op's region
// only calls them.
// CHECK: func.func private @loops.scan0(%{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4xf32>) -> tensor<4xf32> attributes {agc.body}
// CHECK-NEXT: agc.mul
// CHECK-NEXT: return
// CHECK: func.func private @loops.cond1.0(
// CHECK: agc.scan {{.*}} {
// CHECK: func.call @loops.scan0(
// CHECK-NEXT: agc.yield
// CHECK: func.func private @loops.cond1.1(
// CHECK-LABEL: func.func @loops
// CHECK: agc.cond
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[Y:.*]] = func.call @loops.cond1.0(%[[X]]) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: agc.yield %[[Y]]
func.func @loops(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.cond %p, %x : (tensor<i1>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.scan %0, %0 {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32> {
    ^bb0(%c: tensor<4xf32>, %k: tensor<4xf32>):
      %2 = agc.mul %c, %k : tensor<4xf32>
      agc.yield %2 : tensor<4xf32>
    }
    agc.yield %1 : tensor<4xf32>
  } else {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  return %z : tensor<4xf32>
}

// A checkpoint has no gradient left to serve: its ops come in its place.
// CHECK-LABEL: func.func @recomputes
// CHECK-NEXT: agc.exp
// CHECK-NEXT: agc.neg
// CHECK-NEXT: return
func.func @recomputes(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = agc.checkpoint %x : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.exp %0 : tensor<4xf32>
    agc.yield %1 : tensor<4xf32>
  }
  %n = agc.neg %z : tensor<4xf32>
  return %n : tensor<4xf32>
}

// CHECK-LABEL: func.func @does_not_apply
// CHECK-NEXT: agc.neg
// CHECK-NEXT: return
func.func @does_not_apply(%x: tensor<4xf32>) -> tensor<4xf32> {
  %n = agc.neg %x : tensor<4xf32>
  return %n : tensor<4xf32>
}
