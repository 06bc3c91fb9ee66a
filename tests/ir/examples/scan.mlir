func.func @f(%h: tensor<3x5x$F>, %xs: tensor<4x3x5x$F>, %w: tensor<5x5x$F>) -> (tensor<3x5x$F>, tensor<4x3x5x$F>) {
  %r:2 = agc.scan %h, %xs, %w {trips = 4 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<3x5x$F>, tensor<4x3x5x$F>, tensor<5x5x$F>) -> (tensor<3x5x$F>, tensor<4x3x5x$F>) {
  ^bb0(%c: tensor<3x5x$F>, %x: tensor<3x5x$F>, %k: tensor<5x5x$F>):
    %1 = agc.einsum %c, %k {spec = "mk,kn->mn"} : (tensor<3x5x$F>, tensor<5x5x$F>) -> tensor<3x5x$F>
    %2 = agc.add %1, %x : tensor<3x5x$F>
    %3 = agc.tanh %2 : tensor<3x5x$F>
    agc.yield %3, %2 : tensor<3x5x$F>, tensor<3x5x$F>
  }
  return %r#0, %r#1 : tensor<3x5x$F>, tensor<4x3x5x$F>
}
// -----
// argument 0: [-1, 6]
func.func @f(%n: tensor<i64>, %c: tensor<3x$F>, %xs: tensor<5x3x$F>) -> (tensor<3x$F>, tensor<5x3x$F>, tensor<3x$F>) {
  %r:2 = agc.scan %n, %c, %xs {trips = 5 : i64, num_carries = 1 : i64, num_xs = 1 : i64, limited = true, reverse = true} : (tensor<i64>, tensor<3x$F>, tensor<5x3x$F>) -> (tensor<3x$F>, tensor<5x3x$F>) {
  ^bb0(%0: tensor<3x$F>, %x: tensor<3x$F>):
    %1 = agc.mul %0, %x : tensor<3x$F>
    %2 = agc.cos %1 : tensor<3x$F>
    agc.yield %2, %1 : tensor<3x$F>, tensor<3x$F>
  }
  %s = agc.scan %c {trips = 0 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<3x$F>) -> tensor<3x$F> {
  ^bb0(%0: tensor<3x$F>):
    agc.yield %0 : tensor<3x$F>
  }
  return %r#0, %r#1, %s : tensor<3x$F>, tensor<5x3x$F>, tensor<3x$F>
}
// -----
// argument 0: [0.5, 0.9]
func.func @f(%x: tensor<3x$F>) -> (tensor<3x$F>, tensor<i64>) {
  %yes = agc.constant {value = 1 : i64} : tensor<i1>
  %r:3 = agc.scan %yes, %x, %x {trips = 9 : i64, num_carries = 2 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>, tensor<3x$F>, tensor<3x$F>) -> (tensor<i1>, tensor<3x$F>, tensor<i64>) {
  ^bb0(%go: tensor<i1>, %c: tensor<3x$F>, %k: tensor<3x$F>):
    %0 = agc.mul %c, %k : tensor<3x$F>
    %1 = agc.reduce_max %0 {dimensions = array<i64: 0>} : tensor<3x$F> to tensor<$F>
    %2 = agc.constant {value = 0.3125 : f64} : tensor<$F>
    %3 = agc.compare "gt" %1, %2 : tensor<$F>
    agc.yield %3, %0 : tensor<i1>, tensor<3x$F>
  }
  return %r#1, %r#2 : tensor<3x$F>, tensor<i64>
}
// -----
func.func @f(%x: tensor<3x2x$A>) -> (tensor<2x$A>, tensor<3x2x$A>) {
  %c = agc.slice %x {starts = array<i64: 0, 0>, limits = array<i64: 1, 2>, strides = array<i64: 1, 1>} : tensor<3x2x$A> to tensor<1x2x$A>
  %d = agc.reshape %c : tensor<1x2x$A> to tensor<2x$A>
  %r:2 = agc.scan %d, %x {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<2x$A>, tensor<3x2x$A>) -> (tensor<2x$A>, tensor<3x2x$A>) {
  ^bb0(%0: tensor<2x$A>, %1: tensor<2x$A>):
    agc.yield %1, %0 : tensor<2x$A>, tensor<2x$A>
  }
  return %r#0, %r#1 : tensor<2x$A>, tensor<3x2x$A>
}
