// RUN: agc-opt %s -agc-expand-halves | FileCheck %s

// CHECK-LABEL: @rounds_by_integers
// CHECK-NOT: arith.truncf
// CHECK: arith.trunci %{{.*}} : vector<16xi32> to vector<16xi16>
// CHECK: return %{{.*}} : vector<16xi16>
func.func @rounds_by_integers(%x: vector<16xf32>) -> vector<16xbf16> {
  %y = arith.truncf %x : vector<16xf32> to vector<16xbf16>
  return %y : vector<16xbf16>
}

// CHECK-LABEL: @computes_in_f32
// CHECK-NOT: {{(addf|exp) .* : f16}}
// CHECK: arith.addf %{{.*}} : f32
// CHECK: math.exp %{{.*}} : f32
func.func @computes_in_f32(%m: memref<2xf16>, %i: index) -> f16 {
  %x = memref.load %m[%i] : memref<2xf16>
  %y = arith.addf %x, %x : f16
  %z = math.exp %y : f16
  return %z : f16
}

// What is only chosen from is not converted: its bits are chosen from.
// CHECK-LABEL: @moves_halves
// CHECK-NEXT: arith.select {{.*}} : i16
// CHECK-NEXT: return
func.func @moves_halves(%p: i1, %x: bf16, %y: bf16) -> bf16 {
  %z = arith.select %p, %x, %y : bf16
  return %z : bf16
}

// CHECK-LABEL: @keeps_halves
// CHECK: arith.constant -128 : i16
// CHECK: scf.for {{.*}} -> (i16)
// CHECK-NOT: bf16
func.func @keeps_halves(%m: memref<8xbf16>, %n: index) -> bf16 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %least = arith.constant 0xFF80 : bf16
  %last = scf.for %i = %zero to %n step %one iter_args(%held = %least) -> bf16 {
    %x = memref.load %m[%i] : memref<8xbf16>
    %more = arith.cmpf ogt, %x, %held : bf16
    %next = arith.select %more, %x, %held : bf16
    scf.yield %next : bf16
  }
  return %last : bf16
}

// CHECK-LABEL: @leaves_f32
// CHECK-NEXT: arith.truncf
func.func @leaves_f32(%x: f64) -> f32 {
  %y = arith.truncf %x : f64 to f32
  return %y : f32
}
