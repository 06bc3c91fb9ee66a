// argument 0: [-9e18, 9e18]
func.func @f(%state: tensor<2xi64>) -> (tensor<3x7x$F>, tensor<$F>, tensor<1003x$F>) {
  %a = agc.random_uniform %state {precision = 8 : i64} : tensor<2xi64> to tensor<3x7x$F>
  %b = agc.random_uniform %state {precision = 1 : i64} : tensor<2xi64> to tensor<$F>
  %c = agc.random_uniform %state {precision = 7 : i64} : tensor<2xi64> to tensor<1003x$F>
  return %a, %b, %c : tensor<3x7x$F>, tensor<$F>, tensor<1003x$F>
}
// -----
// argument 0: [-9e18, 9e18]
func.func @f(%state: tensor<2xi64>) -> (tensor<37xf64>, tensor<37xf32>) {
  %a = agc.random_uniform %state {precision = 53 : i64} : tensor<2xi64> to tensor<37xf64>
  %b = agc.random_uniform %state {precision = 24 : i64} : tensor<2xi64> to tensor<37xf32>
  return %a, %b : tensor<37xf64>, tensor<37xf32>
}
