// argument 1: [-2, 10]
// argument 4: [0, 6]
func.func @f(%x: tensor<9x17x$N>, %i: tensor<5x3xi64>, %u: tensor<5x3x17x$N>, %b: tensor<4x7x$N>, %j: tensor<4x21xi64>, %v: tensor<4x21x$N>) -> (tensor<9x17x$N>, tensor<4x7x$N>) {
  %a = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<9x17x$N>, tensor<5x3xi64>, tensor<5x3x17x$N>) -> tensor<9x17x$N>
  %c = agc.scatter %b, %j, %v {batch = 1 : i64, mode = "add"} : (tensor<4x7x$N>, tensor<4x21xi64>, tensor<4x21x$N>) -> tensor<4x7x$N>
  return %a, %c : tensor<9x17x$N>, tensor<4x7x$N>
}
// -----
// argument 1: [-2, 10]
// argument 4: [0, 6]
// argument 6: [0, 8]
func.func @f(%x: tensor<9x17x$A>, %i: tensor<5x3xi64>, %u: tensor<5x3x17x$A>, %b: tensor<4x7x$A>, %j: tensor<4x21xi64>, %v: tensor<4x21x$A>, %k: tensor<i64>, %w: tensor<17x$A>) -> (tensor<9x17x$A>, tensor<4x7x$A>, tensor<9x17x$A>) {
  %a = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "set"} : (tensor<9x17x$A>, tensor<5x3xi64>, tensor<5x3x17x$A>) -> tensor<9x17x$A>
  %c = agc.scatter %b, %j, %v {batch = 1 : i64, mode = "set"} : (tensor<4x7x$A>, tensor<4x21xi64>, tensor<4x21x$A>) -> tensor<4x7x$A>
  %d = agc.scatter %x, %k, %w {batch = 0 : i64, mode = "set"} : (tensor<9x17x$A>, tensor<i64>, tensor<17x$A>) -> tensor<9x17x$A>
  return %a, %c, %d : tensor<9x17x$A>, tensor<4x7x$A>, tensor<9x17x$A>
}
// -----
// argument 4: [0, 8]
func.func @f(%x: tensor<9x17x$A>, %u: tensor<2x2x17x$A>, %b: tensor<4x7x$A>, %v: tensor<4x3x$A>, %k: tensor<i64>, %w: tensor<17x$A>) -> (tensor<9x17x$A>, tensor<4x7x$A>, tensor<9x17x$A>) {
  %i = agc.constant {data = dense<[[8, 0], [3, 5]]> : tensor<2x2xi64>} : tensor<2x2xi64>
  %j = agc.constant {data = dense<[[6, 0, 1], [2, 1, 0], [5, 3, 4], [0, 6, 3]]> : tensor<4x3xi64>} : tensor<4x3xi64>
  %a = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "set"} : (tensor<9x17x$A>, tensor<2x2xi64>, tensor<2x2x17x$A>) -> tensor<9x17x$A>
  %c = agc.scatter %b, %j, %v {batch = 1 : i64, mode = "set"} : (tensor<4x7x$A>, tensor<4x3xi64>, tensor<4x3x$A>) -> tensor<4x7x$A>
  %d = agc.scatter %x, %k, %w {batch = 0 : i64, mode = "set"} : (tensor<9x17x$A>, tensor<i64>, tensor<17x$A>) -> tensor<9x17x$A>
  return %a, %c, %d : tensor<9x17x$A>, tensor<4x7x$A>, tensor<9x17x$A>
}
