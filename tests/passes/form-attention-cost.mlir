// RUN: agc-opt %s -agc-form-attention | FileCheck %s

// With as many queries and keys as make it pay.
// CHECK-LABEL: @formed
// CHECK-SAME: attributes {agc.attention = ["scores 16x16: in no memory, one kernel forward and one backward"]}
// CHECK: attention.forward
func.func @formed(%q: tensor<16x4xf32>, %k: tensor<16x4xf32>, %v: tensor<16x3xf32>) -> tensor<16x3xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x16xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<16x16xf32> to tensor<16xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<16xf32> to tensor<16x16xf32>
  %d = agc.sub %s, %m : tensor<16x16xf32>
  %e = agc.exp %d : tensor<16x16xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<16x16xf32> to tensor<16xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<16xf32> to tensor<16x16xf32>
  %p = agc.div %e, %n : tensor<16x16xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<16x16xf32>, tensor<16x3xf32>) -> tensor<16x3xf32>
  return %o : tensor<16x3xf32>
}

// CHECK-LABEL: @few
// CHECK-SAME: attributes {agc.attention = ["scores 15x16: in memory, as there are few queries or keys"]}
// CHECK-NOT: attention.forward
func.func @few(%q: tensor<15x4xf32>, %k: tensor<16x4xf32>, %v: tensor<16x3xf32>) -> tensor<15x3xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<15x4xf32>, tensor<16x4xf32>) -> tensor<15x16xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<15x16xf32> to tensor<15xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<15xf32> to tensor<15x16xf32>
  %d = agc.sub %s, %m : tensor<15x16xf32>
  %e = agc.exp %d : tensor<15x16xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<15x16xf32> to tensor<15xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<15xf32> to tensor<15x16xf32>
  %p = agc.div %e, %n : tensor<15x16xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<15x16xf32>, tensor<16x3xf32>) -> tensor<15x3xf32>
  return %o : tensor<15x3xf32>
}

// CHECK-LABEL: @long
// CHECK-SAME: attributes {agc.attention = ["scores 16x16: in memory, as a query, key or value has many numbers"]}
// CHECK-NOT: attention.forward
func.func @long(%q: tensor<16x4xf32>, %k: tensor<16x4xf32>, %v: tensor<16x257xf32>) -> tensor<16x257xf32> {
  %s = agc.einsum %q, %k {spec = "mk,nk->mn"} : (tensor<16x4xf32>, tensor<16x4xf32>) -> tensor<16x16xf32>
  %max = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<16x16xf32> to tensor<16xf32>
  %m = agc.broadcast %max {dimensions = array<i64: 0>} : tensor<16xf32> to tensor<16x16xf32>
  %d = agc.sub %s, %m : tensor<16x16xf32>
  %e = agc.exp %d : tensor<16x16xf32>
  %sum = agc.reduce_sum %e {dimensions = array<i64: 1>} : tensor<16x16xf32> to tensor<16xf32>
  %n = agc.broadcast %sum {dimensions = array<i64: 0>} : tensor<16xf32> to tensor<16x16xf32>
  %p = agc.div %e, %n : tensor<16x16xf32>
  %o = agc.einsum %p, %v {spec = "mk,kn->mn"} : (tensor<16x16xf32>, tensor<16x257xf32>) -> tensor<16x257xf32>
  return %o : tensor<16x257xf32>
}
