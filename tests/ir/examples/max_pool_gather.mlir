// argument 1: [-3, 3]
func.func @f(%a: tensor<2x3x7x5x$F>, %x: tensor<2x3x7x5xf32>) -> tensor<2x3x4x5x$F> {
  %y, %i = agc.max_pool %x {window = array<i64: 3, 2>, strides = array<i64: 2, 1>, low = array<i64: 1, 0>, high = array<i64: 1, 1>} : (tensor<2x3x7x5xf32>) -> (tensor<2x3x4x5xf32>, tensor<2x3x4x5xi32>)
  %z = agc.max_pool_gather %a, %i {window = array<i64: 3, 2>, strides = array<i64: 2, 1>, low = array<i64: 1, 0>, high = array<i64: 1, 1>} : (tensor<2x3x7x5x$F>, tensor<2x3x4x5xi32>) -> tensor<2x3x4x5x$F>
  return %z : tensor<2x3x4x5x$F>
}
