// RUN: agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels | FileCheck %s

// What is returned has a kernel of its own to write it, twice if twice.
// CHECK-LABEL: @copies_an_argument_that_is_returned
// CHECK: %[[A:.*]] = linalg.generic
// CHECK: %[[B:.*]] = linalg.generic
// CHECK: return %[[A]], %[[B]]
func.func @copies_an_argument_that_is_returned(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  return %x, %x : tensor<4xf32>, tensor<4xf32>
}

// The padding's zeros are a kernel; x is written between them by the one that
// computes it, which comes after.
// CHECK-LABEL: @writes_where_it_goes
// CHECK: %[[ZEROS:.*]] = linalg.generic
// CHECK: %[[Y:.*]] = linalg.generic
// CHECK: math.exp
// CHECK: tensor.insert_slice %[[Y]] into %[[ZEROS]]
func.func @writes_where_it_goes(%x: tensor<4xf32>) -> tensor<6xf32> {
  %y = agc.exp %x : tensor<4xf32>
  %z = agc.pad %y {low = array<i64: 1>, high = array<i64: 1>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<4xf32> to tensor<6xf32>
  return %z : tensor<6xf32>
}

// Of a large tensor only what is around the insertion is filled: rows above and below,
// which are as many, by one kernel, then columns on either side.
// CHECK-LABEL: @fills_around_a_large_part
// CHECK: %[[ROWS:.*]]:2 = linalg.generic
// CHECK: tensor.insert_slice %[[ROWS]]#0 into %{{.*}}[0, 0, 0, 0] [2, 1, 103, 8]
// CHECK: tensor.insert_slice %[[ROWS]]#1 into %{{.*}}[0, 101, 0, 0] [2, 1, 103, 8]
// CHECK: %[[LEFT:.*]] = linalg.generic
// CHECK: tensor.insert_slice %[[LEFT]] into %{{.*}}[0, 1, 0, 0] [2, 100, 1, 8]
// CHECK: %[[RIGHT:.*]] = linalg.generic
// CHECK: %[[FRAME:.*]] = tensor.insert_slice %[[RIGHT]] into %{{.*}}[0, 1, 101, 0] [2, 100, 2, 8]
// CHECK: %[[X:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<2x100x100x8xf32>)
// CHECK: tensor.insert_slice %[[X]] into %[[FRAME]][0, 1, 1, 0] [2, 100, 100, 8]
func.func @fills_around_a_large_part(%x: tensor<2x100x100x8xf32>) -> tensor<2x102x103x8xf32> {
  %y = agc.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 2, 0>, interior = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : tensor<2x100x100x8xf32> to tensor<2x102x103x8xf32>
  return %y : tensor<2x102x103x8xf32>
}

// All of it, where an insertion leaves most as it is, or has gaps, or a second one follows.
// CHECK-LABEL: @fills_all_of_what_is_left
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<512x512xf32>)
// CHECK: tensor.insert_slice %{{.*}}[1, 1] [256, 256] [1, 1]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<511x511xf32>)
// CHECK: tensor.insert_slice %{{.*}}[0, 0] [256, 256] [2, 2]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<260x260xf32>)
// CHECK: tensor.insert_slice %{{.*}}[2, 2] [256, 256] [1, 1]
// CHECK: tensor.insert_slice %{{.*}}[0, 0] [256, 256] [1, 1]
func.func @fills_all_of_what_is_left(%x: tensor<256x256xf32>) -> (tensor<512x512xf32>, tensor<511x511xf32>, tensor<260x260xf32>) {
  %a = agc.pad %x {low = array<i64: 1, 1>, high = array<i64: 255, 255>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<256x256xf32> to tensor<512x512xf32>
  %b = agc.pad %x {low = array<i64: 0, 0>, high = array<i64: 0, 0>, interior = array<i64: 1, 1>, value = 0.0 : f64} : tensor<256x256xf32> to tensor<511x511xf32>
  %c = agc.pad %x {low = array<i64: 2, 2>, high = array<i64: 2, 2>, interior = array<i64: 0, 0>, value = 0.0 : f64} : tensor<256x256xf32> to tensor<260x260xf32>
  %d = tensor.insert_slice %x into %c[0, 0] [256, 256] [1, 1] : tensor<256x256xf32> into tensor<260x260xf32>
  return %a, %b, %d : tensor<512x512xf32>, tensor<511x511xf32>, tensor<260x260xf32>
}

// Each insertion has a fill for itself: to copy one takes longer.
// CHECK-LABEL: @copies_no_fill
// CHECK-NOT: ins(%{{.*}} : tensor<6xf32>)
// CHECK: return
func.func @copies_no_fill(%x: tensor<4xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %zeros = arith.constant dense<0.0> : tensor<6xf32>
  %a = tensor.insert_slice %x into %zeros[0] [4] [1] : tensor<4xf32> into tensor<6xf32>
  %b = tensor.insert_slice %x into %zeros[2] [4] [1] : tensor<4xf32> into tensor<6xf32>
  return %a, %b : tensor<6xf32>, tensor<6xf32>
}

// Memory with nothing in it is not copied, though several write into it.
// CHECK-LABEL: @shares_no_empty_memory
// CHECK-NOT: tensor<6xf32>) outs
// CHECK: return
func.func @shares_no_empty_memory(%x: tensor<4xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %y = agc.exp %x : tensor<4xf32>
  %z = agc.neg %x : tensor<4xf32>
  %memory = tensor.empty() : tensor<6xf32>
  %a = tensor.insert_slice %y into %memory[0] [4] [1] : tensor<4xf32> into tensor<6xf32>
  %b = tensor.insert_slice %z into %memory[2] [4] [1] : tensor<4xf32> into tensor<6xf32>
  return %a, %b : tensor<6xf32>, tensor<6xf32>
}

// What a reduction starts from is no kernel.
// CHECK-LABEL: @keeps_the_start_of_a_reduction
// CHECK: linalg.fill
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @keeps_the_start_of_a_reduction(%x: tensor<4xf32>) -> tensor<f32> {
  %y = agc.reduce_sum %x {dimensions = array<i64: 0>} : tensor<4xf32> to tensor<f32>
  return %y : tensor<f32>
}

// What adds to the zeros of another kernel does so where they are, and is copied from there.
// CHECK-LABEL: @adds_where_the_zeros_are
// CHECK: %[[ZEROS:.*]] = linalg.generic
// CHECK: %[[SUMS:.*]] = linalg.generic {{.*}} outs(%[[ZEROS]] :
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[SUMS]] :
// CHECK: tensor.insert_slice %[[COPY]]
func.func @adds_where_the_zeros_are(%dy: tensor<1x1x3xf32>, %index: tensor<1x1x3xi32>) -> tensor<1x1x8xf32> {
  %dx = agc.max_pool_grad %dy, %index {high = array<i64: 0>, low = array<i64: 0>, strides = array<i64: 3>, window = array<i64: 1>} : (tensor<1x1x3xf32>, tensor<1x1x3xi32>) -> tensor<1x1x7xf32>
  %z = agc.pad %dx {low = array<i64: 0, 0, 0>, high = array<i64: 0, 0, 1>, interior = array<i64: 0, 0, 0>, value = 1.0 : f64} : tensor<1x1x7xf32> to tensor<1x1x8xf32>
  return %z : tensor<1x1x8xf32>
}

// Attention writes its rows where they go, as fewer dimensions or all, but where another
// kernel was before, or has been.
// CHECK-LABEL: @attention_writes_where_it_goes
// CHECK: %[[O:.*]], %{{.*}} = attention.forward
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %[[O]]
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[ROWS]] into %{{.*}}[0, 0, 0]
// CHECK: %[[EXP:.*]] = linalg.generic
// CHECK: math.exp
// CHECK: tensor.insert_slice %[[EXP]] into %[[FIRST]][0, 0, 6]
func.func @attention_writes_where_it_goes(%x: tensor<2x4x2x3xf32>, %y: tensor<2x4x6xf32>) -> tensor<2x4x12xf32> {
  %o, %lse = attention.forward %x, %x, %x {scale = 1.0 : f64, spec = "ambk,anbk,anbc->ambc"} : (tensor<2x4x2x3xf32>, tensor<2x4x2x3xf32>, tensor<2x4x2x3xf32>) -> (tensor<2x4x2x3xf32>, tensor<2x2x4xf32>)
  %rows = tensor.collapse_shape %o [[0], [1], [2, 3]] : tensor<2x4x2x3xf32> into tensor<2x4x6xf32>
  %e = agc.exp %y : tensor<2x4x6xf32>
  %z = agc.concat %rows, %e {dimension = 2 : i64} : (tensor<2x4x6xf32>, tensor<2x4x6xf32>) -> tensor<2x4x12xf32>
  return %z : tensor<2x4x12xf32>
}

// CHECK-LABEL: @attention_is_copied_behind_others
// CHECK: %[[O:.*]], %{{.*}} = attention.forward
// CHECK: %[[EXP:.*]] = linalg.generic
// CHECK: math.exp
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[EXP]]
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[O]] :
// CHECK: tensor.insert_slice %[[COPY]] into %[[FIRST]]
// CHECK: %[[TWICE:.*]] = linalg.generic {{.*}} ins(%[[O]] :
// CHECK: tensor.insert_slice %[[TWICE]]
func.func @attention_is_copied_behind_others(%x: tensor<2x4x2x3xf32>) -> (tensor<2x4x4x3xf32>, tensor<2x5x2x3xf32>) {
  %o, %lse = attention.forward %x, %x, %x {scale = 1.0 : f64, spec = "ambk,anbk,anbc->ambc"} : (tensor<2x4x2x3xf32>, tensor<2x4x2x3xf32>, tensor<2x4x2x3xf32>) -> (tensor<2x4x2x3xf32>, tensor<2x2x4xf32>)
  %e = agc.exp %x : tensor<2x4x2x3xf32>
  %z = agc.concat %e, %o {dimension = 2 : i64} : (tensor<2x4x2x3xf32>, tensor<2x4x2x3xf32>) -> tensor<2x4x4x3xf32>
  %memory = tensor.empty() : tensor<2x5x2x3xf32>
  %t = tensor.insert_slice %o into %memory[0, 1, 0, 0] [2, 4, 2, 3] [1, 1, 1, 1] : tensor<2x4x2x3xf32> into tensor<2x5x2x3xf32>
  return %z, %t : tensor<2x4x4x3xf32>, tensor<2x5x2x3xf32>
}
