// The gradient of an input without elements had a window that begins before the first.
// argument 0: [-0.5, 4]
// argument 1: [-0.8, 0.8]
func.func @f(%w: tensor<8x8x2x1xf32>, %x: tensor<2x16x0x1xf32>) -> tensor<2x8x1x1xf32> {
  %y = agc.conv %x, %w {dilation = array<i64: 2, 2>, groups = 2 : i64, high = array<i64: 1, 0>, low = array<i64: 2, 0>, strides = array<i64: 1, 1>} : (tensor<2x16x0x1xf32>, tensor<8x8x2x1xf32>) -> tensor<2x8x1x1xf32>
  return %y : tensor<2x8x1x1xf32>
}
