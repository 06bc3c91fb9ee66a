func.func @f(%x: tensor<6x10x$A>, %y: tensor<40x$A>) -> (tensor<3x4x$A>, tensor<6x1x$A>, tensor<13x$A>, tensor<0x$A>) {
  %a = agc.slice %x {starts = array<i64: 0, 1>, limits = array<i64: 6, 9>, strides = array<i64: 2, 2>} : tensor<6x10x$A> to tensor<3x4x$A>
  %b = agc.slice %x {starts = array<i64: 0, 9>, limits = array<i64: 6, 10>, strides = array<i64: 1, 1>} : tensor<6x10x$A> to tensor<6x1x$A>
  %c = agc.slice %y {starts = array<i64: 2>, limits = array<i64: 40>, strides = array<i64: 3>} : tensor<40x$A> to tensor<13x$A>
  %d = agc.slice %y {starts = array<i64: 40>, limits = array<i64: 40>, strides = array<i64: 1>} : tensor<40x$A> to tensor<0x$A>
  return %a, %b, %c, %d : tensor<3x4x$A>, tensor<6x1x$A>, tensor<13x$A>, tensor<0x$A>
}
