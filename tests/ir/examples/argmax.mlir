// argument 0: [-3, 3]
func.func @f(%x: tensor<9x40x$N>, %y: tensor<37x$N>) -> (tensor<9xi64>, tensor<40xi64>, tensor<i64>) {
  %a = agc.argmax %x {dimension = 1 : i64} : tensor<9x40x$N> to tensor<9xi64>
  %b = agc.argmax %x {dimension = 0 : i64} : tensor<9x40x$N> to tensor<40xi64>
  %c = agc.argmax %y {dimension = 0 : i64} : tensor<37x$N> to tensor<i64>
  return %a, %b, %c : tensor<9xi64>, tensor<40xi64>, tensor<i64>
}
