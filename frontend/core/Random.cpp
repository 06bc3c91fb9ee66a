//===- Random.cpp - Random numbers drawn in a graph -----------------------===//
#include "frontend/core/Random.h"

#include "frontend/core/Body.h"

#include "runtime/core/Philox.h"

namespace agc::detail {

BufferRef takeRandomState(uint64_t counters) {
  GraphLock lock;
  Generator &generator = defaultGenerator();
  BufferRef buffer = Buffer::allocate(2 * sizeof(int64_t));
  auto *state = static_cast<uint64_t *>(buffer->data());
  state[0] = generator.seed;
  state[1] = generator.offset;
  generator.offset += counters;
  return buffer;
}

Value randomState(uint64_t counters) {
  TypeRef type = typeOf(DType::I64, int64_t(2));
  // (0, counters)
  auto step = [&] { return iota(type, 0) * constantInteger(type, int64_t(counters)); };
  if (BodyTrace *body = recorder().body) {
    Value state = body->randomState();
    body->advanceRandom(state + step(), counters);
    return state;
  }
  Capture *capture = recorder().capture;
  if (!capture)
    return leafValue(type, takeRandomState(counters));
  if (!capture->random.defined())
    capture->random = wrap(leafValue(type, nullptr));
  capture->randomCounters += counters;
  Value state = read(capture->random);
  write(capture->random, state + step());
  return state;
}

namespace {

Value draw(TypeRef type, DType precision) {
  Value state = randomState(Generator::countersFor(precision, type->numel));
  return record(OpId::RandomUniform, type, {&state, 1}, Generator::precision(precision));
}

} // namespace

Value drawUniform(TypeRef type) { return draw(type, type->dtype); }

Value drawNormal(TypeRef type) {
  // Box and Muller: a radius and an angle for every two.
  DType wide = type->dtype == DType::F64 ? DType::F64 : DType::F32;
  int64_t pairs = (type->numel + 1) / 2;
  Value u = draw(typeOf(wide, {pairs, 2}), wide);
  Value radius = sliceDim(u, 1, 0, 1), angle = sliceDim(u, 1, 1, 2);
  radius = unary(OpId::Log, constantLike(radius, 1) - radius) * constantLike(radius, -2);
  radius = unary(OpId::Sqrt, radius);
  angle = angle * constantLike(angle, 6.283185307179586);
  Value parts[] = {radius * unary(OpId::Cos, angle), radius * unary(OpId::Sin, angle)};
  Value normal = reshape(concat(parts, 1), 2 * pairs);
  normal = sliceDim(normal, 0, 0, type->numel);
  return convert(reshape(normal, type->shape), type->dtype);
}

Value drawBernoulli(const Value &p) {
  return compare("lt", drawUniform(p.type()), p);
}

} // namespace agc::detail
