func.func @f(%x: tensor<5x$F>, %y: tensor<5x$F>) -> (tensor<5x$F>, tensor<$F>) {
  %a:2 = agc.checkpoint %x, %y : (tensor<5x$F>, tensor<5x$F>) -> (tensor<5x$F>, tensor<$F>) {
  ^bb0(%0: tensor<5x$F>, %1: tensor<5x$F>):
    %2 = agc.exp %0 : tensor<5x$F>
    %3 = agc.mul %2, %1 : tensor<5x$F>
    %4 = agc.sin %3 : tensor<5x$F>
    %5 = agc.reduce_sum %4 {dimensions = array<i64: 0>} : tensor<5x$F> to tensor<$F>
    agc.yield %4, %5 : tensor<5x$F>, tensor<$F>
  }
  return %a#0, %a#1 : tensor<5x$F>, tensor<$F>
}
