// RUN: agc-opt %s -agc-expand-math | FileCheck %s

// CHECK-LABEL: @exponential_is_arithmetic
// CHECK-NOT: math.exp
// CHECK: math.fma
func.func @exponential_is_arithmetic(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// f64 has no polynomial yet: the C library's.
// CHECK-LABEL: @keeps_f64
// CHECK: math.exp
func.func @keeps_f64(%x: f64) -> f64 {
  %y = math.exp %x : f64
  return %y : f64
}
