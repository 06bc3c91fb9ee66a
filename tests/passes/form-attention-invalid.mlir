// RUN: agc-opt %s --split-input-file --verify-diagnostics

func.func @letters(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>) -> tensor<6x3xf32> {
  // expected-error @+1 {{C1: spec 'mk,nk,nc->cm' is not attention's}}
  %o, %l = attention.forward %q, %k, %v {scale = 1.0 : f64, spec = "mk,nk,nc->cm"} : (tensor<6x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>) -> (tensor<6x3xf32>, tensor<6xf32>)
  return %o : tensor<6x3xf32>
}

// -----

func.func @mask(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %mask: tensor<3xi1>) -> tensor<6x3xf32> {
  // expected-error @+1 {{C1: spec 'mk,nk,nc,c->mc' is not attention's}}
  %o, %l = attention.forward %q, %k, %v, %mask {scale = 1.0 : f64, spec = "mk,nk,nc,c->mc"} : (tensor<6x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>, tensor<3xi1>) -> (tensor<6x3xf32>, tensor<6xf32>)
  return %o : tensor<6x3xf32>
}

// -----

func.func @shapes(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<6x3xf32>) -> tensor<6x3xf32> {
  // expected-error @+1 {{C2: shapes do not go with spec 'mk,nk,nc->mc'}}
  %o, %l = attention.forward %q, %k, %v {scale = 1.0 : f64, spec = "mk,nk,nc->mc"} : (tensor<6x4xf32>, tensor<5x4xf32>, tensor<6x3xf32>) -> (tensor<6x3xf32>, tensor<6xf32>)
  return %o : tensor<6x3xf32>
}

// -----

func.func @gradients(%q: tensor<6x4xf32>, %k: tensor<5x4xf32>, %v: tensor<5x3xf32>, %l: tensor<6xf32>, %o: tensor<6x3xf32>) -> tensor<5x4xf32> {
  // expected-error @+1 {{C2: shapes do not go with spec 'mk,nk,nc->mc'}}
  %dq, %dk, %dv = attention.backward %q, %k, %v, %o, %l, %o {scale = 1.0 : f64, spec = "mk,nk,nc->mc"} : (tensor<6x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>, tensor<6x3xf32>, tensor<6xf32>, tensor<6x3xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>, tensor<5x3xf32>)
  return %dk : tensor<5x4xf32>
}
