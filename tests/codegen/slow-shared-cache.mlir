// RUN: agc-opt %s -agc-outline-bodies -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32 core-cache-bytes=2097152 shared-cache-is-slow=true" -canonicalize | FileCheck %s
// RUN: agc-opt %s -agc-outline-bodies -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels="vector-bytes=64 num-registers=32 core-cache-bytes=2097152" -canonicalize | FileCheck %s --check-prefix=FAST

func.func @steps(%x: tensor<768x512xf32>, %y: tensor<768x128xf32>, %a: tensor<768x512xf32>, %w: tensor<512x128xf32>)
    -> (tensor<512x128xf32>, tensor<768x128xf32>) {
  %1 = agc.einsum %x, %y {spec = "km,kn->mn"} : (tensor<768x512xf32>, tensor<768x128xf32>) -> tensor<512x128xf32>
  %2 = agc.einsum %a, %w {spec = "mk,kn->mn"} : (tensor<768x512xf32>, tensor<512x128xf32>) -> tensor<768x128xf32>
  return %1, %2 : tensor<512x128xf32>, tensor<768x128xf32>
}

// A weight's gradient: the rows lie side by side, each step's 2 KB from the last's. The
// first task of the panels that share them copies them, and a thread's first: of a tile of six
// rows eight steps at a time, which are three vectors; of the last tile, of two, step by step.
// CHECK-LABEL: func.func private @product_512x128_over_768(
// CHECK: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<{{[0-9]+}}xf32>
// CHECK: scf.for %[[TASK:.*]] = %arg3 to %arg4
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[TASK]], %arg3
// CHECK: %[[NEW:.*]] = arith.ori %{{.*}}, %[[FIRST]]
// CHECK: scf.if %[[NEW]]
// CHECK-COUNT-8: vector.maskedload %arg0[%{{.*}}], %{{.*}} : memref<393216xf32>, vector<16xi1>, vector<16xf32>
// CHECK: vector.shuffle
// CHECK-COUNT-3: vector.store %{{.*}}, %[[ROWS]][%{{.*}}] : memref<{{[0-9]+}}xf32>, vector<16xf32>
// CHECK: %[[ROW:.*]] = vector.load %arg0[%{{.*}}] : memref<393216xf32>, vector<[[TILE:[0-9]+]]xf32>
// CHECK: vector.store %[[ROW]], %[[ROWS]][%{{.*}}] : memref<{{[0-9]+}}xf32>, vector<[[TILE]]xf32>
// CHECK: iter_args
// CHECK: memref.load %[[ROWS]]

// Rows that are read where they are: the next tile's are one behind the other. A step
// fetches as many elements of them as it reads of its own.
// CHECK-LABEL: func.func private @product_768x128_over_512(
// CHECK: iter_args
// CHECK: memref.prefetch %arg0[%{{.*}}], read, locality<2>, data : memref<393216xf32>
// CHECK: math.fma

// FAST-LABEL: func.func private @product_512x128_over_768(
// FAST-NOT: memref.alloca
// FAST: math.fma
// FAST-LABEL: func.func private @product_768x128_over_512(
// FAST-NOT: memref.prefetch %arg0
// FAST: math.fma

func.func @streams(%a: tensor<64x512xf32>, %w: tensor<512x4096xf32>, %x: tensor<512x4096xf32>, %y: tensor<512x64xf32>,
    %long: tensor<64x16384xf32>, %wide: tensor<16384x64xf32>) -> (tensor<64x4096xf32>, tensor<4096x64xf32>, tensor<64x64xf32>) {
  %1 = agc.einsum %a, %w {spec = "mk,kn->mn"} : (tensor<64x512xf32>, tensor<512x4096xf32>) -> tensor<64x4096xf32>
  %2 = agc.einsum %x, %y {spec = "km,kn->mn"} : (tensor<512x4096xf32>, tensor<512x64xf32>) -> tensor<4096x64xf32>
  %3 = agc.einsum %long, %wide {spec = "mk,kn->mn"} : (tensor<64x16384xf32>, tensor<16384x64xf32>) -> tensor<64x64xf32>
  return %1, %2, %3 : tensor<64x4096xf32>, tensor<4096x64xf32>, tensor<64x64xf32>
}

// Few rows for a panel of steps on a page each: the first tile multiplies what it copies. It
// has four vectors and six rows, not two and thirteen.
// CHECK-LABEL: func.func private @product_64x4096_over_512(
// CHECK: %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<32768xf32>
// CHECK: scf.for %{{.*}} iter_args
// CHECK: memref.prefetch %arg1[%{{.*}}], read, locality<3>, data
// CHECK: %[[COLUMN:.*]] = vector.load %arg1
// CHECK: vector.store %[[COLUMN]], %[[PANEL]]
// CHECK: math.fma %{{.*}}, %[[COLUMN]]
// CHECK: scf.for %{{.*}} iter_args
// CHECK: vector.load %[[PANEL]]
// CHECK: math.fma
// FAST-LABEL: func.func private @product_64x4096_over_512(
// FAST: scf.for
// FAST-NOT: math.fma
// FAST: vector.load %arg1
// FAST: vector.store
// FAST: scf.for %{{.*}} iter_args

// Rows that meet one panel are not copied where sums are long; of the sum so many steps at a
// time that their lines, 16 KB apart, are still there for the next tile.
// CHECK-LABEL: func.func private @product_4096x64_over_512(
// CHECK-NOT: memref.alloca
// CHECK: scf.for %{{.*}} = %c0 to %c512 step %c96
// CHECK: memref.load %arg0
// CHECK: math.fma

// A panel that is too large for the core's cache is read once: block by block, in each
// by all tasks.
// CHECK-LABEL: func.func private @product_64x64_over_16384(
// CHECK: scf.for %{{.*}} = %c0 to %c16384 step %c1024
// CHECK: scf.for %{{.*}} = %arg3 to %arg4
// Meanwhile the next block's steps are fetched, 256 KB on, and its rows, 4 KB on.
// CHECK: iter_args
// CHECK: arith.addi %{{.*}}, %c65536
// CHECK: memref.prefetch %arg1[%{{.*}}], read, locality<2>, data
// CHECK: arith.addi %{{.*}}, %c1024
// CHECK: memref.prefetch %arg0[%{{.*}}], read, locality<2>, data
// CHECK: math.fma

func.func @tall(%x: tensor<64x16384xf32>, %y: tensor<64x64xf32>) -> tensor<16384x64xf32> {
  %0 = agc.einsum %x, %y {spec = "km,kn->mn"} : (tensor<64x16384xf32>, tensor<64x64xf32>) -> tensor<16384x64xf32>
  return %0 : tensor<16384x64xf32>
}

// Of short sums they are, about 40 tiles of six rows at a time, which are near when these
// multiply them; and the sum is not cut.
// CHECK-LABEL: func.func private @product_16384x64_over_64(
// CHECK: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<{{1[0-9]+}}xf32>
// CHECK: scf.for %{{.*}} = %arg3 to %arg4
// CHECK: scf.for %{{.*}} = %c0 to %c64
// CHECK: vector.load %arg0
// CHECK: vector.store %{{.*}}, %[[ROWS]]
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %{{.*}} iter_args
// CHECK: memref.load %[[ROWS]]
// CHECK: math.fma
// FAST-LABEL: func.func private @product_16384x64_over_64(
// FAST-NOT: memref.alloca
// FAST: math.fma

func.func @flat(%a: tensor<16x1024xf32>, %w: tensor<1024x4096xf32>) -> tensor<16x4096xf32> {
  %1 = agc.einsum %a, %w {spec = "mk,kn->mn"} : (tensor<16x1024xf32>, tensor<1024x4096xf32>) -> tensor<16x4096xf32>
  return %1 : tensor<16x4096xf32>
}

// A panel of memory's that fewer rows read is not copied: 32 of its steps come at a time from
// end to end, for two tiles, whose sums wait side by side; the next 32 are fetched.
// CHECK-LABEL: func.func private @product_16x4096_over_1024(
// CHECK: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<32256xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c1024 step %c32
// CHECK: vector.load %[[SUMS]]
// CHECK: memref.prefetch %arg1[%{{.*}}], read, locality<3>, data
// CHECK: math.fma
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: vector.store %{{.*}}, %[[SUMS]]
// FAST-LABEL: func.func private @product_16x4096_over_1024(
// FAST-NOT: memref.alloca

func.func @results(%a: tensor<1024x8xf32>, %b: tensor<8x1024xf32>, %c: tensor<1024x8xf32>) -> (tensor<1024x1024xf32>, tensor<1024x1024xf32>) {
  %1 = agc.einsum %a, %b {spec = "mk,kn->mn"} : (tensor<1024x8xf32>, tensor<8x1024xf32>) -> tensor<1024x1024xf32>
  %2 = agc.einsum %a, %c {spec = "mk,nk->mn"} : (tensor<1024x8xf32>, tensor<1024x8xf32>) -> tensor<1024x1024xf32>
  return %1, %2 : tensor<1024x1024xf32>, tensor<1024x1024xf32>
}

// A sum of few steps waits for the result's way to memory: a task writes a tile's rows to
// their ends, panel by panel; 48 rows where it packs panels.
// CHECK-LABEL: func.func private @product_1024x1024_over_8(
// CHECK-SAME: agc.kernel = 171
// CHECK: scf.for %[[TASK:.*]] = %arg3 to %arg4
// CHECK: scf.for %[[PANEL:.*]] = %c0 to %c16 step %c1 {
// CHECK-NOT: scf.for
// CHECK: %[[COLUMN:.*]] = arith.muli %[[PANEL]], %c64
// CHECK: math.fma
// CHECK: vector.store
// CHECK-LABEL: func.func private @product_1024x1024_over_8_1(
// CHECK-SAME: agc.kernel = 22
// FAST-LABEL: func.func private @product_1024x1024_over_8(
// FAST-SAME: agc.kernel = 16

func.func @panels(%x: tensor<9x32x512xf32>, %w: tensor<9x16x512x32xf32>) -> tensor<9x32x16x32xf32> {
  %y = agc.einsum %x, %w {spec = "brk,bpkf->brpf"} : (tensor<9x32x512xf32>, tensor<9x16x512x32xf32>) -> tensor<9x32x16x32xf32>
  return %y : tensor<9x32x16x32xf32>
}

// A panel that is read from end to end, 64 KB: in the time of its three tiles' 1536 steps all
// of the next one, which is behind it, is fetched, 11 elements a step.
// CHECK-LABEL: func.func private @product_9x32x16x32_over_512(
// CHECK-NOT: memref.alloca
// CHECK: scf.for %[[STEP:.*]] = %c0 to %c512 step %c2 iter_args
// CHECK: arith.muli %{{.*}}, %c11 : index
// CHECK: memref.prefetch %arg1[%{{.*}}], read, locality<2>, data
// CHECK: math.fma
// FAST-LABEL: func.func private @product_9x32x16x32_over_512(
// FAST-NOT: memref.prefetch
// FAST: math.fma

func.func @batch(%x: tensor<36x196x128xf32>, %dy: tensor<36x196x128xf32>) -> tensor<36x128x128xf32> {
  %y = agc.einsum %x, %dy {spec = "bki,bko->boi"} : (tensor<36x196x128xf32>, tensor<36x196x128xf32>) -> tensor<36x128x128xf32>
  return %y : tensor<36x128x128xf32>
}

// Of many products that are too much for the cache, both operands of the next are fetched,
// 100 KB behind. The panel's 196 steps, 512 bytes apart, would crowd their sets: the first
// tile packs it.
// CHECK-LABEL: func.func private @product_36x128x128_over_196(
// CHECK: memref.alloca
// CHECK: iter_args
// CHECK: arith.addi %{{.*}}, %c25088
// CHECK: memref.prefetch %arg{{[01]}}[%{{.*}}], read, locality<2>, data : memref<903168xf32>
// CHECK: memref.prefetch %arg{{[01]}}[%{{.*}}], read, locality<2>, data : memref<903168xf32>
// CHECK: math.fma
// FAST-LABEL: func.func private @product_36x128x128_over_196(
// FAST-NOT: memref.alloca
// FAST-NOT: memref.prefetch
// FAST: math.fma

func.func @squares(%a: tensor<2048x2048xf32>, %b: tensor<2048x2048xf32>) -> (tensor<2048x2048xf32>, tensor<2048x2048xf32>) {
  %1 = agc.einsum %a, %b {spec = "km,kn->mn"} : (tensor<2048x2048xf32>, tensor<2048x2048xf32>) -> tensor<2048x2048xf32>
  %2 = agc.einsum %a, %b {spec = "km,nk->mn"} : (tensor<2048x2048xf32>, tensor<2048x2048xf32>) -> tensor<2048x2048xf32>
  return %1, %2 : tensor<2048x2048xf32>, tensor<2048x2048xf32>
}

// Few tiles meet a panel, as only so many rows are copied at a time: 114 of 342. Each
// copies 5 steps of the next panel, of 512, into the other half of the buffer, and fetches
// those of the next tile, and that one's results, while it multiplies.
// CHECK-LABEL: func.func private @product_2048x2048_over_2048(
// CHECK: %[[PANELS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<65536xf32>
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c2048 step %c512
// CHECK: scf.for %[[TASK:.*]] = %arg3 to %arg4
// CHECK: %[[BEHIND:.*]] = arith.addi %[[TASK]], %c1
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[BEHIND]], %arg4
// CHECK: %[[HASNEXT:.*]] = arith.cmpi ult, %{{.*}}, %c2048
// CHECK: %[[UNPACKED:.*]] = arith.cmpi eq, %[[PASSED:.*]], %c0
// CHECK: %[[ODD:.*]] = arith.andi %[[PASSED]], %c1
// CHECK: %[[HALF:.*]] = arith.muli %[[ODD]], %c32768
// CHECK: %[[OTHER:.*]] = arith.subi %c32768, %[[HALF]]
// CHECK: scf.if %[[UNPACKED]]
// CHECK: scf.if %[[HASNEXT]]
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c5 step %c1
// CHECK: arith.addi %[[OTHER]]
// CHECK: vector.store %{{.*}}, %[[PANELS]]
// CHECK: scf.for %{{.*}} step %c104 iter_args
// CHECK: scf.if %[[HASNEXT]]
// CHECK: memref.prefetch %arg1
// CHECK: memref.prefetch %arg2
// CHECK: iter_args
// CHECK-NOT: prefetch %arg
// CHECK: math.fma
// Where both lie across, rows and columns change places: the panel's steps and the rows are
// read as they lie, and a task's sums wait, to be turned and written along the rows, 16
// columns and rows of them at a time. As results are far, the panel has the whole sum, half a
// megabyte.
// CHECK-LABEL: func.func private @product_2048x2048_over_2048_1(
// CHECK: %[[PANEL:.*]] = memref.alloca() {alignment = 64 : i64} : memref<131072xf32>
// CHECK: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<131328xf32>
// CHECK: scf.for %{{.*}} = %arg3 to %arg4
// CHECK: vector.load %arg0
// CHECK-NEXT: vector.store %{{.*}}, %[[PANEL]]
// CHECK: memref.load %arg1
// CHECK: math.fma
// CHECK-NOT: vector.store %{{.*}}, %arg2
// CHECK: vector.store %{{.*}}, %[[SUMS]]
// CHECK: scf.for %{{.*}} = %c0 to %c2048 step %c16
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c64 step %c16
// CHECK-COUNT-16: vector.load %[[SUMS]]
// CHECK: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %arg2
// FAST-LABEL: func.func private @product_2048x2048_over_2048(
// FAST-NOT: memref.prefetch %arg2
// FAST: math.fma
// FAST-LABEL: func.func private @product_2048x2048_over_2048_1(
// FAST: %[[SUMS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<131328xf32>
// FAST-COUNT-16: vector.load %[[SUMS]]
// FAST: vector.shuffle
// FAST-COUNT-16: vector.store %{{.*}}, %arg2
