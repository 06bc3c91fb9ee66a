// RUN: agc-opt %s -agc-outline-bodies -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32" -canonicalize | FileCheck %s

// A recurrent step's product: tiles of eight rows by three vectors, as large as the six by
// four that it else has. Its tasks go row by row, as a loop over elements does: half of
// them are half of the rows.
// CHECK-LABEL: func.func @shares_rows
// CHECK: call @product_32x512_over_128({{.*}}, %c0, %c44) {agc.parallel}
func.func @shares_rows(%h: tensor<32x128xf32>, %w: tensor<128x512xf32>) -> tensor<32x512xf32> {
  %1 = agc.einsum %h, %w {spec = "mk,kn->mn"} : (tensor<32x128xf32>, tensor<128x512xf32>) -> tensor<32x512xf32>
  return %1 : tensor<32x512xf32>
}

// A weight in panels that are one piece each: two shares of the rows, each of which takes
// panel after panel.
// CHECK-LABEL: func.func @shares_rows_of_panels
// CHECK: call @product_32x8x64_over_128({{.*}}, %c0, %c16) {agc.parallel}
func.func @shares_rows_of_panels(%h: tensor<32x128xf32>, %w: tensor<8x128x64xf32>) -> tensor<32x8x64xf32> {
  %1 = agc.einsum %h, %w {spec = "mk,pkn->mpn"} : (tensor<32x128xf32>, tensor<8x128x64xf32>) -> tensor<32x8x64xf32>
  return %1 : tensor<32x8x64xf32>
}

// 33 rows are no even number of such tiles.
// CHECK-LABEL: func.func @keeps_columns_of_odd_rows
// CHECK: call @product_33x512_over_128({{.*}}, %c0, %c8) {agc.parallel}
func.func @keeps_columns_of_odd_rows(%h: tensor<33x128xf32>, %w: tensor<128x512xf32>) -> tensor<33x512xf32> {
  %1 = agc.einsum %h, %w {spec = "mk,kn->mn"} : (tensor<33x128xf32>, tensor<128x512xf32>) -> tensor<33x512xf32>
  return %1 : tensor<33x512xf32>
}

// A cache that holds half of a weight is better used by half of its columns.
// CHECK-LABEL: func.func @keeps_columns_of_large_weights
// CHECK: call @product_32x512_over_256({{.*}}, %c0, %c8) {agc.parallel}
func.func @keeps_columns_of_large_weights(%h: tensor<32x256xf32>, %w: tensor<256x512xf32>) -> tensor<32x512xf32> {
  %1 = agc.einsum %h, %w {spec = "mk,kn->mn"} : (tensor<32x256xf32>, tensor<256x512xf32>) -> tensor<32x512xf32>
  return %1 : tensor<32x512xf32>
}

// Nobody goes on with the rows of an update.
// CHECK-LABEL: func.func @keeps_columns_of_updates
// CHECK: call @product_32x512_over_128_then_map({{.*}}, %c0, %c8) {agc.parallel}
func.func @keeps_columns_of_updates(%h: tensor<32x128xf32>, %x: tensor<128x512xf32>, %w: tensor<32x512xf32>) -> (tensor<32x512xf32> {agc.updates = 2 : i64}) {
  %1 = agc.einsum %h, %x {spec = "mk,kn->mn"} : (tensor<32x128xf32>, tensor<128x512xf32>) -> tensor<32x512xf32>
  %2 = agc.sub %w, %1 : tensor<32x512xf32>
  return %2 : tensor<32x512xf32>
}

// CHECK-LABEL: func.func private @product_32x512_over_128(
// CHECK: scf.for %[[TASK:.*]] = %arg3 to %arg4
// CHECK: %[[PANEL:.*]] = arith.remui %[[TASK]], %c11
// CHECK: %[[REST:.*]] = arith.divui %[[TASK]], %c11
// CHECK: %[[TILE:.*]] = arith.remui %[[REST]], %c4
// CHECK: %[[FROM:.*]] = arith.muli %[[PANEL]], %c48
// CHECK: scf.for %{{.*}} = %[[TILE]] to
// Two steps behind each other.
// CHECK: iter_args
// CHECK-COUNT-32: math.fma
// CHECK: } else {
// CHECK: iter_args
// CHECK-COUNT-48: math.fma
// CHECK-NOT: math.fma
// CHECK-LABEL: func.func private @product_32x8x64_over_128(
// CHECK: scf.for %[[TASK:.*]] = %arg3 to %arg4
// CHECK: arith.remui %[[TASK]], %c8
// CHECK: %[[SHARE:.*]] = arith.divui %[[TASK]], %c8
// CHECK: arith.muli %{{.*}}, %c4
// Tiles of four rows by four vectors, and two steps behind each other.
// CHECK: iter_args
// CHECK-COUNT-32: math.fma
// CHECK-NOT: math.fma
// CHECK-LABEL: func.func private @product_33x512_over_128(
