// For AVX-512 the last of 17 halves, the last of 17 bytes, was stored as four bytes.
func.func @f(%x: tensor<17xbf16>, %y: tensor<17xi32>) -> (tensor<17xbf16>, tensor<17xi8>) {
  %a = agc.mul %x, %x : tensor<17xbf16>
  %b = agc.convert %y : tensor<17xi32> to tensor<17xi8>
  return %a, %b : tensor<17xbf16>, tensor<17xi8>
}
