// RUN: agc-opt %s -agc-outline-bodies -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels=vector-bytes=32 -canonicalize | FileCheck %s

// Two layers of one shape share their kernel; the first's result and the second's
// lie at different places of one workspace. The third's is finished on the way
// to memory, by a kernel of its own.
// CHECK-LABEL: func.func @shares_equal_kernels
// CHECK-SAME: %[[WORK:[^:]*]]: memref<512xi8>)
// CHECK-DAG: %[[A:.*]] = memref.view %[[WORK]][%c0][] : memref<512xi8> to memref<64xf32>
// CHECK-DAG: %[[B:.*]] = memref.view %[[WORK]][%c256][]
// CHECK: call @product_8x8_over_8(%{{.*}}, %{{.*}}, %[[A]]
// CHECK: call @product_8x8_over_8(%[[A]], %{{.*}}, %[[B]]
// CHECK: call @product_8x8_over_8_then_map(%[[B]], %{{.*}}
// CHECK-NEXT: return
func.func @shares_equal_kernels(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %1 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = agc.einsum %1, %w {spec = "mk,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %3 = agc.einsum %2, %w {spec = "mk,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %4 = agc.neg %3 : tensor<8x8xf32>
  return %4 : tensor<8x8xf32>
}

// The update is written over the argument, after the last reader of the old one.
// CHECK-LABEL: func.func @updates_in_place
// CHECK-SAME: %[[W:[^:]*]]: memref<64xf32> {{.*}}, %[[X:[^:]*]]: memref<64xf32> {{.*}}, %[[Y:[^:]*]]: memref<64xf32>, %{{.*}}: memref<0xi8>)
// CHECK: call @product_{{.*}}(%[[X]], %[[W]], %[[Y]],
// CHECK-NEXT: call @map_64(%[[W]], %[[X]], %[[W]],
func.func @updates_in_place(%w: tensor<8x8xf32>, %x: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 0 : i64}, tensor<8x8xf32>) {
  %new = agc.sub %w, %x : tensor<8x8xf32>
  %y = agc.einsum %x, %w {spec = "mk,nk->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return %new, %y : tensor<8x8xf32>, tensor<8x8xf32>
}

// Who reads the new value through a view comes after the update, as others do.
// CHECK-LABEL: func.func @reads_the_new_value_through_a_view
// CHECK-SAME: %[[W:[^:]*]]: memref<12xf32> {{.*}}, %[[Y:[^:]*]]: memref<12xf32>, %{{.*}}: memref<0xi8>)
// CHECK: call @map_12{{.*}}(%[[W]], %[[W]],
// CHECK-NEXT: call @map_12{{.*}}(%[[W]], %[[Y]],
func.func @reads_the_new_value_through_a_view(%w: tensor<4x3xf32>) -> (tensor<4x3xf32> {agc.updates = 0 : i64}, tensor<12xf32>) {
  %new = agc.neg %w : tensor<4x3xf32>
  %flat = agc.reshape %new : tensor<4x3xf32> to tensor<12xf32>
  return %new, %flat : tensor<4x3xf32>, tensor<12xf32>
}

// An update that has to go by way of other memory takes its views there.
// CHECK-LABEL: func.func @reads_a_view_of_an_update_elsewhere
// CHECK-SAME: %[[W:[^:]*]]: memref<12xf32> {{.*}}, %[[Y:[^:]*]]: memref<12xf32>, %{{.*}}: memref<64xi8>)
// CHECK: %[[NEW:.*]] = memref.view
// CHECK: call @map_{{.*}}(%[[W]], %[[NEW]],
// CHECK-NEXT: call @map_12{{.*}}(%[[NEW]], %[[Y]],
// CHECK-NEXT: call @map_12{{.*}}(%[[NEW]], %[[W]],
func.func @reads_a_view_of_an_update_elsewhere(%w: tensor<4x3xf32>) -> (tensor<4x3xf32> {agc.updates = 0 : i64}, tensor<12xf32>) {
  %new = agc.reverse %w {dimensions = array<i64: 0>} : tensor<4x3xf32> to tensor<4x3xf32>
  %flat = agc.reshape %new : tensor<4x3xf32> to tensor<12xf32>
  return %new, %flat : tensor<4x3xf32>, tensor<12xf32>
}

// The gradient of a weight never is in memory when only the update reads it.
// CHECK-LABEL: func.func @updates_in_the_gradients_kernel
// CHECK-SAME: %[[W:[^:]*]]: memref<64xf32>
// CHECK: call @product_8x8_over_8_then_map{{.*}}(%{{.*}}, %{{.*}}, %[[W]], %[[W]],
// CHECK-NEXT: return
func.func @updates_in_the_gradients_kernel(%w: tensor<8x8xf32>, %x: tensor<8x8xf32>, %dy: tensor<8x8xf32>) -> (tensor<8x8xf32> {agc.updates = 0 : i64}) {
  %g = agc.einsum %x, %dy {spec = "km,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %new = agc.sub %w, %g : tensor<8x8xf32>
  return %new : tensor<8x8xf32>
}

// A result that two read is in memory.
// CHECK-LABEL: func.func @keeps_what_others_read
// CHECK: call @product_8x8_over_8(
// CHECK-NEXT: call @map_64
// CHECK-NEXT: call @map_64
func.func @keeps_what_others_read(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %1 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = agc.neg %1 : tensor<8x8xf32>
  %3 = agc.abs %1 : tensor<8x8xf32>
  return %2, %3 : tensor<8x8xf32>, tensor<8x8xf32>
}

// Rows go where the index says, in a tensor that a kernel has zeroed.
// CHECK-LABEL: func.func @scatters
// CHECK: call @map_520(%[[SUM:[^,]*]],
// CHECK-NEXT: call @scatter_1x6x8_into_65(%{{[^,]*}}, %{{[^,]*}}, %[[SUM]],
// CHECK-NEXT: return
func.func @scatters(%i: tensor<2x3xi64>, %u: tensor<2x3x8xf32>) -> tensor<65x8xf32> {
  %zero = agc.constant {value = 0.0 : f64} : tensor<65x8xf32>
  %1 = agc.scatter %zero, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<65x8xf32>, tensor<2x3xi64>, tensor<2x3x8xf32>) -> tensor<65x8xf32>
  return %1 : tensor<65x8xf32>
}

// A gather and what follows are one kernel, which loads whole rows.
// CHECK-LABEL: func.func @gathers
// CHECK: call @map_6x8(
// CHECK-NEXT: return
func.func @gathers(%x: tensor<65x8xf32>, %i: tensor<6xi64>) -> tensor<6x8xf32> {
  %1 = agc.gather %x, %i {batch = 0 : i64} : (tensor<65x8xf32>, tensor<6xi64>) -> tensor<6x8xf32>
  return %1 : tensor<6x8xf32>
}

// Nothing is written before the labels are known to be good.
// CHECK-LABEL: func.func @checks_first
// CHECK: call @check_range{{.*}} {agc.check = "labels"{{.*}}}
// CHECK-NEXT: call @map
func.func @checks_first(%w: tensor<8xf32>, %n: tensor<8xi64>) -> (tensor<8xf32> {agc.updates = 0 : i64}, tensor<8xi64>) {
  %new = agc.neg %w : tensor<8xf32>
  %m = agc.check_range %n {lower = 0 : i64, upper = 10 : i64, message = "labels"} : tensor<8xi64>
  return %new, %m : tensor<8xf32>, tensor<8xi64>
}

// A body's list is called for each row, with slices. The carry goes between two
// places, of which the last trip's is the result's: there is no copy.
// CHECK-LABEL: func.func private @scans.scan0(
// CHECK-SAME: attributes {agc.body, agc.checks = 0 : i64
// CHECK: call @map_8{{.*}}(
// CHECK-LABEL: func.func @scans
// CHECK-SAME: %[[C:[^:]*]]: memref<8xf32> {{.*}}, %[[XS:[^:]*]]: memref<24xf32> {{.*}}, %[[LAST:[^:]*]]: memref<8xf32>, %[[WORK:[^:]*]]: memref<
// CHECK: %[[SPARE:.*]] = memref.view %[[WORK]][%{{.*}}][] : {{.*}} to memref<8xf32>
// CHECK: scf.for %[[T:.*]] = %c0 to %c3 step %c1 iter_args(%[[IN:.*]] = %[[C]], %[[OUT:.*]] = %[[LAST]], %[[NEXT:.*]] = %[[SPARE]])
// CHECK-NEXT: %[[AT:.*]] = arith.muli %[[T]], %c8
// CHECK-NEXT: %[[ROW:.*]] = memref.subview %[[XS]][%[[AT]]] [8] [1]
// CHECK-NEXT: %[[X:.*]] = builtin.unrealized_conversion_cast %[[ROW]]
// CHECK-NEXT: func.call @scans.scan0(%[[IN]], %[[X]], %[[OUT]], %{{.*}}) {agc.trips = 3 : i64}
// CHECK-NEXT: scf.yield %[[OUT]], %[[NEXT]], %[[OUT]]
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @scans(%c: tensor<8xf32>, %xs: tensor<3x8xf32>) -> tensor<8xf32> {
  %z = agc.scan %c, %xs {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<8xf32>, tensor<3x8xf32>) -> tensor<8xf32> {
  ^bb0(%0: tensor<8xf32>, %x: tensor<8xf32>):
    %1 = agc.add %0, %x : tensor<8xf32>
    agc.yield %1 : tensor<8xf32>
  }
  return %z : tensor<8xf32>
}

// Whether there is a next trip is read from the first carry; how many there were
// is not known before, so the last carry is copied home.
// CHECK-LABEL: func.func @stops
// CHECK: scf.while
// CHECK: memref.load %{{.*}}[%c0] : memref<1xi8>
// CHECK: scf.condition
// CHECK: func.call @stops.scan0(
// CHECK: memref.copy
func.func @stops(%n: tensor<i64>, %x: tensor<8xf32>) -> tensor<8xf32> {
  %p = agc.compare "gt" %n, %n : tensor<i64>
  %z:3 = agc.scan %p, %x {trips = 9 : i64, num_carries = 2 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>, tensor<8xf32>) -> (tensor<i1>, tensor<8xf32>, tensor<i64>) {
  ^bb0(%go: tensor<i1>, %c: tensor<8xf32>):
    %1 = agc.neg %c : tensor<8xf32>
    agc.yield %go, %1 : tensor<i1>, tensor<8xf32>
  }
  return %z#1 : tensor<8xf32>
}

// A loop that checks anything comes before what updates.
// CHECK-LABEL: func.func @checks_in_loops_first
// CHECK: func.call @checks_in_loops_first.scan0
// CHECK: call @map
func.func @checks_in_loops_first(%w: tensor<8xf32>, %n: tensor<3xi64>) -> (tensor<8xf32> {agc.updates = 0 : i64}) {
  %new = agc.neg %w : tensor<8xf32>
  agc.scan %n {trips = 3 : i64, num_carries = 0 : i64, num_xs = 1 : i64} : (tensor<3xi64>) -> () {
  ^bb0(%i: tensor<i64>):
    %0 = agc.check_range %i {lower = 0 : i64, upper = 10 : i64, message = "labels"} : tensor<i64>
    agc.yield
  }
  return %new : tensor<8xf32>
}

// CHECK: func.func private @product_8x8_over_8(
// CHECK: math.fma {{.*}} : vector<8xf32>

// CHECK: func.func private @map_6x8(
// CHECK: memref.load
// CHECK-NOT: vector.gather
// CHECK: vector.load {{.*}} : memref<520xf32>, vector<8xf32>
