// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32 core-cache-bytes=2097152 shared-cache-is-slow=true" -canonicalize | FileCheck %s
// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32 core-cache-bytes=2097152" -canonicalize | FileCheck %s --check-prefix=FAST

// Windows of 7x7 have most of their elements in common, so those of a block of the sum are
// few: 128 steps of the panel, 32 KB, stay in the first-level cache for all rows. The loop
// over 32 places of an image's row begins again and again: four are behind each other.
// CHECK-LABEL: func.func private @product_7x21x64_over_32x32x32(
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c1 {
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c32 step %c4 {
// CHECK: scf.for %{{.*}} = %arg3 to %arg4
// CHECK: scf.for %{{.*}} = %[[ROW]] to %{{.*}} step %c1 iter_args
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c4 iter_args
// CHECK-COUNT-96: math.fma
// CHECK-NOT: math.fma
// CHECK: scf.yield
// FAST-LABEL: func.func private @product_7x21x64_over_32x32x32(
// FAST: scf.for %{{.*}} = %c0 to %c32 step %c1 {
// FAST: scf.for %{{.*}} = %arg3 to %arg4
// FAST: scf.for %{{.*}} = %c0 to %c32 step %c4 iter_args
// FAST-COUNT-96: math.fma
func.func @windows(%x: tensor<32x3x64x64xf32>, %dy: tensor<32x64x32x32xf32>) -> tensor<64x3x7x7xf32> {
  %g = agc.conv_weight_grad %x, %dy {strides = array<i64: 2, 2>, low = array<i64: 3, 3>, high = array<i64: 3, 3>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<32x3x64x64xf32>, tensor<32x64x32x32xf32>) -> tensor<64x3x7x7xf32>
  return %g : tensor<64x3x7x7xf32>
}
