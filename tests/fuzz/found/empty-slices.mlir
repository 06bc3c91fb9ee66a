// Upstream's slices and insertions begin within their tensor.
func.func @f(%x: tensor<3x0x2xf64>, %y: tensor<4xf32>) -> (tensor<5x1x2xf64>, tensor<2x0x2xf64>, tensor<0xf32>, tensor<4xf32>, tensor<3x0x4xf64>) {
  %a = agc.pad %x {low = array<i64: 1, 0, 0>, high = array<i64: 1, 1, 0>, interior = array<i64: 0, 0, 0>, value = 0.5 : f64} : tensor<3x0x2xf64> to tensor<5x1x2xf64>
  %b = agc.slice %x {starts = array<i64: 1, 0, 0>, limits = array<i64: 3, 0, 2>, strides = array<i64: 1, 1, 1>} : tensor<3x0x2xf64> to tensor<2x0x2xf64>
  %c = agc.slice %y {starts = array<i64: 4>, limits = array<i64: 4>, strides = array<i64: 1>} : tensor<4xf32> to tensor<0xf32>
  %d = agc.concat %c, %y {dimension = 0 : i64} : (tensor<0xf32>, tensor<4xf32>) -> tensor<4xf32>
  %e = agc.concat %x, %x {dimension = 2 : i64} : (tensor<3x0x2xf64>, tensor<3x0x2xf64>) -> tensor<3x0x4xf64>
  return %a, %b, %c, %d, %e : tensor<5x1x2xf64>, tensor<2x0x2xf64>, tensor<0xf32>, tensor<4xf32>, tensor<3x0x4xf64>
}
