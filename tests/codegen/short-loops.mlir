// RUN: agc-opt %s -agc-to-loops -agc-prepare-kernels -agc-form-kernels=vector-bytes=32 -canonicalize | FileCheck %s

// Images of three channels that come channels-first: eight places of each are loaded and
// interleaved to three vectors, which are stored whole.
// CHECK-LABEL: func.func private @map_64x3(
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c8
// CHECK-COUNT-3: vector.load
// CHECK-COUNT-6: vector.shuffle
// CHECK-COUNT-3: vector.store
// CHECK-NOT: vector.
// CHECK: return
func.func @interleaves(%x: tensor<3x64xf32>) -> tensor<64x3xf32> {
  %y = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x64xf32> to tensor<64x3xf32>
  return %y : tensor<64x3xf32>
}

// And the other way. The first two channels are apart after two steps each.
// CHECK-LABEL: func.func private @map_3x24(
// CHECK-COUNT-3: vector.load
// CHECK-COUNT-6: vector.shuffle
// CHECK-COUNT-3: vector.store
// CHECK-NOT: vector.
// CHECK: return
func.func @takes_apart(%x: tensor<24x3xf32>) -> tensor<3x24xf32> {
  %y = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<24x3xf32> to tensor<3x24xf32>
  return %y : tensor<3x24xf32>
}

// What lies like the result is loaded as it lies, the last vectors in part: three places
// of eleven are nine elements.
// CHECK-LABEL: func.func private @map_11x3(
// CHECK-COUNT-3: vector.load %arg0
// CHECK-COUNT-6: vector.shuffle
// CHECK-COUNT-3: vector.load %arg1
// CHECK: vector.constant_mask [3] : vector<8xi1>
// CHECK-COUNT-3: vector.maskedload %arg0
// CHECK-COUNT-5: vector.shuffle
// CHECK: vector.load %arg1
// CHECK: vector.store
// CHECK: vector.constant_mask [1] : vector<8xi1>
// CHECK: vector.maskedload %arg1
// CHECK-NOT: vector.load
// CHECK: return
func.func @beside_another(%x: tensor<3x11xf32>, %z: tensor<11x3xf32>) -> tensor<11x3xf32> {
  %y = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x11xf32> to tensor<11x3xf32>
  %s = agc.mul %y, %z : tensor<11x3xf32>
  return %s : tensor<11x3xf32>
}

// Patches: two short loops at the end, 3 x 3 places of which are interleaved.
// CHECK-LABEL: func.func private @map_2x2x16x3x3(
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c8
// CHECK-COUNT-9: vector.load
// CHECK-NOT: vector.load
// CHECK-COUNT-9: vector.store
// CHECK-NOT: memref.
// CHECK: return
func.func @patches(%x: tensor<7x7x16xf32>) -> tensor<2x2x16x3x3xf32> {
  %memory = tensor.empty() : tensor<2x2x16x3x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(h, w, c, y, x) -> (h * 2 + y, w * 2 + x, c)>, affine_map<(h, w, c, y, x) -> (h, w, c, y, x)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%x : tensor<7x7x16xf32>) outs(%memory : tensor<2x2x16x3x3xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x2x16x3x3xf32>
  return %y : tensor<2x2x16x3x3xf32>
}

// As many channels as lanes are a square.
// CHECK-LABEL: func.func private @map_64x8(
// CHECK-COUNT-8: vector.load
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: vector.store
// CHECK: return
func.func @square(%x: tensor<8x64xf32>) -> tensor<64x8xf32> {
  %y = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<8x64xf32> to tensor<64x8xf32>
  return %y : tensor<64x8xf32>
}

// Squares side by side, then the next steps: a row of results goes on for some lines. The
// steps are shared out where there are few tiles of all.
// CHECK-LABEL: func.func private @map_4096x64(
// CHECK-SAME: agc.kernel = 16
// CHECK: scf.for %[[STEP:.*]] = %{{.*}} to %{{.*}} step %c8
// CHECK: scf.for %[[COLUMN:.*]] = %{{.*}} to %{{.*}} step %c8
// CHECK-COUNT-8: vector.load
// CHECK-COUNT-8: vector.store
func.func @squares(%x: tensor<64x4096xf32>) -> tensor<4096x64xf32> {
  %y = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<64x4096xf32> to tensor<4096x64xf32>
  return %y : tensor<4096x64xf32>
}
