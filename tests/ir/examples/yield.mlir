func.func @f(%x: tensor<5x$A>) -> (tensor<5x$A>, tensor<5x$A>) {
  %a:2 = agc.checkpoint %x : (tensor<5x$A>) -> (tensor<5x$A>, tensor<5x$A>) {
  ^bb0(%0: tensor<5x$A>):
    agc.yield %0, %0 : tensor<5x$A>, tensor<5x$A>
  }
  agc.checkpoint %x : (tensor<5x$A>) -> () {
  ^bb0(%0: tensor<5x$A>):
    agc.yield
  }
  return %a#0, %a#1 : tensor<5x$A>, tensor<5x$A>
}
