// RUN: agc-opt %s -agc-expand-halves | FileCheck %s

// CHECK-LABEL: @rounds_by_integers
// CHECK-NOT: arith.truncf
// CHECK: arith.trunci %{{.*}} : vector<16xi32> to vector<16xi16>
// CHECK-NEXT: arith.bitcast %{{.*}} : vector<16xi16> to vector<16xbf16>
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

// What is only chosen from is not converted.
// CHECK-LABEL: @moves_halves
// CHECK-NEXT: arith.select
// CHECK-NEXT: return
func.func @moves_halves(%p: i1, %x: bf16, %y: bf16) -> bf16 {
  %z = arith.select %p, %x, %y : bf16
  return %z : bf16
}

// CHECK-LABEL: @leaves_f32
// CHECK-NEXT: arith.truncf
func.func @leaves_f32(%x: f64) -> f32 {
  %y = arith.truncf %x : f64 to f32
  return %y : f32
}
