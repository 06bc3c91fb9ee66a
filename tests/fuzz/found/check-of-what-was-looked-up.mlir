// Checks come first, with what they need: but what a gather looks up in came
// after.
// argument 0: [-3, 3]
func.func @f(%x: tensor<1x1x4xf64>) -> tensor<1x1x1xi32> {
  %y, %index = agc.max_pool %x {window = array<i64: 2>, strides = array<i64: 3>, low = array<i64: 0>, high = array<i64: 0>} : (tensor<1x1x4xf64>) -> (tensor<1x1x1xf64>, tensor<1x1x1xi32>)
  %1 = agc.constant {value = 1 : i64} : tensor<1xi64>
  %2 = agc.gather %index, %1 {batch = 0 : i64} : (tensor<1x1x1xi32>, tensor<1xi64>) -> tensor<1x1x1xi32>
  %3 = agc.check_range %2 {lower = 0 : i64, upper = 2 : i64, message = "a winner"} : tensor<1x1x1xi32>
  return %3 : tensor<1x1x1xi32>
}
