// In the second gradient sums of broadcasts lost the op that said how long
// their loops were, and got a further result for it, which nobody could write.
// argument 0: [-3, 3]
func.func @f(%x: tensor<f64>) -> tensor<1x1x2xf64> {
  %0 = agc.broadcast %x {dimensions = array<i64>} : tensor<f64> to tensor<1x1x2xf64>
  %1 = agc.reduce_max %0 {dimensions = array<i64: 0, 1, 2>} : tensor<1x1x2xf64> to tensor<f64>
  %2 = agc.broadcast %1 {dimensions = array<i64>} : tensor<f64> to tensor<1x1x1xf64>
  %3 = agc.conv %0, %2 {strides = array<i64: 1>, low = array<i64: 0>, high = array<i64: 0>, dilation = array<i64: 1>, groups = 1 : i64} : (tensor<1x1x2xf64>, tensor<1x1x1xf64>) -> tensor<1x1x2xf64>
  %4 = agc.log2 %3 : tensor<1x1x2xf64>
  return %4 : tensor<1x1x2xf64>
}
