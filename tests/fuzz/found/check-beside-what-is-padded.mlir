// One kernel made what is checked and what lies in the middle of the padding. It came
// first, as checks do, and the padding after it.
func.func @f(%x: tensor<1xui8>) -> (tensor<3xui8>, tensor<1xui8>) {
  %one = agc.constant {value = 1 : i64} : tensor<1xui8>
  %padded = agc.pad %x {high = array<i64: 1>, interior = array<i64: 2>, low = array<i64: 1>, value = 1.000000e+00 : f64} : tensor<1xui8> to tensor<3xui8>
  %fine = agc.check_range %one {lower = 0 : i64, message = "an element", upper = 256 : i64} : tensor<1xui8>
  return %padded, %fine : tensor<3xui8>, tensor<1xui8>
}
