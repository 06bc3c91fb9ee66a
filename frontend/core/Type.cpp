#include "frontend/core/Recorder.h"

#include "runtime/core/Sizes.h"

#include <deque>
#include <unordered_map>

namespace agc::detail {
namespace {

uint64_t hash(DType dtype, IntArrayRef shape) {
  uint64_t h = uint64_t(dtype) + shape.size() * 16;
  for (int64_t size : shape)
    h = (h ^ uint64_t(size)) * 0x9E3779B97F4A7C15, h ^= h >> 29;
  return h;
}

struct TypeTable {
  std::deque<Type> types;
  std::unordered_multimap<uint64_t, TypeRef> byHash;
  // Most ops make a type that was just made.
  TypeRef recent[16] = {};
};

TypeTable &table() {
  static TypeTable *types = new TypeTable;
  return *types;
}

struct TextTable {
  // Number 0 is no text: "no scope" is that.
  std::deque<std::string> texts = {""};
  std::unordered_map<std::string_view, uint32_t> ids = {{"", 0}};
};

TextTable &textTable() {
  static TextTable *texts = new TextTable;
  return *texts;
}

} // namespace

TypeRef typeOf(DType dtype, IntArrayRef shape) {
  GraphLock lock;
  TypeTable &t = table();
  uint64_t h = hash(dtype, shape);
  TypeRef &recent = t.recent[h >> 32 & 15];
  if (recent && recent->dtype == dtype && IntArrayRef(recent->shape) == shape)
    return recent;
  auto [begin, end] = t.byHash.equal_range(h);
  for (auto it = begin; it != end; ++it)
    if (it->second->dtype == dtype && IntArrayRef(it->second->shape) == shape)
      return recent = it->second;

  Type type{dtype, shape.vec(), {}, 0, 0};
  try {
    type.sizeBytes = checkedBytes(shape.data(), shape.size(), dtype);
    type.numel = checkedNumel(shape.data(), shape.size());
  } catch (const Error &error) {
    fail(error.code(), error.msg()); // with the user's op and line
  }
  type.strides.resize(shape.size());
  int64_t stride = 1;
  for (size_t d = shape.size(); d-- > 0;) {
    type.strides[d] = stride;
    stride *= shape[d] ? shape[d] : 1;
  }
  t.types.push_back(std::move(type));
  t.byHash.emplace(h, &t.types.back());
  return recent = &t.types.back();
}

std::string shapeText(IntArrayRef shape) {
  return agc::shapeText(shape.data(), shape.size());
}

uint32_t internText(std::string_view text) {
  GraphLock lock;
  TextTable &t = textTable();
  auto found = t.ids.find(text);
  if (found != t.ids.end())
    return found->second;
  t.texts.emplace_back(text);
  uint32_t id = uint32_t(t.texts.size() - 1);
  t.ids.emplace(t.texts.back(), id);
  return id;
}

const std::string &internedText(uint32_t id) {
  GraphLock lock;
  return textTable().texts[id];
}

} // namespace agc::detail
