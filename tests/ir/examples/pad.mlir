func.func @f(%x: tensor<6x10x$A>, %y: tensor<17x$A>, %e: tensor<0x2x$A>) -> (tensor<9x24x$A>, tensor<51x$A>, tensor<3x2x$A>, tensor<6x10x$A>) {
  %a = agc.pad %x {low = array<i64: 1, 2>, high = array<i64: 2, 3>, interior = array<i64: 0, 1>, value = 1.0 : f64} : tensor<6x10x$A> to tensor<9x24x$A>
  %b = agc.pad %y {low = array<i64: 0>, high = array<i64: 2>, interior = array<i64: 2>, value = 0.0 : f64} : tensor<17x$A> to tensor<51x$A>
  %c = agc.pad %e {low = array<i64: 1, 0>, high = array<i64: 2, 0>, interior = array<i64: 5, 0>, value = 1.0 : f64} : tensor<0x2x$A> to tensor<3x2x$A>
  %d = agc.pad %x {low = array<i64: 0, 0>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>, value = 1.0 : f64} : tensor<6x10x$A> to tensor<6x10x$A>
  return %a, %b, %c, %d : tensor<9x24x$A>, tensor<51x$A>, tensor<3x2x$A>, tensor<6x10x$A>
}
