// RUN: agc-opt %s -agc-split-reductions | FileCheck %s

#row = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#channel = affine_map<(d0, d1, d2) -> (d2)>

// A batch norm's gradients: two sums over the images, one input of which is read once for
// each channel. The parts are read as they lie.
// CHECK-DAG: #[[PART:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[CHANNEL:.*]] = affine_map<(d0, d1, d2, d3) -> (d3)>
// CHECK-DAG: #[[SUMS:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3)>
// CHECK-LABEL: func.func @two_sums
// CHECK-SAME: %[[X:.*]]: tensor<32x256x64xf32>, %[[M:.*]]: tensor<64xf32>
// CHECK: %[[EXPANDED:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1], [2], [3]] output_shape [16, 2, 256, 64]
// CHECK: %[[PARTS:.*]]:2 = linalg.generic {indexing_maps = [#[[PART]], #[[CHANNEL]], #[[SUMS]], #[[SUMS]]], iterator_types = ["parallel", "reduction", "reduction", "parallel"]} ins(%[[EXPANDED]], %[[M]] : {{.*}}) outs({{.*}} : tensor<16x64xf32>, tensor<16x64xf32>)
// CHECK: arith.subf
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[PARTS]]#0, %[[PARTS]]#1 : {{.*}}) outs({{.*}} : tensor<64xf32>, tensor<64xf32>)
func.func @two_sums(%x: tensor<32x256x64xf32>, %m: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64xf32>) -> tensor<64xf32>
  %sums:2 = linalg.generic {indexing_maps = [#row, #channel, #channel, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%x, %m : tensor<32x256x64xf32>, tensor<64xf32>) outs(%init, %init : tensor<64xf32>, tensor<64xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32, %t: f32):
    %0 = arith.addf %s, %a : f32
    %1 = arith.subf %a, %b : f32
    %2 = arith.addf %t, %1 : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<64xf32>, tensor<64xf32>)
  return %sums#0, %sums#1 : tensor<64xf32>, tensor<64xf32>
}

// One image: the next loop of the sum has parts.
// CHECK-LABEL: func.func @one_image
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2], [3]] output_shape [1, 14, 805, 64]
func.func @one_image(%x: tensor<1x11270x64xf32>) -> tensor<64xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64xf32>) -> tensor<64xf32>
  %sum = linalg.generic {indexing_maps = [#row, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%x : tensor<1x11270x64xf32>) outs(%init : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %0 = arith.addf %s, %a : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  return %sum : tensor<64xf32>
}

// The largest is no sum; a sum from something on, one of few terms and one of a prime number
// of images of one place each stay as they are.
// CHECK-LABEL: func.func @others_stay
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @others_stay(%x: tensor<32x256x64xf32>, %y: tensor<32x16x64xf32>, %z: tensor<1031x1x64xf32>, %from: tensor<64xf32>)
    -> (tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>) {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %empty = tensor.empty() : tensor<64xf32>
  %low = linalg.fill ins(%least : f32) outs(%empty : tensor<64xf32>) -> tensor<64xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64xf32>) -> tensor<64xf32>
  %largest = linalg.generic {indexing_maps = [#row, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%x : tensor<32x256x64xf32>) outs(%low : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %0 = arith.maximumf %s, %a : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  %on = linalg.generic {indexing_maps = [#row, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%x : tensor<32x256x64xf32>) outs(%from : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %0 = arith.addf %s, %a : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  %few = linalg.generic {indexing_maps = [#row, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%y : tensor<32x16x64xf32>) outs(%init : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %0 = arith.addf %s, %a : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  %prime = linalg.generic {indexing_maps = [#row, #channel], iterator_types = ["reduction", "reduction", "parallel"]} ins(%z : tensor<1031x1x64xf32>) outs(%init : tensor<64xf32>) {
  ^bb0(%a: f32, %s: f32):
    %0 = arith.addf %s, %a : f32
    linalg.yield %0 : f32
  } -> tensor<64xf32>
  return %largest, %on, %few, %prime : tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
}

#x = affine_map<(d0, d1, d2) -> (d2, d0)>
#y = affine_map<(d0, d1, d2) -> (d2, d1)>
#z = affine_map<(d0, d1, d2) -> (d0, d1)>

// The gradient of a small layer's weights, of a large batch.
// CHECK-LABEL: func.func @product
// CHECK-SAME: %[[X:.*]]: tensor<6144x64xf32>, %[[Y:.*]]: tensor<6144x128xf32>
// CHECK-DAG: %[[ROWS:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1], [2]] output_shape [12, 512, 64]
// CHECK-DAG: %[[COLUMNS:.*]] = tensor.expand_shape %[[Y]] {{\[\[}}0, 1], [2]] output_shape [12, 512, 128]
// CHECK: %[[PARTS:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[ROWS]], %[[COLUMNS]] : {{.*}}) outs({{.*}} : tensor<12x64x128xf32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel"]} ins(%[[PARTS]] : {{.*}}) outs({{.*}} : tensor<64x128xf32>)
func.func @product(%x: tensor<6144x64xf32>, %y: tensor<6144x128xf32>) -> tensor<64x128xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x128xf32>) -> tensor<64x128xf32>
  %sum = linalg.generic {indexing_maps = [#x, #y, #z], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<6144x64xf32>, tensor<6144x128xf32>) outs(%init : tensor<64x128xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<64x128xf32>
  return %sum : tensor<64x128xf32>
}

// As wide as that is no small layer; and of few rows panels are read from end to end.
// CHECK-LABEL: func.func @wide_products
// CHECK-NOT: tensor.expand_shape
// CHECK: return
func.func @wide_products(%x: tensor<6144x64xf32>, %y: tensor<6144x512xf32>, %few: tensor<6144x4xf32>, %z: tensor<6144x128xf32>)
    -> (tensor<64x512xf32>, tensor<4x128xf32>) {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<64x512xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<64x512xf32>) -> tensor<64x512xf32>
  %wide = linalg.generic {indexing_maps = [#x, #y, #z], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<6144x64xf32>, tensor<6144x512xf32>) outs(%init : tensor<64x512xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<64x512xf32>
  %other = tensor.empty() : tensor<4x128xf32>
  %start = linalg.fill ins(%zero : f32) outs(%other : tensor<4x128xf32>) -> tensor<4x128xf32>
  %short = linalg.generic {indexing_maps = [#x, #y, #z], iterator_types = ["parallel", "parallel", "reduction"]} ins(%few, %z : tensor<6144x4xf32>, tensor<6144x128xf32>) outs(%start : tensor<4x128xf32>) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x128xf32>
  return %wide, %short : tensor<64x512xf32>, tensor<4x128xf32>
}
