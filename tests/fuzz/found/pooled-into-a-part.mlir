// What a pooling adds up went where it was inserted, and the zeros to add to elsewhere.
// argument 0: [-1.2120256565243244, 1.2120256565243244]
// argument 1: [0, 3]
// argument 2: [0, 0]
module {
  func.func @f(%arg0: tensor<1x1x7xf32>, %arg1: tensor<7x1x3xf32>, %arg2: tensor<7x1x3xi32>) -> tensor<8x1x7xf32> {
    %0 = agc.max_pool_grad %arg1, %arg2 {high = array<i64: 0>, low = array<i64: 0>, strides = array<i64: 3>, window = array<i64: 1>} : (tensor<7x1x3xf32>, tensor<7x1x3xi32>) -> tensor<7x1x7xf32>
    %1 = agc.concat %0, %arg0 {dimension = 0 : i64} : (tensor<7x1x7xf32>, tensor<1x1x7xf32>) -> tensor<8x1x7xf32>
    return %1 : tensor<8x1x7xf32>
  }
}
