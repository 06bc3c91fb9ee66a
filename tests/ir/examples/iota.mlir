func.func @f() -> (tensor<5x3x$N>, tensor<5x3x$N>, tensor<100x$N>) {
  %a = agc.iota {dimension = 0 : i64} : tensor<5x3x$N>
  %b = agc.iota {dimension = 1 : i64} : tensor<5x3x$N>
  %c = agc.iota {dimension = 0 : i64} : tensor<100x$N>
  return %a, %b, %c : tensor<5x3x$N>, tensor<5x3x$N>, tensor<100x$N>
}
