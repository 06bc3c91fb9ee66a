// The checker's own: rounding that was moved by nothing made 0 of -0, whose angle
// is another.
// argument 0: [-0.5, 4]
func.func @f(%x: tensor<f64>) -> tensor<f64> {
  %0 = agc.round %x : tensor<f64>
  %1 = agc.sin %0 : tensor<f64>
  %2 = agc.atan2 %1, %1 : tensor<f64>
  return %2 : tensor<f64>
}
