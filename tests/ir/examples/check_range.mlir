// argument 0: [0, 9]
// argument 1: [-1, 4]
func.func @f(%x: tensor<37xui8>, %y: tensor<3x5xi64>, %z: tensor<3xi32>) -> (tensor<37xui8>, tensor<3x5xi64>, tensor<3xi32>) {
  %a = agc.check_range %x {lower = 0 : i64, upper = 10 : i64, message = "a digit"} : tensor<37xui8>
  %b = agc.check_range %y {lower = 0 : i64, upper = 5 : i64, ignore = -1 : i64, message = "a class"} : tensor<3x5xi64>
  %c = agc.check_range %z {lower = 0 : i64, upper = 2 : i64, message = "a bit"} : tensor<3xi32>
  return %a, %b, %c : tensor<37xui8>, tensor<3x5xi64>, tensor<3xi32>
}
