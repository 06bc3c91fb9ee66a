// RUN: agc-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: expects 1 starts, limits and strides, got 2, 1 and 1}}
  %y = agc.slice %x {starts = array<i64: 0, 0>, limits = array<i64: 4>, strides = array<i64: 1>} : tensor<4xf32> to tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{expects operand and result of one dtype, got}}
  %y = agc.slice %x {starts = array<i64: 0>, limits = array<i64: 4>, strides = array<i64: 1>} : tensor<4xf32> to tensor<4xf64>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: expects 1 entries of low, high, interior, got 1, 2 and 1}}
  %y = agc.pad %x {low = array<i64: 0>, high = array<i64: 1, 1>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: padding must not be negative, got -1, 2 and 0}}
  %y = agc.pad %x {low = array<i64: -1>, high = array<i64: 2>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: padded size overflows with 9223372036854775807, 1 and 0 for 4}}
  %y = agc.pad %x {low = array<i64: 9223372036854775807>, high = array<i64: 1>, interior = array<i64: 0>, value = 0.0 : f64} : tensor<4xf32> to tensor<5xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: expects a result of type 'tensor<4xf32>'}}
  %y = "agc.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<4xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{C1: expects at least one operand}}
  %z = agc.concat {dimension = 0 : i64} : () -> tensor<0xf32>
  return
}

// -----

func.func @f(%x: tensor<4611686018427387904xf32>) {
  // expected-error @+1 {{C2: joined size overflows in dimension 0}}
  %z = agc.concat %x, %x {dimension = 0 : i64} : (tensor<4611686018427387904xf32>, tensor<4611686018427387904xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %y: tensor<5x7xf64>) {
  // expected-error @+1 {{expects operands and result of one dtype, got}}
  %z = agc.einsum %x, %y {spec = "mk,kn->mn"} : (tensor<4x5xf32>, tensor<5x7xf64>) -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5xf32>, %y: tensor<5x7xf32>) {
  // expected-error @+1 {{C1: term 'mkl' of 'mkl,kn->mn' for 'tensor<4x5xf32>'}}
  %z = agc.einsum %x, %y {spec = "mkl,kn->mn"} : (tensor<4x5xf32>, tensor<5x7xf32>) -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %y: tensor<4x7xf32>) {
  // expected-error @+1 {{C1: term 'mm' of 'mm,mn->mn'}}
  %z = agc.einsum %x, %y {spec = "mm,mn->mn"} : (tensor<4x4xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf64>) {
  // expected-error @+1 {{expects x, w and y of one dtype, got}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf64>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3xf32>) {
  // expected-error @+1 {{expects x, w and y of one rank, at least 3, got}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3xf32>, %w: tensor<4x3xf32>) {
  // expected-error @+1 {{expects x, w and y of one rank, at least 3, got}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3xf32>, tensor<4x3xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C1: expects 2 entries, got [1]}}
  %y = agc.conv %x, %w {strides = array<i64: 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C1: strides and dilation must be positive, padding not negative, got 0, 1, 0 and 0}}
  %y = agc.conv %x, %w {strides = array<i64: 0, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C1: strides and dilation must be positive, padding not negative, got 1, 1, -1 and 0}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: -1, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C3: size overflows with padding 9223372036854775807 and 9223372036854775807}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 9223372036854775807, 0>, high = array<i64: 9223372036854775807, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{C3: expects an output of shape [1, 4, 6, 6], got [1, 4, 6, 7]}}
  %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x7xf32>
  return
}

// -----

func.func @f(%x: tensor<8x8xf32>) {
  // expected-error @+1 {{expects x of rank 3 or more, got 'tensor<8x8xf32>'}}
  %y, %i = agc.max_pool %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<8x8xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{expects x and y of one dtype, got}}
  %y, %i = agc.max_pool %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x4x4xf64>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{C1: expects 2 entries, got [2, 2, 2]}}
  %y, %i = agc.max_pool %x {window = array<i64: 2, 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{C2: window 9 does not fit in size 8}}
  %y, %i = agc.max_pool %x {window = array<i64: 9, 9>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{C2: expects windows of shape [1, 3, 4, 4], got [1, 3, 4, 5]}}
  %y, %i = agc.max_pool %x {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x4x5xf32>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{C2: size overflows with padding 9223372036854775806 and 9223372036854775806}}
  %y, %i = agc.max_pool %x {window = array<i64: 9223372036854775807, 2>, strides = array<i64: 8, 2>, low = array<i64: 9223372036854775806, 0>, high = array<i64: 9223372036854775806, 0>} : (tensor<1x3x8x8xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xi32>)
  return
}

// -----

func.func @f(%y: tensor<f32>, %s: tensor<f32>, %x: tensor<4xf32>) {
  // expected-error @+1 {{C3: results and inputs differ in type}}
  %g = "agc.gradient"(%y, %s, %x) {outputs = 1 : i64} : (tensor<f32>, tensor<f32>, tensor<4xf32>) -> tensor<5xf32>
  return
}
