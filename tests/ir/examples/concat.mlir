func.func @f(%x: tensor<3x5x$A>, %y: tensor<2x5x$A>, %z: tensor<0x5x$A>) -> (tensor<5x5x$A>, tensor<3x15x$A>, tensor<2x5x$A>, tensor<7x5x$A>) {
  %a = agc.concat %x, %y {dimension = 0 : i64} : (tensor<3x5x$A>, tensor<2x5x$A>) -> tensor<5x5x$A>
  %b = agc.concat %x, %x, %x {dimension = 1 : i64} : (tensor<3x5x$A>, tensor<3x5x$A>, tensor<3x5x$A>) -> tensor<3x15x$A>
  %c = agc.concat %y {dimension = 1 : i64} : (tensor<2x5x$A>) -> tensor<2x5x$A>
  %d = agc.concat %z, %y, %z, %a {dimension = 0 : i64} : (tensor<0x5x$A>, tensor<2x5x$A>, tensor<0x5x$A>, tensor<5x5x$A>) -> tensor<7x5x$A>
  return %a, %b, %c, %d : tensor<5x5x$A>, tensor<3x15x$A>, tensor<2x5x$A>, tensor<7x5x$A>
}
