// RUN: agc-opt %s -agc-lower-to-linalg -agc-fuse-elementwise -canonicalize -cse | FileCheck %s

// CHECK-LABEL: @chain_is_one_loop
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @chain_is_one_loop(%x: tensor<64xf32>, %y: tensor<64xf32>) -> tensor<64xf32> {
  %1 = agc.add %x, %y : tensor<64xf32>
  %2 = agc.tanh %1 : tensor<64xf32>
  %3 = agc.mul %2, %x : tensor<64xf32>
  %4 = agc.exp %3 : tensor<64xf32>
  %5 = agc.sub %4, %y : tensor<64xf32>
  %6 = agc.sigmoid %5 : tensor<64xf32>
  %7 = agc.neg %6 : tensor<64xf32>
  %8 = agc.relu %7 : tensor<64xf32>
  return %8 : tensor<64xf32>
}

// CHECK-LABEL: @chain_goes_into_its_reduction
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @chain_goes_into_its_reduction(%x: tensor<8x64xf32>) -> tensor<8xf32> {
  %1 = agc.exp %x : tensor<8x64xf32>
  %2 = agc.mul %1, %x : tensor<8x64xf32>
  %3 = agc.reduce_sum %2 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %3 : tensor<8xf32>
}

// A product would compute the exponential once for each of its columns.
// CHECK-LABEL: @not_into_a_product
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK: linalg.generic
// CHECK-NOT: math.exp
// CHECK: arith.mulf
func.func @not_into_a_product(%x: tensor<8x64xf32>, %w: tensor<64x8xf32>) -> tensor<8x8xf32> {
  %1 = agc.exp %x : tensor<8x64xf32>
  %2 = agc.einsum %1, %w {spec = "mk,kn->mn"} : (tensor<8x64xf32>, tensor<64x8xf32>) -> tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}

// The sum needs its own loop; what it is broadcast into does not repeat it.
// CHECK-LABEL: @not_a_reduction_into_its_reader
// CHECK-COUNT-2: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @not_a_reduction_into_its_reader(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %1 = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  %2 = agc.broadcast %1 {dimensions = array<i64: 0>} : tensor<8xf32> to tensor<8x64xf32>
  %3 = agc.div %x, %2 : tensor<8x64xf32>
  return %3 : tensor<8x64xf32>
}

// A value that is returned is in memory anyway: who reads it is one op with it, so
// that it is not read from there. An optimizer's state and its parameter.
// CHECK-LABEL: @joins_a_returned_producer
// CHECK: %[[BOTH:.*]]:2 = linalg.generic {{.*}} ins(%arg0, %arg1, %arg2 :
// CHECK-COUNT-1: arith.addf
// CHECK-NOT: linalg.generic
// CHECK: return %[[BOTH]]#0, %[[BOTH]]#1
func.func @joins_a_returned_producer(%m: tensor<64xf32>, %g: tensor<64xf32>, %w: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %1 = agc.add %m, %g : tensor<64xf32>
  %2 = agc.sub %w, %1 : tensor<64xf32>
  return %1, %2 : tensor<64xf32>, tensor<64xf32>
}

// A costly value that several read is computed once, in a group with those that
// can be in it; a sum reads it as another result of that group.
// CHECK-LABEL: @costly_value_is_computed_once
// CHECK: linalg.generic
// CHECK-DAG: math.tanh
// CHECK-DAG: math.exp
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK: linalg.generic
// CHECK: "reduction"
// CHECK-NOT: math
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @costly_value_is_computed_once(%x: tensor<64xf32>, %y: tensor<64xf32>) -> (tensor<64xf32>, tensor<f32>) {
  %1 = agc.tanh %x : tensor<64xf32>
  %2 = agc.exp %x : tensor<64xf32>
  %3 = agc.mul %1, %2 : tensor<64xf32>
  %4 = agc.reduce_sum %3 {dimensions = array<i64: 0>} : tensor<64xf32> to tensor<f32>
  %5 = agc.sub %3, %y : tensor<64xf32>
  %6 = agc.mul %5, %1 : tensor<64xf32>
  %7 = agc.div %6, %3 : tensor<64xf32>
  %8 = agc.add %7, %2 : tensor<64xf32>
  return %8, %4 : tensor<64xf32>, tensor<f32>
}

// The sum stands between the chain and the division: no one loop for both.
// CHECK-LABEL: @not_around_a_reduction
// CHECK: linalg.generic
// CHECK: math.tanh
// CHECK: math.erf
// CHECK: linalg.generic
// CHECK: "reduction"
// CHECK: linalg.generic
// CHECK-NOT: math
// CHECK: return
func.func @not_around_a_reduction(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {
  %1 = agc.tanh %x : tensor<8x64xf32>
  %2 = agc.exp %1 : tensor<8x64xf32>
  %3 = agc.sigmoid %2 : tensor<8x64xf32>
  %4 = agc.erf %3 : tensor<8x64xf32>
  %5 = agc.reduce_sum %4 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  %6 = agc.broadcast %5 {dimensions = array<i64: 0>} : tensor<8xf32> to tensor<8x64xf32>
  %7 = agc.div %4, %6 : tensor<8x64xf32>
  return %7 : tensor<8x64xf32>
}

// A cheap value is computed again by whoever reads it.
// CHECK-LABEL: @cheap_value_is_computed_again
// CHECK: linalg.generic
// CHECK: ins(%arg0, %arg1
// CHECK: linalg.generic
// CHECK-SAME: "reduction"
// CHECK-SAME: ins(%arg0, %arg1
// CHECK: return
func.func @cheap_value_is_computed_again(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8xf32>) {
  %1 = agc.add %x, %y : tensor<8x64xf32>
  %2 = agc.mul %1, %y : tensor<8x64xf32>
  %3 = agc.reduce_sum %1 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %2, %3 : tensor<8x64xf32>, tensor<8xf32>
}

// Both broadcasts and the comparison have other readers. Without either nothing
// would say how long the loops of the second sum are.
// CHECK-LABEL: @a_sum_keeps_its_loops
// CHECK-COUNT-2: iterator_types = ["reduction", "reduction"]} ins({{.*}}tensor<3x4xf32>{{.*}}) outs(%{{[^,]*}} : tensor<f32>)
// CHECK-NOT: ["reduction", "reduction"]
// CHECK: return
func.func @a_sum_keeps_its_loops(%x: tensor<f32>, %y: tensor<f32>, %w: tensor<f32>, %k: tensor<4x5xf32>) -> (tensor<f32>, tensor<3x5xf32>, tensor<f32>) {
  %a = agc.broadcast %x {dimensions = array<i64>} : tensor<f32> to tensor<3x4xf32>
  %b = agc.broadcast %y {dimensions = array<i64>} : tensor<f32> to tensor<3x4xf32>
  %v = agc.broadcast %w {dimensions = array<i64>} : tensor<f32> to tensor<3x4xf32>
  %p = agc.compare "eq" %b, %v : tensor<3x4xf32>
  %c = agc.convert %p : tensor<3x4xi1> to tensor<3x4xf32>
  %s = agc.reduce_sum %c {dimensions = array<i64: 0, 1>} : tensor<3x4xf32> to tensor<f32>
  %d = agc.mul %a, %c : tensor<3x4xf32>
  %t = agc.reduce_sum %d {dimensions = array<i64: 0, 1>} : tensor<3x4xf32> to tensor<f32>
  %e = agc.einsum %a, %k {spec = "mk,kn->mn"} : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  return %t, %e, %s : tensor<f32>, tensor<3x5xf32>, tensor<f32>
}

// A layer flattens what it multiplies: a product's elements are gone over as they lie, and
// what is done with them can join its kernel.
// CHECK-LABEL: @goes_over_a_product_as_it_lies
// CHECK: %[[P:.*]] = linalg.generic {{.*}} "reduction"]
// CHECK-NOT: tensor.expand_shape
// CHECK: %[[A:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[P]]
// CHECK: math.tanh
// CHECK-NOT: tensor.expand_shape
// CHECK: linalg.generic {{.*}} "reduction"]} ins(%[[A]]
func.func @goes_over_a_product_as_it_lies(%x: tensor<24x8xf32>, %w: tensor<8x16xf32>, %v: tensor<16x8xf32>) -> tensor<24x8xf32> {
  %0 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<24x8xf32>, tensor<8x16xf32>) -> tensor<24x16xf32>
  %1 = agc.reshape %0 : tensor<24x16xf32> to tensor<4x6x16xf32>
  %2 = agc.tanh %1 : tensor<4x6x16xf32>
  %3 = agc.reshape %2 : tensor<4x6x16xf32> to tensor<24x16xf32>
  %4 = agc.einsum %3, %v {spec = "mk,kn->mn"} : (tensor<24x16xf32>, tensor<16x8xf32>) -> tensor<24x8xf32>
  return %4 : tensor<24x8xf32>
}

// Where somebody sums along the shape behind it, that stays: the element-wise op goes into
// the sum.
// CHECK-LABEL: @goes_over_the_shape_that_is_summed
// CHECK: tensor.expand_shape
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]}
// CHECK: math.tanh
func.func @goes_over_the_shape_that_is_summed(%x: tensor<24x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %0 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<24x8xf32>, tensor<8x16xf32>) -> tensor<24x16xf32>
  %1 = agc.reshape %0 : tensor<24x16xf32> to tensor<4x6x16xf32>
  %2 = agc.tanh %1 : tensor<4x6x16xf32>
  %3 = agc.reduce_sum %2 {dimensions = array<i64: 1>} : tensor<4x6x16xf32> to tensor<4x16xf32>
  return %3 : tensor<4x16xf32>
}

// But not if there are so many that the sum of two, a residual's, is in memory for them.
// CHECK-LABEL: @goes_over_a_product_that_many_read
// CHECK-SAME: %[[X:.*]]: tensor<24x8xf32>, %[[W:.*]]: tensor<8x16xf32>, %[[Y:.*]]: tensor<4x6x16xf32>
// CHECK: %[[P:.*]] = linalg.generic {{.*}} "reduction"]} ins(%[[X]], %[[W]]
// CHECK: %[[R:.*]] = tensor.collapse_shape %[[Y]]
// CHECK: %[[S:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[P]], %[[R]]
// CHECK: tensor.expand_shape %[[S]]
func.func @goes_over_a_product_that_many_read(%x: tensor<24x8xf32>, %w: tensor<8x16xf32>, %y: tensor<4x6x16xf32>) -> (tensor<4x16xf32>, tensor<4x6xf32>, tensor<6x16xf32>, tensor<16xf32>) {
  %0 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<24x8xf32>, tensor<8x16xf32>) -> tensor<24x16xf32>
  %1 = agc.reshape %0 : tensor<24x16xf32> to tensor<4x6x16xf32>
  %2 = agc.add %1, %y : tensor<4x6x16xf32>
  %3 = agc.reduce_sum %2 {dimensions = array<i64: 1>} : tensor<4x6x16xf32> to tensor<4x16xf32>
  %4 = agc.reduce_max %2 {dimensions = array<i64: 2>} : tensor<4x6x16xf32> to tensor<4x6xf32>
  %5 = agc.reduce_sum %2 {dimensions = array<i64: 0>} : tensor<4x6x16xf32> to tensor<6x16xf32>
  %6 = agc.reduce_max %2 {dimensions = array<i64: 0, 1>} : tensor<4x6x16xf32> to tensor<16xf32>
  return %3, %4, %5, %6 : tensor<4x16xf32>, tensor<4x6xf32>, tensor<6x16xf32>, tensor<16xf32>
}

// A product that has panels as a dimension, and all that is done with its elements.
// CHECK-LABEL: @goes_over_panels
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK: arith.addf
// CHECK: math.tanh
// CHECK: %[[C:.*]] = tensor.collapse_shape {{.*}} : tensor<24x2x8xf32> into tensor<24x16xf32>
// CHECK: return %[[C]]
func.func @goes_over_panels(%x: tensor<24x8xf32>, %w: tensor<2x8x8xf32>, %y: tensor<24x16xf32>) -> tensor<24x16xf32> {
  %0 = agc.einsum %x, %w {spec = "mk,pkn->mpn"} : (tensor<24x8xf32>, tensor<2x8x8xf32>) -> tensor<24x2x8xf32>
  %1 = agc.reshape %0 : tensor<24x2x8xf32> to tensor<24x16xf32>
  %2 = agc.add %1, %y : tensor<24x16xf32>
  %3 = agc.tanh %2 : tensor<24x16xf32>
  return %3 : tensor<24x16xf32>
}

// Not where somebody sums along the shape behind it.
// CHECK-LABEL: @goes_over_what_is_summed_of_panels
// CHECK: %[[P:.*]] = linalg.generic {{.*}} "reduction"]}
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[P]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[C]]
// CHECK: math.tanh
func.func @goes_over_what_is_summed_of_panels(%x: tensor<24x8xf32>, %w: tensor<2x8x8xf32>) -> tensor<24xf32> {
  %0 = agc.einsum %x, %w {spec = "mk,pkn->mpn"} : (tensor<24x8xf32>, tensor<2x8x8xf32>) -> tensor<24x2x8xf32>
  %1 = agc.reshape %0 : tensor<24x2x8xf32> to tensor<24x16xf32>
  %2 = agc.tanh %1 : tensor<24x16xf32>
  %3 = agc.reduce_sum %2 {dimensions = array<i64: 1>} : tensor<24x16xf32> to tensor<24xf32>
  return %3 : tensor<24xf32>
}

// A sum of two values that four read is in memory: each of them would read two for one. What
// is made of one value is computed again.
// CHECK-LABEL: @keeps_what_would_be_read_more
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>, %[[Y:.*]]: tensor<3x4xf32>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[Y]]
// CHECK-COUNT-4: linalg.generic {{.*}}"reduction"{{.*}} ins(%[[S]]
// CHECK-NOT: linalg.generic
// CHECK-LABEL: @computes_what_is_read_once_again
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>
// CHECK-COUNT-4: linalg.generic {{.*}}"reduction"{{.*}} ins(%[[X]]
// CHECK-NOT: linalg.generic
func.func @keeps_what_would_be_read_more(%x: tensor<3x4xf32>, %y: tensor<3x4xf32>) -> (tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) {
  %s = agc.add %x, %y : tensor<3x4xf32>
  %0 = agc.reduce_sum %s {dimensions = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf32>
  %1 = agc.reduce_sum %s {dimensions = array<i64: 0>} : tensor<3x4xf32> to tensor<4xf32>
  %2 = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf32>
  %3 = agc.reduce_max %s {dimensions = array<i64: 0>} : tensor<3x4xf32> to tensor<4xf32>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>
}
func.func @computes_what_is_read_once_again(%x: tensor<3x4xf32>) -> (tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>) {
  %s = agc.mul %x, %x : tensor<3x4xf32>
  %0 = agc.reduce_sum %s {dimensions = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf32>
  %1 = agc.reduce_sum %s {dimensions = array<i64: 0>} : tensor<3x4xf32> to tensor<4xf32>
  %2 = agc.reduce_max %s {dimensions = array<i64: 1>} : tensor<3x4xf32> to tensor<3xf32>
  %3 = agc.reduce_max %s {dimensions = array<i64: 0>} : tensor<3x4xf32> to tensor<4xf32>
  return %0, %1, %2, %3 : tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<4xf32>
}

// What a backward multiplies a cotangent with, of two values that are in memory for it alone:
// the forward's loop gives that.
// CHECK-LABEL: @gives_a_factor
// CHECK-SAME: %[[X:.*]]: tensor<3x4xf32>, %[[W:.*]]: tensor<4x4xf32>
// CHECK: %[[P:.*]] = linalg.generic {{.*}} "reduction"]} ins(%[[X]], %[[W]]
// CHECK: %[[G:.*]]:2 = linalg.generic {{.*}} ins(%[[P]] :
// CHECK-DAG: math.erf
// CHECK-DAG: math.exp
// CHECK: linalg.yield
// CHECK: %[[Q:.*]] = linalg.generic {{.*}} "reduction"]} ins(%[[G]]#0, %[[W]]
// CHECK: %[[D:.*]] = linalg.generic {{.*}} ins(%[[G]]#1, %{{.*}} : tensor<3x4xf32>, tensor<3x4xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.mulf
// CHECK-NEXT: linalg.yield
// CHECK: return %[[D]]
func.func @gives_a_factor(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>) -> tensor<3x4xf32> {
  %p = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %e = agc.erf %p : tensor<3x4xf32>
  %y = agc.mul %p, %e : tensor<3x4xf32>
  %q = agc.einsum %y, %w {spec = "mk,kn->mn"} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %a = agc.mul %p, %p : tensor<3x4xf32>
  %n = agc.neg %a : tensor<3x4xf32>
  %b = agc.exp %n : tensor<3x4xf32>
  %c = agc.mul %p, %b : tensor<3x4xf32>
  %f = agc.add %e, %c : tensor<3x4xf32>
  %d = agc.mul %q, %f : tensor<3x4xf32>
  return %d : tensor<3x4xf32>
}

// Not where one of the two is in memory anyway: that would be one more.
// CHECK-LABEL: @gives_no_factor_of_what_is_there
// CHECK: %[[P:.*]] = linalg.generic {{.*}} "reduction"]}
// CHECK: linalg.generic {{.*}} ins(%[[P]] :
// CHECK: math.erf
// CHECK-NOT: math.exp
// CHECK: linalg.generic {{.*}} "reduction"]}
// CHECK: linalg.generic
// CHECK: math.exp
func.func @gives_no_factor_of_what_is_there(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %p = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %e = agc.erf %p : tensor<3x4xf32>
  %y = agc.mul %p, %e : tensor<3x4xf32>
  %q = agc.einsum %y, %w {spec = "mk,kn->mn"} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %a = agc.mul %p, %p : tensor<3x4xf32>
  %n = agc.neg %a : tensor<3x4xf32>
  %b = agc.exp %n : tensor<3x4xf32>
  %c = agc.mul %p, %b : tensor<3x4xf32>
  %f = agc.add %e, %c : tensor<3x4xf32>
  %d = agc.mul %q, %f : tensor<3x4xf32>
  return %d, %p : tensor<3x4xf32>, tensor<3x4xf32>
}

// A loss that is read from values of the forward which are there for it alone: the group
// gives what is summed up, one value.
// CHECK-LABEL: @sums_one_value_of_several
// CHECK: %[[G:.*]]:2 = linalg.generic {{.*}} ins(%arg1, %arg0 :
// CHECK-DAG: math.tanh
// CHECK-DAG: math.exp
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, f32
// CHECK: %[[S:.*]] = linalg.generic {{.*}} "reduction"{{.*}} ins(%[[G]]#1 :
// CHECK-NEXT: ^bb0
// CHECK-NEXT: arith.addf
// CHECK-NEXT: linalg.yield
// CHECK: return %[[G]]#0, %[[S]]
func.func @sums_one_value_of_several(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8xf32>) {
  %1 = agc.tanh %x : tensor<8x64xf32>
  %2 = agc.exp %y : tensor<8x64xf32>
  %3 = agc.mul %1, %2 : tensor<8x64xf32>
  %4 = agc.reduce_sum %3 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  %5 = agc.sub %1, %2 : tensor<8x64xf32>
  %6 = agc.mul %5, %1 : tensor<8x64xf32>
  %7 = agc.div %6, %2 : tensor<8x64xf32>
  return %7, %4 : tensor<8x64xf32>, tensor<8xf32>
}

// A value that others read, or the caller, is in memory: the sum reads it from there.
// CHECK-LABEL: @sums_what_is_in_memory
// CHECK: %[[G:.*]]:2 = linalg.generic
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} "reduction"{{.*}} ins(%[[G]]#0, %[[G]]#1 :
func.func @sums_what_is_in_memory(%x: tensor<8x64xf32>) -> (tensor<8x64xf32>, tensor<8xf32>) {
  %1 = agc.tanh %x : tensor<8x64xf32>
  %2 = agc.exp %1 : tensor<8x64xf32>
  %3 = agc.mul %1, %2 : tensor<8x64xf32>
  %4 = agc.reduce_sum %3 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %2, %4 : tensor<8x64xf32>, tensor<8xf32>
}
