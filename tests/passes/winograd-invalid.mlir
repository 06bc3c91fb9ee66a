// RUN: agc-opt %s --split-input-file --verify-diagnostics

func.func @matrix(%x: tensor<2x8x8x16xf32>) -> tensor<36x2x2x2x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "inptu", tile = 4 : i64} : tensor<2x8x8x16xf32> -> tensor<36x2x2x2x16xf32>
  return %y : tensor<36x2x2x2x16xf32>
}

// -----

func.func @way_back(%x: tensor<36x2x2x2x16xf32>) -> tensor<2x8x8x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.from_points %x {of = "input", tile = 4 : i64} : tensor<36x2x2x2x16xf32> -> tensor<2x8x8x16xf32>
  return %y : tensor<2x8x8x16xf32>
}

// -----

func.func @tile(%x: tensor<2x9x9x16xf32>) -> tensor<25x2x3x3x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "input", tile = 3 : i64} : tensor<2x9x9x16xf32> -> tensor<25x2x3x3x16xf32>
  return %y : tensor<25x2x3x3x16xf32>
}

// -----

func.func @rank(%x: tensor<2x64x16xf32>) -> tensor<36x2x2x2x16xf32> {
  // expected-error @+1 {{is of an image of 4 dimensions, and 5 with points, or 6 in panels}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "input", tile = 4 : i64} : tensor<2x64x16xf32> -> tensor<36x2x2x2x16xf32>
  return %y : tensor<36x2x2x2x16xf32>
}

// -----

func.func @channels(%x: tensor<2x8x8x16xf32>) -> tensor<36x2x2x2x17xf32> {
  // expected-error @+1 {{has other points, images or channels than it says}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "input", tile = 4 : i64} : tensor<2x8x8x16xf32> -> tensor<36x2x2x2x17xf32>
  return %y : tensor<36x2x2x2x17xf32>
}

// -----

func.func @low(%x: tensor<2x8x8x16xf32>) -> tensor<36x2x2x2x16xf32> {
  // expected-error @+1 {{has a low padding for each of two dimensions}}
  %y = winograd.to_points %x {low = array<i64: 0>, of = "input", tile = 4 : i64} : tensor<2x8x8x16xf32> -> tensor<36x2x2x2x16xf32>
  return %y : tensor<36x2x2x2x16xf32>
}

// -----

func.func @tiles(%x: tensor<36x2x3x2x16xf32>) -> tensor<2x8x8x16xf32> {
  // expected-error @+1 {{has more or fewer tiles than the image}}
  %y = winograd.from_points %x {of = "output", tile = 4 : i64} : tensor<36x2x3x2x16xf32> -> tensor<2x8x8x16xf32>
  return %y : tensor<2x8x8x16xf32>
}

// -----

func.func @stride(%x: tensor<2x9x9x16xf32>) -> tensor<49x2x3x3x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "input", stride = 3 : i64, tile = 2 : i64} : tensor<2x9x9x16xf32> -> tensor<49x2x3x3x16xf32>
  return %y : tensor<49x2x3x3x16xf32>
}

// -----

func.func @pairs_in_steps_of_one(%x: tensor<2x8x8x16xf32>) -> tensor<25x2x4x4x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "pairs", tile = 2 : i64} : tensor<2x8x8x16xf32> -> tensor<25x2x4x4x16xf32>
  return %y : tensor<25x2x4x4x16xf32>
}

// -----

func.func @points(%x: tensor<2x8x8x16xf32>) -> tensor<16x2x4x4x16xf32> {
  // expected-error @+1 {{has other points, images or channels than it says}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "output", stride = 2 : i64, tile = 2 : i64} : tensor<2x8x8x16xf32> -> tensor<16x2x4x4x16xf32>
  return %y : tensor<16x2x4x4x16xf32>
}

// -----

func.func @tiles_of_the_gradient(%x: tensor<25x2x4x4x16xf32>) -> tensor<2x8x8x16xf32> {
  // expected-error @+1 {{has more or fewer tiles than the image}}
  %y = winograd.from_points %x {of = "singles", stride = 2 : i64, tile = 2 : i64} : tensor<25x2x4x4x16xf32> -> tensor<2x8x8x16xf32>
  return %y : tensor<2x8x8x16xf32>
}

// -----

func.func @one_moment(%x: tensor<36x2x2x2x16xf32>) -> tensor<2x8x8x16xf32> {
  // expected-error @+1 {{has two moments or none}}
  %y, %m = winograd.from_points %x {of = "output", tile = 4 : i64} : tensor<36x2x2x2x16xf32> -> tensor<2x8x8x16xf32>, tensor<2x2x16xf32>
  return %y : tensor<2x8x8x16xf32>
}

// -----

func.func @moments_of_images(%x: tensor<36x2x2x2x16xf32>) -> tensor<2x8x8x16xf32> {
  // expected-error @+1 {{has moments of each image, row of tiles and channel}}
  %y, %m:2 = winograd.from_points %x {of = "output", tile = 4 : i64} : tensor<36x2x2x2x16xf32> -> tensor<2x8x8x16xf32>, tensor<2x16xf32>, tensor<2x16xf32>
  return %y : tensor<2x8x8x16xf32>
}

// -----

func.func @panels(%w: tensor<64x3x3x128xf32>) -> tensor<36x4x64x1x1x16xf32> {
  // expected-error @+1 {{has other points, images or channels than it says}}
  %u = winograd.to_points %w {low = array<i64: 0, 0>, of = "window", tile = 4 : i64} : tensor<64x3x3x128xf32> -> tensor<36x4x64x1x1x16xf32>
  return %u : tensor<36x4x64x1x1x16xf32>
}

// -----

func.func @whole_tile_of_four(%x: tensor<2x4x4x16xf32>) -> tensor<25x2x1x1x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.to_points %x {low = array<i64: 0, 0>, of = "input", tile = 4 : i64, whole} : tensor<2x4x4x16xf32> -> tensor<25x2x1x1x16xf32>
  return %y : tensor<25x2x1x1x16xf32>
}

// -----

func.func @mirrored_weights_from_points(%x: tensor<9x16x1x1x16xf32>) -> tensor<16x3x3x16xf32> {
  // expected-error @+1 {{names no matrix}}
  %y = winograd.from_points %x {of = "mirrored", tile = 2 : i64, whole} : tensor<9x16x1x1x16xf32> -> tensor<16x3x3x16xf32>
  return %y : tensor<16x3x3x16xf32>
}
