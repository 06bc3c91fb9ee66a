//===- StrictFp.cpp - Which convolutions may round otherwise --------------===//
#include "agc/StrictFp.h"

#include <atomic>

namespace agc {

static std::atomic<bool> isStrict{false};

void set_strict_fp(bool strict) { isStrict.store(strict, std::memory_order_relaxed); }
bool get_strict_fp() { return isStrict.load(std::memory_order_relaxed); }

} // namespace agc
