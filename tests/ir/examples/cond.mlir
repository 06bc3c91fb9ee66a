func.func @f(%p: tensor<i1>, %x: tensor<5x$F>, %y: tensor<5x$F>) -> (tensor<5x$F>, tensor<$F>, tensor<5x$F>) {
  %q = agc.not %p : tensor<i1>
  %a:2 = agc.cond %p, %x, %y : (tensor<i1>, tensor<5x$F>, tensor<5x$F>) -> (tensor<5x$F>, tensor<$F>) {
  ^bb0(%0: tensor<5x$F>, %1: tensor<5x$F>):
    %2 = agc.mul %0, %1 : tensor<5x$F>
    %3 = agc.reduce_sum %0 {dimensions = array<i64: 0>} : tensor<5x$F> to tensor<$F>
    agc.yield %2, %3 : tensor<5x$F>, tensor<$F>
  } else {
  ^bb0(%0: tensor<5x$F>, %1: tensor<5x$F>):
    %2 = agc.reduce_max %1 {dimensions = array<i64: 0>} : tensor<5x$F> to tensor<$F>
    agc.yield %0, %2 : tensor<5x$F>, tensor<$F>
  }
  %b = agc.cond %q, %a#0 : (tensor<i1>, tensor<5x$F>) -> tensor<5x$F> {
  ^bb0(%0: tensor<5x$F>):
    %1 = agc.sin %0 : tensor<5x$F>
    agc.yield %1 : tensor<5x$F>
  } else {
  ^bb0(%0: tensor<5x$F>):
    %1 = agc.exp %0 : tensor<5x$F>
    agc.yield %1 : tensor<5x$F>
  }
  return %a#0, %a#1, %b : tensor<5x$F>, tensor<$F>, tensor<5x$F>
}
