// argument 0: [-3, 3]
func.func @f(%x: tensor<2x3x7x5x$F>) -> (tensor<2x3x4x5x$F>, tensor<2x3x4x5xi32>) {
  %y, %i = agc.max_pool %x {window = array<i64: 3, 2>, strides = array<i64: 2, 1>, low = array<i64: 1, 0>, high = array<i64: 1, 1>} : (tensor<2x3x7x5x$F>) -> (tensor<2x3x4x5x$F>, tensor<2x3x4x5xi32>)
  return %y, %i : tensor<2x3x4x5x$F>, tensor<2x3x4x5xi32>
}
// -----
// argument 0: [-3, 3]
func.func @f(%x: tensor<1x2x11x$F>) -> (tensor<1x2x4x$F>, tensor<1x2x4xi32>) {
  %y, %i = agc.max_pool %x {window = array<i64: 2>, strides = array<i64: 3>, low = array<i64: 0>, high = array<i64: 0>} : (tensor<1x2x11x$F>) -> (tensor<1x2x4x$F>, tensor<1x2x4xi32>)
  return %y, %i : tensor<1x2x4x$F>, tensor<1x2x4xi32>
}
