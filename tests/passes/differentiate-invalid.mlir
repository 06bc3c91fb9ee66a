// RUN: agc-opt %s -agc-differentiate -verify-diagnostics

func.func @an_op_without_a_rule(%x: tensor<4xf32>, %seed: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{'math.tanh' op has no gradient; put agc::detach before it, or a custom gradient around it [AGC0206]}}
  %y = math.tanh %x : tensor<4xf32>
  %dx = agc.gradient %y, %seed, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %dx : tensor<4xf32>
}
