func.func @f(%x: tensor<6x4x$A>, %s: tensor<$A>, %y: tensor<3x5x7x$A>) -> (tensor<24x$A>, tensor<2x3x4x$A>, tensor<8x3x$A>, tensor<1x1x$A>, tensor<7x5x3x1x$A>) {
  %a = agc.reshape %x : tensor<6x4x$A> to tensor<24x$A>
  %b = agc.reshape %x : tensor<6x4x$A> to tensor<2x3x4x$A>
  %c = agc.reshape %x : tensor<6x4x$A> to tensor<8x3x$A>
  %d = agc.reshape %s : tensor<$A> to tensor<1x1x$A>
  %e = agc.reshape %y : tensor<3x5x7x$A> to tensor<7x5x3x1x$A>
  return %a, %b, %c, %d, %e : tensor<24x$A>, tensor<2x3x4x$A>, tensor<8x3x$A>, tensor<1x1x$A>, tensor<7x5x3x1x$A>
}
