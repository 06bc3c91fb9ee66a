func.func @f(%s: tensor<$A>, %x: tensor<3x$A>, %y: tensor<2x5x$A>) -> (tensor<3x4x$A>, tensor<3x4x$A>, tensor<4x3x$A>, tensor<2x3x5x2x$A>, tensor<3x$A>) {
  %a = agc.broadcast %s {dimensions = array<i64>} : tensor<$A> to tensor<3x4x$A>
  %b = agc.broadcast %x {dimensions = array<i64: 0>} : tensor<3x$A> to tensor<3x4x$A>
  %c = agc.broadcast %x {dimensions = array<i64: 1>} : tensor<3x$A> to tensor<4x3x$A>
  %d = agc.broadcast %y {dimensions = array<i64: 0, 2>} : tensor<2x5x$A> to tensor<2x3x5x2x$A>
  %e = agc.broadcast %x {dimensions = array<i64: 0>} : tensor<3x$A> to tensor<3x$A>
  return %a, %b, %c, %d, %e : tensor<3x4x$A>, tensor<3x4x$A>, tensor<4x3x$A>, tensor<2x3x5x2x$A>, tensor<3x$A>
}
