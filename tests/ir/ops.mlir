// RUN: agc-opt %s | agc-opt | FileCheck %s

// CHECK-LABEL: @every_form
// CHECK: agc.constant {value = 1.000000e+00 : f64} : tensor<f32>
// CHECK: agc.constant {data = dense<[1, 2]> : tensor<2xi64>} : tensor<2xi64>
// CHECK: agc.compare "lt" %{{.*}}, %{{.*}} : tensor<4xf32>
// CHECK: agc.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<4xf32>
// CHECK: agc.powi %{{.*}}, 3 : tensor<4xf32>
// CHECK: agc.convert %{{.*}} : tensor<4xf32> to tensor<4xbf16>
// CHECK: agc.reduce_sum %{{.*}} {dimensions = array<i64: 0>} : tensor<4xf32> to tensor<f32>
func.func @every_form(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<f32> {
  %one = agc.constant {value = 1.0 : f64} : tensor<f32>
  %data = agc.constant {data = dense<[1, 2]> : tensor<2xi64>} : tensor<2xi64>
  %p = agc.compare "lt" %x, %y : tensor<4xf32>
  %z = agc.select %p, %x, %y : tensor<4xf32>
  %c = agc.powi %z, 3 : tensor<4xf32>
  %h = agc.convert %c : tensor<4xf32> to tensor<4xbf16>
  %s = agc.reduce_sum %c {dimensions = array<i64: 0>} : tensor<4xf32> to tensor<f32>
  return %s : tensor<f32>
}

// CHECK-LABEL: @indexing
// CHECK: agc.gather %{{.*}}, %{{.*}} {batch = 0 : i64} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
// CHECK: agc.scatter %{{.*}}, %{{.*}}, %{{.*}} {batch = 0 : i64, mode = "add"}
func.func @indexing(%x: tensor<4x2xf32>, %i: tensor<3xi64>) -> tensor<4x2xf32> {
  %y = agc.gather %x, %i {batch = 0 : i64} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %z = agc.scatter %x, %i, %y {batch = 0 : i64, mode = "add"} : (tensor<4x2xf32>, tensor<3xi64>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
