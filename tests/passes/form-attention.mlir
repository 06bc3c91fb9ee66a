// RUN: agc-opt %s -agc-form-attention="always" | FileCheck %s
// RUN: agc-opt %s -agc-form-attention="always" -agc-differentiate -canonicalize -cse | FileCheck %s --check-prefix=GRADIENT

// Heads behind queries, as projections give them; a scale on the queries, a causal mask.
// CHECK-LABEL: @causal
// CHECK-NEXT: %[[O:.*]], %{{.*}} = attention.forward %arg0, %arg1, %arg2 {causal, scale = 5.000000e-01 : f64, spec = "ambk,anbk,anbc->ambc"}
// CHECK-NEXT: return %[[O]]
func.func @causal(%q: tensor<2x6x3x4xf32>, %k: tensor<2x6x3x4xf32>, %v: tensor<2x6x3x4xf32>) -> tensor<2x6x3x4xf32> {
  %qt = agc.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : tensor<2x6x3x4xf32> to tensor<2x3x6x4xf32>
  %kt = agc.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : tensor<2x6x3x4xf32> to tensor<2x3x4x6xf32>
  %vt = agc.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : tensor<2x6x3x4xf32> to tensor<2x3x6x4xf32>
  %half = agc.constant {value = 0.5 : f64} : tensor<2x3x6x4xf32>
  %qs = agc.mul %qt, %half : tensor<2x3x6x4xf32>
  %s = agc.einsum %qs, %kt {spec = "abmk,abkn->abmn"} : (tensor<2x3x6x4xf32>, tensor<2x3x4x6xf32>) -> tensor<2x3x6x6xf32>
  %low = agc.constant {value = 0xFFF0000000000000 : f64} : tensor<2x3x6x6xf32>
  %i = agc.iota {dimension = 2 : i64} : tensor<2x3x6x6xi64>
  %j = agc.iota {dimension = 3 : i64} : tensor<2x3x6x6xi64>
  %seen = agc.compare "ge" %i, %j : tensor<2x3x6x6xi64>
  %x = agc.select %seen, %s, %low : tensor<2x3x6x6xf32>
  %max = agc.reduce_max %x {dimensions = array<i64: 3>} : tensor<2x3x6x6xf32> to tensor<2x3x6xf32>
  %r0 = agc.reshape %max : tensor<2x3x6xf32> to tensor<2x3x6x1xf32>
  %r1 = agc.stop_gradient %r0 : tensor<2x3x6x1xf32>
  %r2 = agc.reshape %r1 : tensor<2x3x6x1xf32> to tensor<2x3x6xf32>
  %m = agc.broadcast %r2 {dimensions = array<i64: 0, 1, 2>} : tensor<2x3x6xf32> to tensor<2x3x6x6xf32>
  %d = agc.sub %x, %m : tensor<2x3x6x6xf32>
  %e = agc.exp %d : tensor<2x3x6x6xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 3>} : tensor<2x3x6x6xf32> to tensor<2x3x6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0, 1, 2>} : tensor<2x3x6xf32> to tensor<2x3x6x6xf32>
  %p = agc.div %e, %n : tensor<2x3x6x6xf32>
  %o = agc.einsum %p, %vt {spec = "abmk,abkn->abmn"} : (tensor<2x3x6x6xf32>, tensor<2x3x6x4xf32>) -> tensor<2x3x6x4xf32>
  %z = agc.transpose %o {permutation = array<i64: 0, 2, 1, 3>} : tensor<2x3x6x4xf32> to tensor<2x6x3x4xf32>
  return %z : tensor<2x6x3x4xf32>
}

// Where the upper half is what is hidden, and the scale is a division of the scores; the
// values are the product's first operand, the result has the channels first.
// CHECK-LABEL: @hidden
// CHECK-NEXT: %[[O:.*]], %{{.*}} = attention.forward %arg0, %arg1, %arg2 {causal, scale = 2.500000e-01 : f64, spec = "mk,nk,na->ma"}
// CHECK-NEXT: agc.transpose %[[O]] {permutation = array<i64: 1, 0>}
func.func @hidden(%q: tensor<6x4xf32>, %k: tensor<6x4xf32>, %v: tensor<6x5xf32>) -> tensor<5x6xf32> {
  %s0 = agc.einsum %k, %q {spec = "nk,mk->mn"} : (tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<6x6xf32>
  %four = agc.constant {value = 4.0 : f64} : tensor<6x6xf32>
  %s = agc.div %s0, %four : tensor<6x6xf32>
  %low = agc.constant {value = 0xFFF0000000000000 : f64} : tensor<6x6xf32>
  %i = agc.iota {dimension = 0 : i64} : tensor<6xi64>
  %rows = agc.broadcast %i {dimensions = array<i64: 0>} : tensor<6xi64> to tensor<6x6xi64>
  %columns = agc.broadcast %i {dimensions = array<i64: 1>} : tensor<6xi64> to tensor<6x6xi64>
  %hidden = agc.compare "gt" %columns, %rows : tensor<6x6xi64>
  %x = agc.select %hidden, %low, %s : tensor<6x6xf32>
  %max = agc.reduce_max %x {dimensions = array<i64: 1>} : tensor<6x6xf32> to tensor<6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x6xf32>
  %d = agc.sub %x, %m : tensor<6x6xf32>
  %e = agc.exp %d : tensor<6x6xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x6xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x6xf32>
  %p = agc.div %e, %n : tensor<6x6xf32>
  %o = agc.einsum %v, %p {spec = "xy,zx->yz"} : (tensor<6x5xf32>, tensor<6x6xf32>) -> tensor<5x6xf32>
  return %o : tensor<5x6xf32>
}

// A mask of bools for each batch's keys; gradients are one op, too.
// CHECK-LABEL: @gradient
// CHECK: attention.forward %arg0, %arg1, %arg2, %arg3 {scale = 1.000000e+00 : f64, spec = "amk,ank,anb,an->amb"}
// GRADIENT-LABEL: @gradient
// GRADIENT-NEXT: %[[O:.*]], %[[L:.*]] = attention.forward %arg0, %arg1, %arg2, %arg3
// GRADIENT-NEXT: %{{.*}}, %[[DK:.*]], %{{.*}} = attention.backward %arg0, %arg1, %arg2, %arg3, %[[O]], %[[L]], %arg4 {scale
// GRADIENT-NEXT: return %[[DK]]
func.func @gradient(%q: tensor<2x6x4xf32>, %k: tensor<2x5x4xf32>, %v: tensor<2x5x3xf32>, %mask: tensor<2x5xi1>, %seed: tensor<2x6x3xf32>) -> tensor<2x5x4xf32> {
  %s = agc.einsum %q, %k {spec = "amk,ank->amn"} : (tensor<2x6x4xf32>, tensor<2x5x4xf32>) -> tensor<2x6x5xf32>
  %low = agc.constant {value = 0xFFF0000000000000 : f64} : tensor<2x6x5xf32>
  %b = agc.broadcast %mask {dimensions = array<i64: 0, 2>} : tensor<2x5xi1> to tensor<2x6x5xi1>
  %x = agc.select %b, %s, %low : tensor<2x6x5xf32>
  %max = agc.reduce_max %x {dimensions = array<i64: 2>} : tensor<2x6x5xf32> to tensor<2x6xf32>
  %stop = agc.stop_gradient %max : tensor<2x6xf32>
  %m = agc.broadcast %stop {dimensions = array<i64: 0, 1>} : tensor<2x6xf32> to tensor<2x6x5xf32>
  %d = agc.sub %x, %m : tensor<2x6x5xf32>
  %e = agc.exp %d : tensor<2x6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 2>} : tensor<2x6x5xf32> to tensor<2x6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0, 1>} : tensor<2x6xf32> to tensor<2x6x5xf32>
  %p = agc.div %e, %n : tensor<2x6x5xf32>
  %o = agc.einsum %p, %v {spec = "amk,akn->amn"} : (tensor<2x6x5xf32>, tensor<2x5x3xf32>) -> tensor<2x6x3xf32>
  %dk = agc.gradient %o, %seed, %k {outputs = 1 : i64} : (tensor<2x6x3xf32>, tensor<2x6x3xf32>, tensor<2x5x4xf32>) -> tensor<2x5x4xf32>
  return %dk : tensor<2x5x4xf32>
}

// A second derivative goes by way of the scores, and then they are there.
// CHECK-LABEL: @second
// CHECK-SAME: as a gradient of its gradient is asked for
// CHECK-NOT: attention.forward
func.func @second(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %mask: tensor<5xf32>, %seed: tensor<6x3xf32>, %next: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %s0 = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<6x5xf32>
  %b = agc.broadcast %mask {dimensions = array<i64: 1>} : tensor<5xf32> to tensor<6x5xf32>
  %s = agc.add %b, %s0 : tensor<6x5xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %stop = agc.stop_gradient %max : tensor<6xf32>
  %m = agc.broadcast %stop {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %s, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  %dq = agc.gradient %o, %seed, %q {outputs = 1 : i64} : (tensor<6x3xf32>, tensor<6x3xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  %dd = agc.gradient %dq, %next, %q {outputs = 1 : i64} : (tensor<6x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>) -> tensor<6x4xf32>
  return %dd : tensor<6x4xf32>
}

// Nor with a mask that has a gradient of its own.
// CHECK-LABEL: @mask_gradient
// CHECK-SAME: as its mask has a gradient
// CHECK-NOT: attention.forward
func.func @mask_gradient(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %mask: tensor<5xf32>, %seed: tensor<6x3xf32>) -> tensor<5xf32> {
  %s0 = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<6x5xf32>
  %b = agc.broadcast %mask {dimensions = array<i64: 1>} : tensor<5xf32> to tensor<6x5xf32>
  %s = agc.add %b, %s0 : tensor<6x5xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %stop = agc.stop_gradient %max : tensor<6xf32>
  %m = agc.broadcast %stop {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %s, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  %dm = agc.gradient %o, %seed, %mask {outputs = 1 : i64} : (tensor<6x3xf32>, tensor<6x3xf32>, tensor<5xf32>) -> tensor<5xf32>
  return %dm : tensor<5xf32>
}

// Probabilities that somebody reads are in memory anyway.
// CHECK-LABEL: @read
// CHECK-SAME: "scores 6x5: in memory, as its scores or probabilities are read elsewhere, too"
// CHECK-NOT: attention.forward
func.func @read(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> (tensor<6x3xf32>, tensor<6x5xf32>) {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<6x5xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %s, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  return %o, %p : tensor<6x3xf32>, tensor<6x5xf32>
}

// Nor is it one op in f64, or where hidden scores count for something.
// CHECK-LABEL: @f64
// CHECK-SAME: as it is not in f32
// CHECK-NOT: attention.forward
func.func @f64(%q: tensor<6x4xf64>, %k: tensor<5x4xf64>, %v: tensor<5x3xf64>) -> tensor<6x3xf64> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf64>, tensor<5x4xf64>) -> tensor<6x5xf64>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<6x5xf64> to tensor<6xf64>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf64> to tensor<6x5xf64>
  %d = agc.sub %s, %m : tensor<6x5xf64>
  %e = agc.exp %d : tensor<6x5xf64>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf64> to tensor<6xf64>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf64> to tensor<6x5xf64>
  %p = agc.div %e, %n : tensor<6x5xf64>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf64>, tensor<5x3xf64>) -> tensor<6x3xf64>
  return %o : tensor<6x3xf64>
}

// CHECK-LABEL: @finite_mask
// CHECK-SAME: as its mask is of another form
// CHECK-NOT: attention.forward
func.func @finite_mask(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %mask: tensor<6x5xi1>) -> tensor<6x3xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<6x5xf32>
  %low = agc.constant {value = -1.0e+04 : f64} : tensor<6x5xf32>
  %x = agc.select %mask, %s, %low : tensor<6x5xf32>
  %max = agc.reduce_max %x {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %x, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  return %o : tensor<6x3xf32>
}

// A mask that is computed would be in memory in the scores' place.
// CHECK-LABEL: @large_mask
// CHECK-SAME: as its mask is computed, and as large as the scores
// CHECK-NOT: attention.forward
func.func @large_mask(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %x: tensor<6x5xf32>) -> tensor<6x3xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x4xf32>, tensor<5x4xf32>) -> tensor<6x5xf32>
  %mask = agc.neg %x : tensor<6x5xf32>
  %y = agc.add %s, %mask : tensor<6x5xf32>
  %max = agc.reduce_max %y {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %y, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  return %o : tensor<6x3xf32>
}

// Several heads of queries for one of keys: two letters that only queries have.
// CHECK-LABEL: @groups
// CHECK-SAME: as its products are of another form
// CHECK-NOT: attention.forward
func.func @groups(%q: tensor<2x6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<2x6x3xf32> {
  %s = agc.einsum %q, %k {spec = "gmk,nk->gmn"} : (tensor<2x6x4xf32>, tensor<5x4xf32>) -> tensor<2x6x5xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 2>} : tensor<2x6x5xf32> to tensor<2x6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0, 1>} : tensor<2x6xf32> to tensor<2x6x5xf32>
  %d = agc.sub %s, %m : tensor<2x6x5xf32>
  %e = agc.exp %d : tensor<2x6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 2>} : tensor<2x6x5xf32> to tensor<2x6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0, 1>} : tensor<2x6xf32> to tensor<2x6x5xf32>
  %p = agc.div %e, %n : tensor<2x6x5xf32>
  %o = agc.einsum %p, %v {spec = "gmk,kn->gmn"} : (tensor<2x6x5xf32>, tensor<5x3xf32>) -> tensor<2x6x3xf32>
  return %o : tensor<2x6x3xf32>
}

// CHECK-LABEL: @nothing
// CHECK-SAME: as it is of nothing
// CHECK-NOT: attention.forward
func.func @nothing(%q: tensor<6x0xf32>, %k: tensor<5x0xf32>, %v: tensor<5x3xf32>) -> tensor<6x3xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<6x0xf32>, tensor<5x0xf32>) -> tensor<6x5xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %d = agc.sub %s, %m : tensor<6x5xf32>
  %e = agc.exp %d : tensor<6x5xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<6x5xf32> to tensor<6xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<6x5xf32>
  %p = agc.div %e, %n : tensor<6x5xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<6x5xf32>, tensor<5x3xf32>) -> tensor<6x3xf32>
  return %o : tensor<6x3xf32>
}
