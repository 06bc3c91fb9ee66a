// RUN: agc-opt %s -agc-factor-sums -cse | FileCheck %s

// CHECK-LABEL: @common_factors
// CHECK-SAME: %[[X:.*]]: tensor<8x64x4x4xf32>, %[[Y:.*]]: tensor<8x64x4x4xf32>, %[[G:.*]]: tensor<64xf32>, %[[H:.*]]: tensor<64xf32>)
// CHECK: %[[XY:.*]] = agc.mul %[[X]], %[[Y]]
// CHECK: %[[SUM:.*]] = agc.reduce_sum %[[XY]]
// CHECK: %[[SCALED:.*]] = agc.mul %[[SUM]], %[[G]]
// CHECK: agc.div %[[SCALED]], %[[H]]
// CHECK: agc.neg
func.func @common_factors(%x: tensor<8x64x4x4xf32>, %y: tensor<8x64x4x4xf32>, %g: tensor<64xf32>, %h: tensor<64xf32>) -> tensor<64xf32> {
  %0 = agc.broadcast %g {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x4x4xf32>
  %1 = agc.mul %y, %0 : tensor<8x64x4x4xf32>
  %2 = agc.mul %1, %x : tensor<8x64x4x4xf32>
  %3 = agc.broadcast %h {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64x4x4xf32>
  %4 = agc.div %2, %3 : tensor<8x64x4x4xf32>
  %5 = agc.neg %4 : tensor<8x64x4x4xf32>
  %6 = agc.reduce_sum %5 {dimensions = array<i64: 0, 2, 3>} : tensor<8x64x4x4xf32> to tensor<64xf32>
  return %6 : tensor<64xf32>
}

// A factor of fewer dimensions than the result's, and a number.
// CHECK-LABEL: @fewer_dimensions
// CHECK-SAME: %[[X:.*]]: tensor<8x6x4xf32>, %[[G:.*]]: tensor<6xf32>)
// CHECK: %[[SUM:.*]] = agc.reduce_sum %[[X]]
// CHECK: %[[G8:.*]] = agc.broadcast %[[G]] {dimensions = array<i64: 1>} : tensor<6xf32> to tensor<8x6xf32>
// CHECK: %[[Z:.*]] = agc.mul %[[SUM]], %[[G8]]
// CHECK: %[[THREE:.*]] = agc.constant {value = 3.000000e+00 : f64} : tensor<8x6xf32>
// CHECK: agc.mul %[[Z]], %[[THREE]]
// CHECK-NOT: tensor<8x6x4xf32>
func.func @fewer_dimensions(%x: tensor<8x6x4xf32>, %g: tensor<6xf32>) -> tensor<8x6xf32> {
  %0 = agc.broadcast %g {dimensions = array<i64: 1>} : tensor<6xf32> to tensor<8x6x4xf32>
  %1 = agc.constant {value = 3.0 : f64} : tensor<8x6x4xf32>
  %2 = agc.mul %0, %1 : tensor<8x6x4xf32>
  %3 = agc.mul %x, %2 : tensor<8x6x4xf32>
  %4 = agc.reduce_sum %3 {dimensions = array<i64: 2>} : tensor<8x6x4xf32> to tensor<8x6xf32>
  return %4 : tensor<8x6xf32>
}

// The sum of one product, whatever else it was multiplied by.
// CHECK-LABEL: @are_the_same_sum
// CHECK-COUNT-1: agc.reduce_sum
// CHECK-NOT: agc.reduce_sum
func.func @are_the_same_sum(%x: tensor<8x64xf32>, %y: tensor<8x64xf32>, %g: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = agc.broadcast %g {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64xf32>
  %1 = agc.mul %x, %0 : tensor<8x64xf32>
  %2 = agc.mul %1, %y : tensor<8x64xf32>
  %3 = agc.reduce_sum %2 {dimensions = array<i64: 0>} : tensor<8x64xf32> to tensor<64xf32>
  %4 = agc.mul %x, %y : tensor<8x64xf32>
  %5 = agc.reduce_sum %4 {dimensions = array<i64: 0>} : tensor<8x64xf32> to tensor<64xf32>
  return %3, %5 : tensor<64xf32>, tensor<64xf32>
}

// What changes along a dimension that is summed stays inside.
// CHECK-LABEL: @not_along_the_sum
// CHECK: %[[PRODUCT:.*]] = agc.mul
// CHECK: %[[SUM:.*]] = agc.reduce_sum %[[PRODUCT]]
// CHECK: return %[[SUM]]
func.func @not_along_the_sum(%x: tensor<8x64xf32>, %g: tensor<64xf32>) -> tensor<8xf32> {
  %0 = agc.broadcast %g {dimensions = array<i64: 1>} : tensor<64xf32> to tensor<8x64xf32>
  %1 = agc.mul %x, %0 : tensor<8x64xf32>
  %2 = agc.reduce_sum %1 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %2 : tensor<8xf32>
}

// Half types would overflow where their products do not.
// CHECK-LABEL: @not_of_halves
// CHECK: %[[SUM:.*]] = agc.reduce_sum %{{.*}} tensor<8x64xbf16>
// CHECK: return %[[SUM]]
func.func @not_of_halves(%x: tensor<8x64xbf16>, %g: tensor<64xbf16>) -> tensor<64xbf16> {
  %0 = agc.broadcast %g {dimensions = array<i64: 1>} : tensor<64xbf16> to tensor<8x64xbf16>
  %1 = agc.mul %x, %0 : tensor<8x64xbf16>
  %2 = agc.reduce_sum %1 {dimensions = array<i64: 0>} : tensor<8x64xbf16> to tensor<64xbf16>
  return %2 : tensor<64xbf16>
}

// CHECK-LABEL: @deviations_from_the_mean
// CHECK: %[[NONE:.*]] = agc.constant {value = 0.000000e+00 : f64} : tensor<8xf32>
// CHECK: return %[[NONE]]
func.func @deviations_from_the_mean(%x: tensor<8x64xf32>) -> tensor<8xf32> {
  %0 = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  %1 = agc.reshape %0 : tensor<8xf32> to tensor<8x1xf32>
  %2 = agc.constant {value = 64.0 : f64} : tensor<8x1xf32>
  %3 = agc.div %1, %2 : tensor<8x1xf32>
  %4 = agc.reshape %3 : tensor<8x1xf32> to tensor<8xf32>
  %5 = agc.broadcast %4 {dimensions = array<i64: 0>} : tensor<8xf32> to tensor<8x64xf32>
  %6 = agc.sub %x, %5 : tensor<8x64xf32>
  %7 = agc.reduce_sum %6 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %7 : tensor<8xf32>
}

// Divided by another number it is no mean.
// CHECK-LABEL: @deviations_from_another
// CHECK-COUNT-2: agc.reduce_sum
func.func @deviations_from_another(%x: tensor<8x64xf32>) -> tensor<8xf32> {
  %0 = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  %1 = agc.constant {value = 63.0 : f64} : tensor<8xf32>
  %2 = agc.div %0, %1 : tensor<8xf32>
  %3 = agc.broadcast %2 {dimensions = array<i64: 0>} : tensor<8xf32> to tensor<8x64xf32>
  %4 = agc.sub %x, %3 : tensor<8x64xf32>
  %5 = agc.reduce_sum %4 {dimensions = array<i64: 1>} : tensor<8x64xf32> to tensor<8xf32>
  return %5 : tensor<8xf32>
}
