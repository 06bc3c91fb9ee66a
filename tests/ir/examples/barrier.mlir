func.func @f(%x: tensor<37x$A>, %y: tensor<2x$A>) -> (tensor<37x$A>, tensor<2x$A>) {
  %a = agc.barrier %x, %y : tensor<37x$A>, tensor<2x$A>
  %b = agc.barrier %y, %a : tensor<2x$A>, tensor<37x$A>
  return %a, %b : tensor<37x$A>, tensor<2x$A>
}
// -----
func.func @f(%x: tensor<37x$F>) -> (tensor<37x$F>, tensor<37x$F>) {
  %y = agc.exp %x : tensor<37x$F>
  %again = agc.barrier %x, %y : tensor<37x$F>, tensor<37x$F>
  %z = agc.exp %again : tensor<37x$F>
  %w = agc.mul %y, %z : tensor<37x$F>
  return %y, %w : tensor<37x$F>, tensor<37x$F>
}
