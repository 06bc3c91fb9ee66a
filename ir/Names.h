//===- Names.h - What a program's roles and distributions are called -------===//
#ifndef AGC_IR_NAMES_H
#define AGC_IR_NAMES_H

#include "ir/graph.pb.h"

#include <string_view>

namespace agc {

/// By their numbers in graph.proto.
inline constexpr std::string_view roleNames[] = {
    "input", "parameter", "buffer", "optimizer_state", "hyperparameter", "seed"};
static_assert(std::size(roleNames) == proto::Role_ARRAYSIZE);

inline constexpr std::string_view distributionNames[] = {"constant", "uniform", "normal"};
static_assert(std::size(distributionNames) == proto::Initial::Distribution_ARRAYSIZE);

} // namespace agc

#endif
