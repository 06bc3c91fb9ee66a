// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32" -canonicalize | FileCheck %s
// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels="vector-bytes=32 num-registers=16" -canonicalize | FileCheck %s --check-prefix=FEW

// A chain of functions has a vector's values wait for each other, and its code is longer
// than the machine looks ahead: four vectors go op by op together where there are
// registers for them, else two. The last ones have 43 elements of 64, 11 of 16.
// CHECK-LABEL: func.func private @map_1003(
// CHECK: scf.for %{{.*}} = %c0 to %c960 step %c64
// CHECK-COUNT-5: math.tanh %{{.*}} : vector<64xf32>
// CHECK: vector.maskedstore
// FEW-LABEL: func.func private @map_1003(
// FEW: scf.for %{{.*}} = %c0 to %c992 step %c16
// FEW-COUNT-5: math.tanh %{{.*}} : vector<16xf32>
// FEW: vector.maskedstore
func.func @together(%x: tensor<1003xf32>) -> tensor<1003xf32> {
  %1 = agc.tanh %x : tensor<1003xf32>
  %2 = agc.sigmoid %1 : tensor<1003xf32>
  %3 = agc.tanh %2 : tensor<1003xf32>
  %4 = agc.sigmoid %3 : tensor<1003xf32>
  %5 = agc.tanh %4 : tensor<1003xf32>
  %6 = agc.sigmoid %5 : tensor<1003xf32>
  %7 = agc.tanh %6 : tensor<1003xf32>
  %8 = agc.sigmoid %7 : tensor<1003xf32>
  %9 = agc.tanh %8 : tensor<1003xf32>
  %10 = agc.sigmoid %9 : tensor<1003xf32>
  return %10 : tensor<1003xf32>
}

// Too few to have other vectors behind them.
// CHECK-LABEL: func.func private @map_96(
// CHECK: math.tanh %{{.*}} : vector<32xf32>
// FEW-LABEL: func.func private @map_96(
// FEW: math.tanh %{{.*}} : vector<16xf32>
func.func @short(%x: tensor<96xf32>) -> tensor<96xf32> {
  %1 = agc.tanh %x : tensor<96xf32>
  %2 = agc.sigmoid %1 : tensor<96xf32>
  %3 = agc.tanh %2 : tensor<96xf32>
  %4 = agc.sigmoid %3 : tensor<96xf32>
  %5 = agc.tanh %4 : tensor<96xf32>
  %6 = agc.sigmoid %5 : tensor<96xf32>
  %7 = agc.tanh %6 : tensor<96xf32>
  %8 = agc.sigmoid %7 : tensor<96xf32>
  %9 = agc.tanh %8 : tensor<96xf32>
  %10 = agc.sigmoid %9 : tensor<96xf32>
  return %10 : tensor<96xf32>
}

// A short chain's vectors are seen beside each other anyway.
// CHECK-LABEL: func.func private @map_1003_1(
// CHECK: math.tanh %{{.*}} : vector<16xf32>
func.func @alone(%x: tensor<1003xf32>) -> tensor<1003xf32> {
  %1 = agc.tanh %x : tensor<1003xf32>
  %2 = agc.sigmoid %1 : tensor<1003xf32>
  return %2 : tensor<1003xf32>
}
