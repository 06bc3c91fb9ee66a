// RUN: agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels | FileCheck %s --check-prefix=FREE
// RUN: agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels=max-workspace-bytes=8320 | FileCheck %s
// RUN: not agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels=max-workspace-bytes=4160 2>&1 | FileCheck %s --check-prefix=LESS

// Three of 4096 bytes are alive when the tangent is made, of which one waits: it is
// made once more where it is read again.
// FREE: func.func @f({{.*}}memref<12{{[0-9]+}}xi8>)
// FREE: call @[[EXP:map_1024]](%arg0, %[[Y:[a-z_0-9]+]],
// FREE: call @map_1024_1(
// FREE-NOT: call @map_1024(
// CHECK: func.func @f({{.*}}memref<8320xi8>)
// CHECK: call @[[EXP:map_1024]](%arg0, %[[Y:[a-z_0-9]+]],
// CHECK: call @reduce_over_1024{{[_0-9]*}}(%[[Y]],
// CHECK: call @map_1024(%arg0, %[[AGAIN:[a-z_0-9]+]],
// CHECK: call @{{.*}}(%[[AGAIN]],
// LESS: limit-memory.mlir:{{[0-9]+}}:1: error: 'f' needs a workspace of 8256 bytes, and 4160 are left for it; what can be computed again is not kept. Alive at the peak:
// LESS-NEXT: 4096 bytes, f32[1024] at {{.*}}limit-memory.mlir:{{[0-9]+}}
// LESS-NEXT: 4096 bytes, f32[1024] at {{.*}}limit-memory.mlir:{{[0-9]+}}
func.func @f(%x: tensor<1024xf32>) -> tensor<1024xf32> {
  %y = agc.exp %x : tensor<1024xf32>
  %s = agc.reduce_sum %y {dimensions = array<i64: 0>} : tensor<1024xf32> to tensor<f32>
  %m = agc.reduce_max %y {dimensions = array<i64: 0>} : tensor<1024xf32> to tensor<f32>
  %p = agc.sin %x : tensor<1024xf32>
  %q = agc.tan %p : tensor<1024xf32>
  %t = agc.reduce_sum %q {dimensions = array<i64: 0>} : tensor<1024xf32> to tensor<f32>
  %both = agc.add %s, %t : tensor<f32>
  %wide = agc.broadcast %both {dimensions = array<i64>} : tensor<f32> to tensor<1024xf32>
  %z = agc.mul %y, %wide : tensor<1024xf32>
  return %z : tensor<1024xf32>
}
