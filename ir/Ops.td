//===- Ops.td - All ops of the agc dialect --------------------------------===//
include "Elementwise.td"
include "Shape.td"
include "Structured.td"
