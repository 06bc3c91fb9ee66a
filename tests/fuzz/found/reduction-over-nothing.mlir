// Over no dimension, the same.
func.func @f(%x: tensor<2x2xf32>, %n: tensor<3xui8>) -> (tensor<2xf32>, tensor<3xui8>) {
  %a = agc.reduce_min %x {dimensions = array<i64>} : tensor<2x2xf32> to tensor<2x2xf32>
  %b = agc.einsum %a, %a {spec = "ba,ab->b"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2xf32>
  %c = agc.reduce_max %n {dimensions = array<i64>} : tensor<3xui8> to tensor<3xui8>
  return %b, %c : tensor<2xf32>, tensor<3xui8>
}
