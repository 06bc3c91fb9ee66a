// argument 0: [-1, 1]
func.func @f(%x: tensor<13x9x$N>, %y: tensor<9x18x$N>, %z: tensor<18x9x$N>) -> (tensor<13x18x$N>, tensor<13x18x$N>, tensor<18x13x$N>) {
  %a = agc.einsum %x, %y {spec = "mk,kn->mn"} : (tensor<13x9x$N>, tensor<9x18x$N>) -> tensor<13x18x$N>
  %b = agc.einsum %x, %z {spec = "mk,nk->mn"} : (tensor<13x9x$N>, tensor<18x9x$N>) -> tensor<13x18x$N>
  %c = agc.einsum %y, %x {spec = "kn,mk->nm"} : (tensor<9x18x$N>, tensor<13x9x$N>) -> tensor<18x13x$N>
  return %a, %b, %c : tensor<13x18x$N>, tensor<13x18x$N>, tensor<18x13x$N>
}
// -----
// argument 0: [-1, 1]
func.func @f(%x: tensor<3x4x5x$N>, %y: tensor<3x5x2x$N>, %u: tensor<7x$N>, %v: tensor<6x$N>, %s: tensor<$N>) -> (tensor<3x4x2x$N>, tensor<7x6x$N>, tensor<$N>, tensor<7x$N>, tensor<7x$N>, tensor<4x3x$N>) {
  %a = agc.einsum %x, %y {spec = "bmk,bkn->bmn"} : (tensor<3x4x5x$N>, tensor<3x5x2x$N>) -> tensor<3x4x2x$N>
  %b = agc.einsum %u, %v {spec = "a,b->ab"} : (tensor<7x$N>, tensor<6x$N>) -> tensor<7x6x$N>
  %c = agc.einsum %u, %u {spec = "a,a->"} : (tensor<7x$N>, tensor<7x$N>) -> tensor<$N>
  %d = agc.einsum %u, %u {spec = "a,a->a"} : (tensor<7x$N>, tensor<7x$N>) -> tensor<7x$N>
  %e = agc.einsum %s, %u {spec = ",a->a"} : (tensor<$N>, tensor<7x$N>) -> tensor<7x$N>
  %g = agc.einsum %x, %x {spec = "bmk,bmk->mb"} : (tensor<3x4x5x$N>, tensor<3x4x5x$N>) -> tensor<4x3x$N>
  return %a, %b, %c, %d, %e, %g : tensor<3x4x2x$N>, tensor<7x6x$N>, tensor<$N>, tensor<7x$N>, tensor<7x$N>, tensor<4x3x$N>
}
