// RUN: agc-opt %s -agc-lower-to-linalg -agc-fuse-elementwise -agc-prepare-kernels -agc-fuse-siblings | FileCheck %s --check-prefixes=CHECK
// RUN: agc-opt %s -agc-lower-to-linalg -agc-fuse-elementwise -agc-prepare-kernels -agc-fuse-siblings -agc-form-kernels | FileCheck %s --check-prefix=CALLS

// Two that read the same values, each into its part of one tensor; what both compute
// is computed once.
// CHECK-LABEL: @parts_of_one
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK-COUNT-1: arith.addf
// CHECK-NOT: arith.addf
// CHECK: linalg.yield
// CHECK-NOT: linalg.generic
// CHECK: tensor.insert_slice %[[BOTH]]#
// CHECK: tensor.insert_slice %[[BOTH]]#
// CALLS-LABEL: @parts_of_one
// CALLS-COUNT-1: call @
// CALLS-NOT: call @
// CALLS: return
func.func @parts_of_one(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %s = agc.add %x, %y : tensor<4x8xf32>
  %a = agc.mul %s, %x : tensor<4x8xf32>
  %b = agc.mul %s, %y : tensor<4x8xf32>
  %z = agc.concat %a, %b {dimension = 1 : i64} : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// A value that is returned twice is computed once and stored twice.
// CHECK-LABEL: @copies_on_the_way
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return %[[BOTH]]#{{[01]}}, %[[BOTH]]#{{[01]}}
func.func @copies_on_the_way(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %y = agc.exp %x : tensor<8xf32>
  return %y, %y : tensor<8xf32>, tensor<8xf32>
}

// Two sums over one value.
// CHECK-LABEL: @two_sums
// CHECK: linalg.generic {{.*}}reduction{{.*}} outs(%{{.*}}, %{{.*}} : tensor<8xf32>, tensor<8xf32>)
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @two_sums(%x: tensor<64x8xf32>, %y: tensor<64x8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %p = agc.mul %x, %y : tensor<64x8xf32>
  %a = agc.reduce_sum %p {dimensions = array<i64: 0>} : tensor<64x8xf32> to tensor<8xf32>
  %b = agc.reduce_sum %x {dimensions = array<i64: 0>} : tensor<64x8xf32> to tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// The second needs the first's sum.
// CHECK-LABEL: @one_sum_after_the_other
// CHECK-COUNT-2: linalg.generic
// CHECK: return
func.func @one_sum_after_the_other(%x: tensor<64x8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %a = agc.reduce_sum %x {dimensions = array<i64: 0>} : tensor<64x8xf32> to tensor<8xf32>
  %m = agc.broadcast %a {dimensions = array<i64: 1>} : tensor<8xf32> to tensor<64x8xf32>
  %d = agc.mul %x, %m : tensor<64x8xf32>
  %b = agc.reduce_sum %d {dimensions = array<i64: 0>} : tensor<64x8xf32> to tensor<8xf32>
  return %a, %b : tensor<8xf32>, tensor<8xf32>
}

// Products of matrices that share an operand have kernels of their own.
// CHECK-LABEL: @not_products
// CHECK-COUNT-2: linalg.generic
// CHECK: return
func.func @not_products(%x: tensor<8x16xf32>, %v: tensor<4x16xf32>, %w: tensor<4x16xf32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %a = agc.einsum %x, %v {spec = "mk,nk->mn"} : (tensor<8x16xf32>, tensor<4x16xf32>) -> tensor<8x4xf32>
  %b = agc.einsum %x, %w {spec = "mk,nk->mn"} : (tensor<8x16xf32>, tensor<4x16xf32>) -> tensor<8x4xf32>
  return %a, %b : tensor<8x4xf32>, tensor<8x4xf32>
}

// An update stays where its gradient is.
// CHECK-LABEL: @not_an_update
// CHECK-COUNT-2: linalg.generic
// CHECK: return
func.func @not_an_update(%p: tensor<8xf32>, %g: tensor<8xf32>) -> (tensor<8xf32> {agc.updates = 0 : i64}, tensor<8xf32>) {
  %new = agc.sub %p, %g : tensor<8xf32>
  %n = agc.neg %g : tensor<8xf32>
  return %new, %n : tensor<8xf32>, tensor<8xf32>
}

// What is written into comes before what is written there.
// CHECK-LABEL: @not_what_is_written_into
// CHECK: %[[MEMORY:.*]] = linalg.generic
// CHECK: %[[PART:.*]] = linalg.generic
// CHECK: tensor.insert_slice %[[PART]] into %[[MEMORY]]
// CHECK: linalg.generic
// CHECK: return
func.func @not_what_is_written_into(%x: tensor<8xf32>, %y: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %memory = agc.exp %x : tensor<8xf32>
  %part = agc.tanh %y : tensor<4xf32>
  %both = tensor.insert_slice %part into %memory[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %c = agc.neg %x : tensor<8xf32>
  return %both, %c : tensor<8xf32>, tensor<8xf32>
}

// The second's place is a copy of what the first is a part of.
// CHECK-LABEL: @not_into_a_copy_of_the_first
// CHECK-COUNT-3: linalg.generic
// CHECK: return
func.func @not_into_a_copy_of_the_first(%x: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %memory = tensor.empty() : tensor<8xf32>
  %a = agc.exp %x : tensor<4xf32>
  %first = tensor.insert_slice %a into %memory[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %b = agc.neg %x : tensor<4xf32>
  %second = tensor.insert_slice %b into %first[4] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %first, %second : tensor<8xf32>, tensor<8xf32>
}

// What is inserted on top of the first's part has to stay there.
// CHECK-LABEL: @keeps_what_is_on_top
// CHECK-COUNT-3: linalg.generic
// CHECK: return
func.func @keeps_what_is_on_top(%x: tensor<8xf32>, %y: tensor<4xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %memory = tensor.empty() : tensor<8xf32>
  %a = agc.exp %x : tensor<8xf32>
  %first = tensor.insert_slice %a into %memory[0] [8] [1] : tensor<8xf32> into tensor<8xf32>
  %b = agc.tanh %y : tensor<4xf32>
  %second = tensor.insert_slice %b into %first[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %c = agc.neg %x : tensor<8xf32>
  return %second, %c : tensor<8xf32>, tensor<8xf32>
}
