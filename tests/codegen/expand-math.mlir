// RUN: agc-opt %s -split-input-file -agc-expand-math=has-fma=1 | FileCheck %s
// RUN: agc-opt %s -split-input-file -agc-expand-math | FileCheck %s --check-prefix=PLAIN

// CHECK-LABEL: @exponential_is_arithmetic
// CHECK-NOT: math.exp
// CHECK: math.fma {{.*}} : vector<16xf32>
// CHECK-NOT: agc.reduce_large_angle
// Without such an instruction it would be a call.
// PLAIN-LABEL: @exponential_is_arithmetic
// PLAIN-NOT: math.fma
func.func @exponential_is_arithmetic(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// -----

// No power of 2 in two parts: the sum is finite, however small the result is.
// CHECK-LABEL: @sigmoid_is_one_division
// CHECK-NOT: math.exp
// CHECK-COUNT-1: arith.shli
// CHECK-NOT: arith.shli
// CHECK: %[[Y:.*]] = arith.divf
// CHECK-NEXT: return %[[Y]]
func.func @sigmoid_is_one_division(%x: vector<16xf32>) -> vector<16xf32> {
  %one = arith.constant dense<1.0> : vector<16xf32>
  %n = arith.negf %x : vector<16xf32>
  %e = math.exp %n : vector<16xf32>
  %s = arith.addf %e, %one : vector<16xf32>
  %y = arith.divf %one, %s : vector<16xf32>
  return %y : vector<16xf32>
}

// -----

// CHECK-LABEL: @scalars_and_f64_too
// CHECK-NOT: math.log
// CHECK: arith.divf {{.*}} : f64
func.func @scalars_and_f64_too(%x: f64) -> f64 {
  %y = math.log %x : f64
  return %y : f64
}

// -----

// CHECK-LABEL: @large_angles_are_rare
// CHECK: %[[LARGE:.*]] = vector.reduction <or>, %{{.*}} : vector<4xi1> into i1
// CHECK: %[[RARE:.*]] = llvm.intr.expect %[[LARGE]], %false
// CHECK: scf.if %[[RARE]]
// CHECK: scf.for
// CHECK: call @agc.reduce_large_angle
// CHECK: memref.global "private" constant @agc.two_over_pi
// CHECK: func.func private @agc.reduce_large_angle(%{{.*}}: f64) -> (f64, f64)
// CHECK-NOT: func.func private
func.func @large_angles_are_rare(%x: vector<4xf64>, %s: f32) -> (vector<4xf64>, f32) {
  %y = math.sin %x : vector<4xf64>
  %z = math.cos %s : f32
  return %y, %z : vector<4xf64>, f32
}

// -----

// One instruction, or a few, of the machine.
// CHECK-LABEL: @keeps_square_roots
// CHECK: math.sqrt
// CHECK: math.floor
func.func @keeps_square_roots(%x: vector<4xf32>) -> vector<4xf32> {
  %y = math.sqrt %x : vector<4xf32>
  %z = math.floor %y : vector<4xf32>
  return %z : vector<4xf32>
}

// -----

// CHECK-LABEL: @multiplies_and_adds_as_the_machine_can
// CHECK: math.fma
// PLAIN-LABEL: @multiplies_and_adds_as_the_machine_can
// PLAIN: %[[P:.*]] = arith.mulf
// PLAIN: arith.addf %[[P]]
func.func @multiplies_and_adds_as_the_machine_can(%x: vector<4xf32>) -> vector<4xf32> {
  %y = math.fma %x, %x, %x : vector<4xf32>
  return %y : vector<4xf32>
}

// -----

// CHECK-LABEL: @long_quotients_are_rare
// CHECK-NOT: arith.remf
// CHECK: %[[LONG:.*]] = vector.reduction <or>
// CHECK: %[[RARE:.*]] = llvm.intr.expect %[[LONG]], %false
// CHECK: scf.if %[[RARE]]
// CHECK: call @agc.long_remainder
// CHECK: func.func private @agc.long_remainder(%{{.*}}: f64, %{{.*}}: f64) -> f64
func.func @long_quotients_are_rare(%x: vector<4xf32>, %y: vector<4xf32>) -> vector<4xf32> {
  %z = arith.remf %x, %y : vector<4xf32>
  return %z : vector<4xf32>
}
