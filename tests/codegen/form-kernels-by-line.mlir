// RUN: agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels=by-line | FileCheck %s
// RUN: agc-opt %s -agc-lower-to-linalg -agc-prepare-kernels -agc-form-kernels | FileCheck %s --check-prefix=ONCE

// Two of one line are one kernel; another line's is another, and so is the backward.
// CHECK-LABEL: func.func @lines(
// CHECK: call @[[A:map_8]](
// CHECK: call @[[A]](
// CHECK: call @[[B:map_8_1]](
// CHECK: call @[[C:map_8_backward]](
// CHECK: func.func private @[[A]](
// CHECK: func.func private @[[B]](
// CHECK: func.func private @[[C]](

// ONCE-COUNT-4: call @map_8(
func.func @lines(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %0 = agc.neg %x : tensor<8xf32> loc("model.cpp":3:1)
  %1 = agc.neg %x : tensor<8xf32> loc("model.cpp":3:9)
  %2 = agc.neg %x : tensor<8xf32> loc("model.cpp":4:1)
  %3 = agc.neg %x : tensor<8xf32> loc(fused<"agc.neg">["model.cpp":4:1])
  return %0, %1, %2, %3 : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
