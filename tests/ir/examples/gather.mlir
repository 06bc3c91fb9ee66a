// argument 1: [-2, 10]
// argument 3: [0, 6]
// argument 4: [-2, 10]
func.func @f(%x: tensor<9x17x$A>, %i: tensor<5x3xi64>, %b: tensor<4x7x$A>, %j: tensor<4x21xi64>, %k: tensor<i64>) -> (tensor<5x3x17x$A>, tensor<4x21x$A>, tensor<17x$A>) {
  %rows = agc.gather %x, %i {batch = 0 : i64} : (tensor<9x17x$A>, tensor<5x3xi64>) -> tensor<5x3x17x$A>
  %picked = agc.gather %b, %j {batch = 1 : i64} : (tensor<4x7x$A>, tensor<4x21xi64>) -> tensor<4x21x$A>
  %row = agc.gather %x, %k {batch = 0 : i64} : (tensor<9x17x$A>, tensor<i64>) -> tensor<17x$A>
  return %rows, %picked, %row : tensor<5x3x17x$A>, tensor<4x21x$A>, tensor<17x$A>
}
