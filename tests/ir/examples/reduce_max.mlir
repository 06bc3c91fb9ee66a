// argument 0: [-2, 2]
func.func @f(%x: tensor<9x7x18x$N>) -> (tensor<$N>, tensor<9x18x$N>, tensor<7x$N>, tensor<9x7x$N>, tensor<18x$N>, tensor<9x7x18x$N>) {
  %a = agc.reduce_max %x {dimensions = array<i64: 0, 1, 2>} : tensor<9x7x18x$N> to tensor<$N>
  %b = agc.reduce_max %x {dimensions = array<i64: 1>} : tensor<9x7x18x$N> to tensor<9x18x$N>
  %c = agc.reduce_max %x {dimensions = array<i64: 0, 2>} : tensor<9x7x18x$N> to tensor<7x$N>
  %d = agc.reduce_max %x {dimensions = array<i64: 2>} : tensor<9x7x18x$N> to tensor<9x7x$N>
  %e = agc.reduce_max %x {dimensions = array<i64: 0, 1>} : tensor<9x7x18x$N> to tensor<18x$N>
  %g = agc.reduce_max %x {dimensions = array<i64>} : tensor<9x7x18x$N> to tensor<9x7x18x$N>
  return %a, %b, %c, %d, %e, %g : tensor<$N>, tensor<9x18x$N>, tensor<7x$N>, tensor<9x7x$N>, tensor<18x$N>, tensor<9x7x18x$N>
}
// -----
// argument 0: [-200, 200]
func.func @f(%x: tensor<1003x$N>, %y: tensor<1x5x1x$N>) -> (tensor<$N>, tensor<5x$N>) {
  %a = agc.reduce_max %x {dimensions = array<i64: 0>} : tensor<1003x$N> to tensor<$N>
  %b = agc.reduce_max %y {dimensions = array<i64: 0, 2>} : tensor<1x5x1x$N> to tensor<5x$N>
  return %a, %b : tensor<$N>, tensor<5x$N>
}
