// The layout pass read an op that it had made again, where a convolution by two takes a part
// of what is returned, too.
module {
  func.func @f(%arg0: tensor<3x1x3xf64>) -> (tensor<3x1x3xf64>, tensor<3x1x1xf64>) {
    %0 = agc.constant {value = 0.072220738346167546 : f64} : tensor<3x1x3xf64>
    %1 = agc.mul %arg0, %0 : tensor<3x1x3xf64>
    %2 = agc.constant {data = dense<[[[-0.35319763884467958, -0.55206008977886767], [-0.4545471437939379, 0.91828118337081399], [-0.77661110849782111, 0.035391789673259622]], [[0.54270924861403347, -0.087317236642702633], [0.48110844329380331, 0.904255033604898], [0.26772138988747529, 0.65285183000877178]], [[-0.43997262185807839, 0.85728531648432504], [-0.6033117260762666, 0.18727806762413102], [0.17163273869888407, -0.5148736357735566]]]> : tensor<3x3x2xf64>} : tensor<3x3x2xf64>
    %3 = agc.conv_weight_grad %1, %2 {dilation = array<i64: 1>, groups = 1 : i64, high = array<i64: 0>, low = array<i64: 0>, strides = array<i64: 2>} : (tensor<3x1x3xf64>, tensor<3x3x2xf64>) -> tensor<3x1x1xf64>
    return %1, %3 : tensor<3x1x3xf64>, tensor<3x1x1xf64>
  }
}
