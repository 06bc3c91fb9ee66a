// argument 0: [-1, 1]
func.func @f(%a: tensor<2x3x7x8x$F>, %b: tensor<5x3x3x3x$F>) -> tensor<2x5x7x4x$F> {
  %z = agc.conv %a, %b {strides = array<i64: 1, 2>, low = array<i64: 1, 0>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<2x3x7x8x$F>, tensor<5x3x3x3x$F>) -> tensor<2x5x7x4x$F>
  return %z : tensor<2x5x7x4x$F>
}
// -----
// argument 0: [-1, 1]
func.func @f(%a: tensor<2x4x9x$F>, %b: tensor<6x2x3x$F>) -> tensor<2x6x4x$F> {
  %z = agc.conv %a, %b {strides = array<i64: 2>, low = array<i64: 2>, high = array<i64: 0>, dilation = array<i64: 2>, groups = 2 : i64} : (tensor<2x4x9x$F>, tensor<6x2x3x$F>) -> tensor<2x6x4x$F>
  return %z : tensor<2x6x4x$F>
}
// -----
// argument 0: [-1, 1]
func.func @f(%a: tensor<1x2x3x3x3x$F>, %b: tensor<2x2x2x2x2x$F>) -> tensor<1x2x2x2x2x$F> {
  %z = agc.conv %a, %b {strides = array<i64: 1, 1, 1>, low = array<i64: 0, 0, 0>, high = array<i64: 0, 0, 0>, dilation = array<i64: 1, 1, 1>, groups = 1 : i64} : (tensor<1x2x3x3x3x$F>, tensor<2x2x2x2x2x$F>) -> tensor<1x2x2x2x2x$F>
  return %z : tensor<1x2x2x2x2x$F>
}
