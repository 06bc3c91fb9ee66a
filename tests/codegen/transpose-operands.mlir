// RUN: agc-opt %s -agc-transpose-operands | FileCheck %s

#km = affine_map<(d0, d1, d2) -> (d2, d0)>
#kn = affine_map<(d0, d1, d2) -> (d2, d1)>
#nk = affine_map<(d0, d1, d2) -> (d1, d2)>
#mn = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-DAG: #[[FROM:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[KM:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>

// A weight's gradient: the smaller operand, the second, is read by rows.
// CHECK-LABEL: func.func @second
// CHECK-SAME: %[[X:.*]]: tensor<512x960xf32>, %[[Y:.*]]: tensor<512x600xf32>
// CHECK: %[[ROWS:.*]] = linalg.generic {indexing_maps = [#[[FROM]], #{{.*}}], iterator_types = ["parallel", "parallel"]} ins(%[[Y]] : {{.*}}) outs({{.*}} : tensor<600x512xf32>) attrs = {agc.reorder = "a large product reads it by rows, and often"}
// CHECK: linalg.generic {indexing_maps = [#[[KM]], #[[NK]], #{{.*}}], {{.*}}} ins(%[[X]], %[[ROWS]] :
func.func @second(%x: tensor<512x960xf32>, %y: tensor<512x600xf32>, %z: tensor<960x600xf32>) -> tensor<960x600xf32> {
  %r = linalg.generic {indexing_maps = [#km, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<512x960xf32>, tensor<512x600xf32>) outs(%z : tensor<960x600xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<960x600xf32>
  return %r : tensor<960x600xf32>
}

// The first, where that is smaller, of a sum over two dimensions.
// CHECK-LABEL: func.func @first
// CHECK-SAME: %[[X:.*]]: tensor<8x64x512xf32>
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}} ins(%[[X]] : {{.*}}) outs({{.*}} : tensor<512x8x64xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[ROWS]], %{{.*}} :
func.func @first(%x: tensor<8x64x512xf32>, %y: tensor<8x64x2048xf32>, %z: tensor<512x2048xf32>) -> tensor<512x2048xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d2, d3, d0)>, affine_map<(d0, d1, d2, d3) -> (d2, d3, d1)>, affine_map<(d0, d1, d2, d3) -> (d0, d1)>], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %y : tensor<8x64x512xf32>, tensor<8x64x2048xf32>) outs(%z : tensor<512x2048xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<512x2048xf32>
  return %r : tensor<512x2048xf32>
}

// One is read by rows as it lies; few steps; few results of each element.
// CHECK-LABEL: func.func @not
// CHECK-COUNT-3: linalg.generic {{.*}} "reduction"]}
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @not(%x: tensor<512x960xf32>, %y: tensor<600x512xf32>, %z: tensor<960x600xf32>, %x1: tensor<256x960xf32>, %y1: tensor<256x600xf32>, %x2: tensor<512x900xf32>, %z2: tensor<900x900xf32>) -> (tensor<960x600xf32>, tensor<960x600xf32>, tensor<900x900xf32>) {
  %r = linalg.generic {indexing_maps = [#km, #nk, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<512x960xf32>, tensor<600x512xf32>) outs(%z : tensor<960x600xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<960x600xf32>
  %s = linalg.generic {indexing_maps = [#km, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x1, %y1 : tensor<256x960xf32>, tensor<256x600xf32>) outs(%z : tensor<960x600xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<960x600xf32>
  %t = linalg.generic {indexing_maps = [#km, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x2, %x2 : tensor<512x900xf32>, tensor<512x900xf32>) outs(%z2 : tensor<900x900xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<900x900xf32>
  return %r, %s, %t : tensor<960x600xf32>, tensor<960x600xf32>, tensor<900x900xf32>
}
