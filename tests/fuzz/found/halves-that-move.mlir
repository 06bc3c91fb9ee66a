// Without AVX, what kept a bf16 from trip to trip called a library.
func.func @f(%x: tensor<1x1x3x3xbf16>) -> tensor<1x1x1x3xbf16> {
  %y, %index = agc.max_pool %x {high = array<i64: 0, 0>, low = array<i64: 0, 0>, strides = array<i64: 1, 1>, window = array<i64: 3, 1>} : (tensor<1x1x3x3xbf16>) -> (tensor<1x1x1x3xbf16>, tensor<1x1x1x3xi32>)
  return %y : tensor<1x1x1x3xbf16>
}
