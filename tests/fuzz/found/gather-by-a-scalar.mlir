// Crashed: a scalar has no map to its first dimensions.
// argument 0: [-2, 5]
func.func @f(%i: tensor<i64>, %x: tensor<3x4x2xf32>) -> tensor<4x2xf32> {
  %z = agc.gather %x, %i {batch = 0 : i64} : (tensor<3x4x2xf32>, tensor<i64>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
