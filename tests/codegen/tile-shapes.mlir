// RUN: agc-opt %s -agc-outline-bodies -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32 core-cache-bytes=1048576 shared-cache-is-slow=true" -canonicalize | FileCheck %s

// A small weight's gradient: two panels of 64 columns for 13 rows by 32 would be more
// loads for each multiplication.
// CHECK-LABEL: func.func @small_weight
// CHECK: call @product_128x128_over_768({{.*}}, %c0, %c4) {agc.parallel}
func.func @small_weight(%x: tensor<768x128xf32>, %dy: tensor<768x128xf32>) -> tensor<128x128xf32> {
  %1 = agc.einsum %x, %dy {spec = "km,kn->mn"} : (tensor<768x128xf32>, tensor<768x128xf32>) -> tensor<128x128xf32>
  return %1 : tensor<128x128xf32>
}

// Eight panels of 64 columns, not eleven of 48: two threads have the same.
// CHECK-LABEL: func.func @even_panels
// CHECK: call @product_128x512_over_784({{.*}}, %c0, %c8) {agc.parallel}
func.func @even_panels(%x: tensor<128x784xf32>, %w: tensor<512x784xf32>) -> tensor<128x512xf32> {
  %1 = agc.einsum %x, %w {spec = "mk,nk->mn"} : (tensor<128x784xf32>, tensor<512x784xf32>) -> tensor<128x512xf32>
  return %1 : tensor<128x512xf32>
}

// A hundred rows in an even number of equal shares: twenty tiles of five rows by 64 columns,
// for four of 25 rows by 16 load each element for a single multiplication.
// CHECK-LABEL: func.func @shares_of_a_hundred_rows
// CHECK: call @product_100x128_over_256({{.*}}, %c0, %c40) {agc.parallel}
func.func @shares_of_a_hundred_rows(%x: tensor<100x256xf32>, %w: tensor<256x128xf32>) -> tensor<100x128xf32> {
  %1 = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<100x256xf32>, tensor<256x128xf32>) -> tensor<100x128xf32>
  return %1 : tensor<100x128xf32>
}

// CHECK-LABEL: func.func private @product_128x128_over_768(
// CHECK: arith.muli %{{.*}}, %c64
// CHECK: iter_args
// CHECK-COUNT-48: math.fma
// CHECK: iter_args
// CHECK-COUNT-16: math.fma
// CHECK-NOT: math.fma

// CHECK-LABEL: func.func private @product_128x512_over_784(
// CHECK: arith.muli %{{.*}}, %c64

// CHECK-LABEL: func.func private @product_100x128_over_256(
// CHECK: iter_args
// CHECK-COUNT-40: math.fma
// CHECK-NOT: math.fma
