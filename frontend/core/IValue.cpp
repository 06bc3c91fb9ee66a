//===- IValue.cpp - A value of any kind, in a function's context -----------===//
#include <agc/Function.h>

#include <variant>

namespace agc {

struct IValue::Content {
  std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, Tensor> value;
};

void IValue::set(bool number) { content = std::make_shared<Content>(Content{number}); }
void IValue::set(int64_t number) { content = std::make_shared<Content>(Content{number}); }
void IValue::set(double number) { content = std::make_shared<Content>(Content{number}); }
IValue::IValue(const char *text) : IValue(std::string(text)) {}
IValue::IValue(std::string text) : content(std::make_shared<Content>(Content{std::move(text)})) {}
IValue::IValue(std::vector<int64_t> list) : content(std::make_shared<Content>(Content{std::move(list)})) {}
IValue::IValue(IntArrayRef list) : IValue(list.vec()) {}
IValue::IValue(Tensor tensor) : content(std::make_shared<Content>(Content{std::move(tensor)})) {}

template <typename T> const T &IValue::get(const char *what, Loc loc) const {
  if (const T *held = content ? std::get_if<T>(&content->value) : nullptr)
    return *held;
  detail::failAt("AGC0104", std::string("saved_data holds something else than ") + what, loc);
}

bool IValue::toBool(Loc loc) const { return get<bool>("a bool", loc); }
int64_t IValue::toInt(Loc loc) const { return get<int64_t>("an integer", loc); }
double IValue::toDouble(Loc loc) const { return get<double>("a floating-point number", loc); }
const std::string &IValue::toStringRef(Loc loc) const { return get<std::string>("a text", loc); }
std::vector<int64_t> IValue::toIntVector(Loc loc) const {
  return get<std::vector<int64_t>>("a list of integers", loc);
}
Tensor IValue::toTensor(Loc loc) const { return get<Tensor>("a tensor", loc); }

} // namespace agc
