// What said how long a loop was had been folded away; a result that nobody reads did,
// and the kernel that wrote it did not begin the other one.
func.func @f() -> (tensor<2x1xi32>, tensor<2x1xi32>) {
  %0 = agc.constant {value = 0.52797937393188477 : f64} : tensor<2x2x1xf32>
  %1 = agc.convert %0 : tensor<2x2x1xf32> to tensor<2x2x1xi32>
  %2 = agc.reduce_max %1 {dimensions = array<i64: 0, 1, 2>} : tensor<2x2x1xi32> to tensor<i32>
  %3 = agc.broadcast %2 {dimensions = array<i64>} : tensor<i32> to tensor<2x1xi32>
  %4 = agc.einsum %3, %1 {spec = "ac,abc->bc"} : (tensor<2x1xi32>, tensor<2x2x1xi32>) -> tensor<2x1xi32>
  return %4, %3 : tensor<2x1xi32>, tensor<2x1xi32>
}
