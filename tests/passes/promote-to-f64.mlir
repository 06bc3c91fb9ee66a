// RUN: agc-opt %s -agc-promote-to-f64 | FileCheck %s

// CHECK-LABEL: @promotes_floats
// CHECK-SAME: tensor<4xf64>, %{{.*}}: tensor<4xi64>) -> (tensor<4xf64>, tensor<4xi64>)
// CHECK: agc.constant {data = dense<[1.000000e+00, 2.500000e+00, -3.000000e+00, 0.000000e+00]> : tensor<4xf64>} : tensor<4xf64>
// CHECK: agc.mul {{.*}} : tensor<4xf64>
// Integers stay as they are.
// CHECK: agc.add {{.*}} : tensor<4xi64>
func.func @promotes_floats(%x: tensor<4xf32>, %n: tensor<4xi64>) -> (tensor<4xf32>, tensor<4xi64>) {
  %c = agc.constant {data = dense<[1.0, 2.5, -3.0, 0.0]> : tensor<4xf32>} : tensor<4xf32>
  %y = agc.mul %x, %c : tensor<4xf32>
  %m = agc.add %n, %n : tensor<4xi64>
  return %y, %m : tensor<4xf32>, tensor<4xi64>
}
