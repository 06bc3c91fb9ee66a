//===- Ops.td - All ops of the agc dialect --------------------------------===//
include "Elementwise.td"
include "Shape.td"
include "Indexing.td"
include "Structured.td"
include "Control.td"
