// A check read bytes of 128 and above as negative. A constant, so that there are some
// for sure.
func.func @f(%x: tensor<2xui8>) -> tensor<2xui8> {
  %bytes = agc.constant {value = 192 : i64} : tensor<2xui8>
  %both = agc.or %x, %bytes : tensor<2xui8>
  %fine = agc.check_range %both {lower = 0 : i64, upper = 256 : i64, message = "a byte"} : tensor<2xui8>
  return %fine : tensor<2xui8>
}
