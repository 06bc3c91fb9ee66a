func.func @f() -> (tensor<3x2x$A>, tensor<$A>) {
  %x = agc.constant {value = 1 : i64} : tensor<3x2xi32>
  %y = agc.convert %x : tensor<3x2xi32> to tensor<3x2x$A>
  %z = agc.constant {value = 0 : i64} : tensor<i64>
  %w = agc.convert %z : tensor<i64> to tensor<$A>
  return %y, %w : tensor<3x2x$A>, tensor<$A>
}
// -----
func.func @f() -> (tensor<7x$F>, tensor<2x2x$F>, tensor<0x3x$F>) {
  %x = agc.constant {value = -1.5 : f64} : tensor<7x$F>
  %y = agc.constant {data = dense<[[0.0, 1.0], [-0.5, 0.25]]> : tensor<2x2x$F>} : tensor<2x2x$F>
  %z = agc.constant {value = 2.0 : f64} : tensor<0x3x$F>
  return %x, %y, %z : tensor<7x$F>, tensor<2x2x$F>, tensor<0x3x$F>
}
// -----
func.func @f() -> (tensor<3xi1>, tensor<3xui8>, tensor<2xi64>, tensor<i8>) {
  %p = agc.constant {data = dense<[true, false, true]> : tensor<3xi1>} : tensor<3xi1>
  %u = agc.constant {data = dense<[1, -1, 7]> : tensor<3xi8>} : tensor<3xui8>
  %n = agc.constant {data = dense<[9223372036854775807, -3]> : tensor<2xi64>} : tensor<2xi64>
  %m = agc.constant {value = -128 : i64} : tensor<i8>
  return %p, %u, %n, %m : tensor<3xi1>, tensor<3xui8>, tensor<2xi64>, tensor<i8>
}
