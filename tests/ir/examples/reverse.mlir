func.func @f(%x: tensor<6x17x$A>, %y: tensor<33x$A>) -> (tensor<6x17x$A>, tensor<6x17x$A>, tensor<33x$A>, tensor<33x$A>) {
  %a = agc.reverse %x {dimensions = array<i64: 0, 1>} : tensor<6x17x$A> to tensor<6x17x$A>
  %b = agc.reverse %x {dimensions = array<i64: 0>} : tensor<6x17x$A> to tensor<6x17x$A>
  %c = agc.reverse %y {dimensions = array<i64: 0>} : tensor<33x$A> to tensor<33x$A>
  %d = agc.reverse %y {dimensions = array<i64>} : tensor<33x$A> to tensor<33x$A>
  return %a, %b, %c, %d : tensor<6x17x$A>, tensor<6x17x$A>, tensor<33x$A>, tensor<33x$A>
}
