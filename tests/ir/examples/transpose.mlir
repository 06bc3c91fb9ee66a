func.func @f(%x: tensor<37x18x$A>, %y: tensor<2x3x4x5x$A>, %z: tensor<4x$A>) -> (tensor<18x37x$A>, tensor<5x3x2x4x$A>, tensor<4x$A>) {
  %a = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<37x18x$A> to tensor<18x37x$A>
  %b = agc.transpose %y {permutation = array<i64: 3, 1, 0, 2>} : tensor<2x3x4x5x$A> to tensor<5x3x2x4x$A>
  %c = agc.transpose %z {permutation = array<i64: 0>} : tensor<4x$A> to tensor<4x$A>
  return %a, %b, %c : tensor<18x37x$A>, tensor<5x3x2x4x$A>, tensor<4x$A>
}
