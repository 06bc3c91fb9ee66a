#include <agc/nn/Containers.h>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace agc::nn {

namespace detail {

namespace {
std::string nameOf(const std::type_info &type) {
  int status;
  char *text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : type.name();
  std::free(text);
  return name;
}
} // namespace

void failCast(const std::type_info &wanted, const std::type_info &got, const char *what, Loc loc) {
  agc::detail::failAt(
      "AGC0117", std::string("expects a ") + what + " of type " + nameOf(wanted) + ", got " + nameOf(got), loc);
}

void failClass(const std::type_info &wanted, const Module &got, Loc loc) {
  failCast(wanted, typeid(got), "module", loc);
}

void failCall(const std::type_info &module, size_t expected, size_t got, Loc loc) {
  agc::detail::failAt("AGC0117",
                      "forward() of " + nameOf(module) + " takes " +
                          (expected ? std::to_string(expected) + " arguments" : "no tensor") +
                          ", and not every one has a default; got " + std::to_string(got),
                      loc);
}

} // namespace detail

AnyModule::Held &AnyModule::use(Loc loc) const {
  if (!held)
    agc::detail::failAt("AGC0117", "used an AnyModule that holds nothing", loc);
  return *held;
}
AnyValue AnyModule::any_forward(AnyValue value, Loc loc) {
  std::vector<AnyValue> arguments{std::move(value)};
  return use(loc).call(arguments, loc);
}
std::shared_ptr<Module> AnyModule::ptr(Loc loc) const { return use(loc).module(); }
const std::type_info &AnyModule::type_info(Loc loc) const {
  std::shared_ptr<Module> module = use(loc).module();
  const Module &inner = *module;
  return typeid(inner);
}
AnyModule AnyModule::clone(const std::optional<Device> &device) const {
  AnyModule copy;
  copy.held = use(Loc()).clone(device);
  return copy;
}
bool AnyModule::isPlain() const { return use(Loc()).isPlain(); }

namespace {
/// \p i, unless the container has no module there.
size_t checkedPosition(const char *container, size_t size, const IndexArg &i) {
  if (i.index < 0 || size_t(i.index) >= size)
    agc::detail::failAt("AGC0109",
                        std::string("a ") + container + " of " + std::to_string(size) +
                            " modules has none at " + std::to_string(i.index),
                        i.loc);
  return size_t(i.index);
}
} // namespace

FunctionalImpl::FunctionalImpl(Function f) : function(std::move(f)) {}
void FunctionalImpl::pretty_print(std::ostream &out) const { out << "torch::nn::Functional()"; }

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> list) {
  for (const NamedAnyModule &part : list)
    push_back(part.name(), part.module(), Loc());
}
SequentialImpl::SequentialImpl(OrderedDict<std::string, AnyModule> list) {
  for (auto &part : list)
    push_back(part.key(), std::move(part.value()), Loc());
}
AnyModule &SequentialImpl::begun(Loc loc) {
  if (list.empty())
    agc::detail::failAt("AGC0117", "cannot call forward() on an empty Sequential", loc);
  return list.front();
}
AnyValue SequentialImpl::following(AnyValue value, Loc loc) {
  for (size_t i = 1; i < list.size(); ++i)
    value = list[i].any_forward(std::move(value), loc);
  return value;
}
Tensor SequentialImpl::chain(Arg x) {
  begun(x.loc);
  Tensor y = x.tensor;
  std::optional<AnyValue> other; // where a module gives something else
  for (AnyModule &module : list) {
    if (!other && module.isPlain()) {
      y = module.forward(Arg(y, x.loc));
      continue;
    }
    AnyValue value = module.any_forward(other ? std::move(*other) : AnyValue(y), x.loc);
    Tensor *tensor = value.try_get<Tensor>();
    if (tensor) {
      y = *tensor;
      other.reset();
    } else {
      other = std::move(value);
    }
  }
  return other ? other->get<Tensor>(x.loc) : y;
}
std::shared_ptr<Module> SequentialImpl::ptr(IndexArg i) const { return part(i).ptr(i.loc); }
std::shared_ptr<Module> SequentialImpl::operator[](IndexArg i) const { return ptr(i); }
void SequentialImpl::push_back(AnyModule module, Loc loc) {
  push_back(std::to_string(list.size()), std::move(module), loc);
}
void SequentialImpl::push_back(std::string name, AnyModule module, Loc loc) {
  register_module(std::move(name), module.ptr(loc), loc);
  list.push_back(std::move(module));
}
const AnyModule &SequentialImpl::part(IndexArg i) const {
  return list[checkedPosition("Sequential", list.size(), i)];
}
std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device> &device) const {
  auto copy = std::make_shared<SequentialImpl>();
  std::vector<std::string> names = named_children().keys();
  for (size_t i = 0; i < list.size(); ++i)
    copy->push_back(names[i], list[i].clone(device));
  return copy;
}
void SequentialImpl::pretty_print(std::ostream &out) const { out << "torch::nn::Sequential"; }

Sequential::Sequential() = default;
Sequential::Sequential(std::initializer_list<NamedAnyModule> list)
    : ModuleHolder(std::make_shared<SequentialImpl>(list)) {}

void ModuleListImpl::push_back(std::shared_ptr<Module> module, Loc loc) {
  register_module(std::to_string(list.size()), module, loc);
  list.push_back(std::move(module));
}
void ModuleListImpl::insert(IndexArg i, std::shared_ptr<Module> module) {
  size_t at = checkedPosition("ModuleList", list.size() + 1, i);
  push_back(std::move(module), i.loc);
  std::rotate(list.begin() + std::ptrdiff_t(at), list.end() - 1, list.end());
  for (size_t k = at; k < list.size(); ++k)
    replace_module(std::to_string(k), list[k]);
}
std::shared_ptr<Module> ModuleListImpl::ptr(IndexArg i) const {
  return list[checkedPosition("ModuleList", list.size(), i)];
}
std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device> &device) const {
  auto copy = std::make_shared<ModuleListImpl>();
  for (const std::shared_ptr<Module> &module : list)
    copy->push_back(module->clone(device));
  return copy;
}
void ModuleListImpl::pretty_print(std::ostream &out) const { out << "torch::nn::ModuleList"; }

ModuleDictImpl::ModuleDictImpl(const Pairs &modules) { update(modules, Loc()); }
ModuleDictImpl::ModuleDictImpl(const Dict &modules) { update(modules, Loc()); }
std::vector<std::string> ModuleDictImpl::keys() const { return list.keys(); }
std::vector<std::shared_ptr<Module>> ModuleDictImpl::values() const { return list.values(); }
bool ModuleDictImpl::contains(const std::string &key) const { return list.contains(key); }
std::shared_ptr<Module> ModuleDictImpl::operator[](KeyArg<std::string> key) const { return list[key]; }
void ModuleDictImpl::insert(const std::string &key, std::shared_ptr<Module> module, Loc loc) {
  if (contains(key)) {
    replace_module(key, module, loc);
    list[key] = std::move(module);
  } else {
    register_module(key, module, loc);
    list.insert(key, std::move(module), loc);
  }
}
void ModuleDictImpl::update(const Pairs &modules, Loc loc) {
  for (const auto &[key, module] : modules)
    insert(key, module, loc);
}
std::shared_ptr<Module> ModuleDictImpl::pop(const std::string &key, Loc loc) {
  std::shared_ptr<Module> module = list[{key, loc}];
  unregister_module(key);
  list.erase(key);
  return module;
}
void ModuleDictImpl::clear() {
  for (const std::string &key : keys())
    pop(key);
}
ModuleDictImpl::Pairs ModuleDictImpl::items() const {
  Pairs pairs;
  for (const auto &item : list)
    pairs.emplace_back(item.key(), item.value());
  return pairs;
}
std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device> &device) const {
  auto copy = std::make_shared<ModuleDictImpl>();
  for (const auto &item : list)
    copy->insert(item.key(), item.value()->clone(device), Loc());
  return copy;
}
void ModuleDictImpl::pretty_print(std::ostream &out) const { out << "torch::nn::ModuleDict"; }

} // namespace agc::nn
