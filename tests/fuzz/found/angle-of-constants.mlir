// MLIR folds the angle of the origin to NaN.
// argument 0: [0.25, 2]
func.func @f(%x: tensor<1xf64>) -> tensor<1xf64> {
  %zero = agc.constant {value = 0.0 : f64} : tensor<1xf64>
  %angle = agc.atan2 %zero, %zero : tensor<1xf64>
  %sum = agc.add %angle, %x : tensor<1xf64>
  return %sum : tensor<1xf64>
}
