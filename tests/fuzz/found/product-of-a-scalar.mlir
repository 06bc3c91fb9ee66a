// A product without a sum added to what was in memory.
func.func @f(%x: tensor<f64>, %y: tensor<2xf64>) -> tensor<2xf64> {
  %z = agc.einsum %x, %y {spec = ",a->a"} : (tensor<f64>, tensor<2xf64>) -> tensor<2xf64>
  return %z : tensor<2xf64>
}
