// RUN: agc-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: direction must be eq, ne, lt, le, gt or ge, got 'less'}}
  %p = agc.compare "less" %x, %x : tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{C1: expects either `value` or `data`}}
  %c = agc.constant : tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{C1: value 1 : i64 does not fit 'tensor<4xf32>'}}
  %c = agc.constant {value = 1 : i64} : tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{C1: data of type 'tensor<2xf32>' for a result of type 'tensor<4xf32>'}}
  %c = agc.constant {data = dense<[1.0, 2.0]> : tensor<2xf32>} : tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{C1: dimension 2 of 'tensor<4x4xf32>'}}
  %c = agc.iota {dimension = 2 : i64} : tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: size 4 becomes 5 in dimension 1}}
  %y = agc.broadcast %x {dimensions = array<i64: 1>} : tensor<4xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // expected-error @+1 {{C1: dimensions [1, 0] are not increasing indices below 3}}
  %y = agc.broadcast %x {dimensions = array<i64: 1, 0>} : tensor<4x4xf32> to tensor<4x4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{has not as many elements as}}
  %y = agc.reshape %x : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{C1: [0, 0] is no permutation of 2 dimensions}}
  %y = agc.transpose %x {permutation = array<i64: 0, 0>} : tensor<4x5xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: 0:5:1 in a dimension of size 4}}
  %y = agc.slice %x {starts = array<i64: 0>, limits = array<i64: 5>, strides = array<i64: 1>} : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: expects a result of shape [6], got [5]}}
  %y = agc.pad %x {low = array<i64: 1>, high = array<i64: 1>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{C1: cannot join 'tensor<3x4xf32>' to 'tensor<4xf32>'}}
  %z = agc.concat %x, %y {dimension = 0 : i64} : (tensor<4xf32>, tensor<3x4xf32>) -> tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>) {
  // expected-error @+1 {{C2: expects a result of shape [4], got [5]}}
  %z = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<4x5xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %y: tensor<6x7xf32>) {
  // expected-error @+1 {{C2: 'k' of 'mk,kn->mn' is 5 and 6}}
  %z = agc.einsum %x, %y {spec = "mk,kn->mn"} : (tensor<4x5xf32>, tensor<6x7xf32>) -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %y: tensor<5x7xf32>) {
  // expected-error @+1 {{C3: letter 'm' of 'mk,kn->n'}}
  %z = agc.einsum %x, %y {spec = "mk,kn->n"} : (tensor<4x5xf32>, tensor<5x7xf32>) -> tensor<7xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error @+1 {{C2: 1 groups of 3 channels with weights [4, 2, 3, 3]}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x2x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C3: the kernel [4, 3, 3, 3] does not fit in [1, 3, 2, 8]}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x2x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x1x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{C1: window and strides must be positive, padding not negative and less than the window}}
  %y, %i = agc.max_pool %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 2, 2>, high = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x6x6xf32>, tensor<1x3x6x6xi32>)
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %s: tensor<5xf32>) {
  // expected-error @+1 {{C2: a seed of type 'tensor<5xf32>' for an output of type 'tensor<4xf32>'}}
  %d = agc.gradient %x, %s, %x {outputs = 1 : i64} : (tensor<4xf32>, tensor<5xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %i: tensor<3x2xi64>) {
  // expected-error @+1 {{C1: 1 batch dimensions of 'tensor<4x5xf32>' and 'tensor<3x2xi64>'}}
  %y = agc.gather %x, %i {batch = 1 : i64} : (tensor<4x5xf32>, tensor<3x2xi64>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<0x5xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{C2: nothing to choose from in 'tensor<0x5xf32>'}}
  %y = agc.gather %x, %i {batch = 0 : i64} : (tensor<0x5xf32>, tensor<2xi64>) -> tensor<2x5xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %i: tensor<2xi64>) {
  // expected-error @+1 {{C3: expects a result of shape [2, 5] and x's dtype, got 'tensor<2x4xf32>'}}
  %y = agc.gather %x, %i {batch = 0 : i64} : (tensor<4x5xf32>, tensor<2xi64>) -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<2xf32>) {
  // expected-error @+1 {{C3: expects a result of type 'tensor<4xf32>', got 'tensor<5xf32>'}}
  %y = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<4xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<2xf32>) {
  // expected-error @+1 {{C4: mode 'max' is neither add nor set}}
  %y = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "max"} : (tensor<4xf32>, tensor<2xi64>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xi1>, %i: tensor<2xi64>, %u: tensor<2xi1>) {
  // expected-error @+1 {{C4: truth values cannot be added}}
  %y = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<4xi1>, tensor<2xi64>, tensor<2xi1>) -> tensor<4xi1>
  return
}

// -----

func.func @f(%s: tensor<3xi64>) {
  // expected-error @+1 {{C1: expects a state of shape [2], got [3]}}
  %y = agc.random_uniform %s {precision = 24 : i64} : tensor<3xi64> to tensor<4xf32>
  return
}

// -----

func.func @f(%s: tensor<2xi64>) {
  // expected-error @+1 {{C2: 54 bits of precision}}
  %y = agc.random_uniform %s {precision = 54 : i64} : tensor<2xi64> to tensor<4xf64>
  return
}

// -----

func.func @cond_takes_its_inputs(%p: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error@+1 {{C1: expects 1 arguments of a body, got 0}}
  agc.cond %p, %x : (tensor<i1>, tensor<4xf32>) -> () {
    agc.yield
  } else {
    agc.yield
  }
  return
}

// -----

func.func @cond_yields_its_results(%p: tensor<i1>, %x: tensor<4xf32>) {
  // expected-error@+1 {{C1: expects 'tensor<4xf32>' as number 0 of the values of a body, got 'tensor<i1>'}}
  %z = agc.cond %p, %p, %x : (tensor<i1>, tensor<i1>, tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<i1>, %1: tensor<4xf32>):
    agc.yield %1 : tensor<4xf32>
  } else {
  ^bb0(%0: tensor<i1>, %1: tensor<4xf32>):
    agc.yield %0 : tensor<i1>
  }
  return
}

// -----

func.func @cond_asks_one_truth_value(%p: tensor<2xi1>) {
  // expected-error@+1 {{must be 0D tensor}}
  "agc.cond"(%p) ({ agc.yield }, { agc.yield }) : (tensor<2xi1>) -> ()
  return
}

// -----

func.func @checkpoint_yields_its_results(%x: tensor<4xf32>) {
  // expected-error@+1 {{C1: expects 1 values of a body, got 0}}
  %z = agc.checkpoint %x : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield
  }
  return
}

// -----

func.func @scan_counts(%x: tensor<4xf32>) {
  // expected-error@+1 {{C1: -1 trips, 1 carries and 0 stacks, but 1 operands and 1 results}}
  %z = agc.scan %x {trips = -1 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  return
}

// -----

func.func @scan_rows(%xs: tensor<4xf32>) {
  // expected-error@+1 {{C2: expects 3 rows, got 'tensor<4xf32>'}}
  agc.scan %xs {trips = 3 : i64, num_carries = 0 : i64, num_xs = 1 : i64} : (tensor<4xf32>) -> () {
  ^bb0(%0: tensor<f32>):
    agc.yield
  }
  return
}

// -----

func.func @scan_takes_rows(%xs: tensor<3x4xf32>) {
  // expected-error@+1 {{C3: expects 'tensor<4xf32>' as number 0 of the arguments of a body, got 'tensor<3x4xf32>'}}
  agc.scan %xs {trips = 3 : i64, num_carries = 0 : i64, num_xs = 1 : i64} : (tensor<3x4xf32>) -> () {
  ^bb0(%0: tensor<3x4xf32>):
    agc.yield
  }
  return
}

// -----

func.func @scan_yields_carries_and_rows(%x: tensor<4xf32>) {
  // expected-error@+1 {{C4: expects 'tensor<4xf32>' as number 1 of the values of a body, got 'tensor<f32>'}}
  %z:2 = agc.scan %x {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4xf32>) -> (tensor<4xf32>, tensor<3x4xf32>) {
  ^bb0(%0: tensor<4xf32>):
    %1 = agc.reduce_sum %0 {dimensions = array<i64: 0>} : tensor<4xf32> to tensor<f32>
    agc.yield %0, %1 : tensor<4xf32>, tensor<f32>
  }
  return
}

// -----

func.func @scan_keeps_its_carries_types(%x: tensor<4xf32>) {
  // expected-error@+1 {{C4: expects 'tensor<4xf32>' as number 0 of the last carries, got 'tensor<5xf32>'}}
  %z = agc.scan %x {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64} : (tensor<4xf32>) -> tensor<5xf32> {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  return
}

// -----

func.func @scan_stops_at_a_truth_value(%x: tensor<4xf32>) {
  // expected-error@+1 {{C5: what stops is a truth value, the first carry}}
  %z:2 = agc.scan %x {trips = 3 : i64, num_carries = 1 : i64, num_xs = 0 : i64, stops = true} : (tensor<4xf32>) -> (tensor<4xf32>, tensor<i64>) {
  ^bb0(%0: tensor<4xf32>):
    agc.yield %0 : tensor<4xf32>
  }
  return
}

// -----

func.func @yield_is_in_a_body() {
  // expected-error@+1 {{expects parent op to be one of 'agc.checkpoint, agc.cond, agc.scan'}}
  agc.yield
}
