func.func @f(%x: tensor<5x$F>, %w: tensor<5x5x$F>, %s: tensor<5x$F>) -> (tensor<5x$F>, tensor<5x5x$F>, tensor<5x$F>, tensor<5x$F>) {
  %y = agc.einsum %x, %w {spec = "k,kn->n"} : (tensor<5x$F>, tensor<5x5x$F>) -> tensor<5x$F>
  %z = agc.sin %y : tensor<5x$F>
  %g:3 = agc.gradient %z, %s, %x, %w, %y {outputs = 1 : i64} : (tensor<5x$F>, tensor<5x$F>, tensor<5x$F>, tensor<5x5x$F>, tensor<5x$F>) -> (tensor<5x$F>, tensor<5x5x$F>, tensor<5x$F>)
  // Through y is for y alone: nothing is left for x.
  %h:2 = agc.gradient %z, %s, %x, %y {outputs = 1 : i64, cut = true} : (tensor<5x$F>, tensor<5x$F>, tensor<5x$F>, tensor<5x$F>) -> (tensor<5x$F>, tensor<5x$F>)
  %t = agc.add %h#0, %h#1 : tensor<5x$F>
  return %g#0, %g#1, %g#2, %t : tensor<5x$F>, tensor<5x5x$F>, tensor<5x$F>, tensor<5x$F>
}
