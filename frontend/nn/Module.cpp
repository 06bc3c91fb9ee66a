#include <agc/nn/Module.h>

#include "frontend/core/Promote.h"
#include "frontend/core/Host.h"

#include <algorithm>
#include <cstring>
#include <ostream>

namespace agc {

void detail::rethrowAt(const Error &error, Loc loc) {
  if (error.position().empty())
    throw Error(error.code(), error.msg(), positionText(loc));
  throw;
}

namespace nn {

using namespace agc::detail;

Module::Module() = default;
Module::Module(std::string name) : typeName(std::move(name)) {}
Module::Module(const Module &) = default;
Module &Module::operator=(const Module &) = default;
Module::~Module() = default;

const std::string &Module::name() const {
  if (typeName.empty())
    typeName = agc::detail::typeName(typeid(*this).name());
  return typeName;
}

/// Calls fn(prefix, module) for this module and, if \p recurse, all below.
template <typename Fn>
void Module::visit(const std::string &prefix, bool recurse, Fn fn) const {
  fn(prefix, *this);
  if (!recurse)
    return;
  for (const auto &part : parts)
    part.value()->visit(prefix + part.key() + ".", true, fn);
}

namespace {
/// Adds what is not there yet, the same tensor under another name included.
void addAll(OrderedDict<std::string, Tensor> &all,
            std::vector<const TensorImpl *> &seen, const std::string &prefix,
            const OrderedDict<std::string, Tensor> &own) {
  for (const auto &item : own) {
    const TensorImpl *impl = item.value().unsafeImpl();
    if (!impl || std::find(seen.begin(), seen.end(), impl) != seen.end())
      continue;
    seen.push_back(impl);
    all.insert(prefix + item.key(), item.value());
  }
}
} // namespace

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> all;
  std::vector<const TensorImpl *> seen;
  visit("", recurse, [&](const std::string &prefix, const Module &m) {
    addAll(all, seen, prefix, m.ownParameters);
  });
  return all;
}
OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> all;
  std::vector<const TensorImpl *> seen;
  visit("", recurse, [&](const std::string &prefix, const Module &m) {
    addAll(all, seen, prefix, m.ownBuffers);
  });
  return all;
}
std::vector<Tensor> Module::parameters(bool recurse) const {
  return named_parameters(recurse).values();
}
std::vector<Tensor> Module::buffers(bool recurse) const {
  return named_buffers(recurse).values();
}

OrderedDict<std::string, std::shared_ptr<Module>>
Module::named_modules(const std::string &prefix, bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> all;
  if (include_self)
    all.insert(prefix, std::const_pointer_cast<Module>(shared_from_this()));
  for (const auto &part : parts)
    for (const auto &item : part.value()->named_modules(
             (prefix.empty() ? "" : prefix + ".") + part.key(), true))
      all.insert(item.key(), item.value());
  return all;
}
std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules("", include_self).values();
}
std::vector<std::shared_ptr<Module>> Module::children() const {
  return parts.values();
}
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const {
  return parts;
}

void Module::train(bool on) {
  training = on;
  for (auto &part : parts)
    part.value()->train(on);
}

void Module::to(DType type, bool) {
  visit("", true, [&](const std::string &, const Module &m) {
    for (const auto *dict : {&m.ownParameters, &m.ownBuffers})
      for (const auto &item : *dict)
        if (item.value().defined() && item.value().is_floating_point())
          convertInPlace(item.value(), type);
  });
}
void Module::to(Device device, bool) {
  for (const Tensor &tensor : parameters())
    tensor.to(device, Loc()); // an error if it is not here
}

void Module::zero_grad(bool set_to_none) {
  for (const Tensor &tensor : parameters())
    zeroGrad(tensor, set_to_none);
}

void Module::apply(const std::function<void(Module &)> &function) {
  function(*this);
  for (auto &part : parts)
    part.value()->apply(function);
}
void Module::apply(const std::function<void(const std::string &, Module &)> &function,
                   const std::string &prefix) {
  function(prefix, *this);
  for (auto &part : parts)
    part.value()->apply(function, prefix.empty() ? part.key() : prefix + "." + part.key());
}

namespace {
void checkName(const char *what, const std::string &name, Loc loc) {
  if (name.empty() || name.find('.') != name.npos)
    failAt("AGC0117",
           std::string("expects a ") + what + " name that is not empty and has no dot, got '" +
               name + "'",
           loc);
}
} // namespace

Tensor &Module::register_parameter(std::string name, Tensor tensor, bool requires_grad, Loc loc) {
  checkName("parameter", name, loc);
  if (tensor.defined() && requires_grad && !tensor.requires_grad())
    tensor.requires_grad_(true, loc);
  if (tensor.defined())
    implOf(tensor).scope = scopeId;
  return ownParameters.insert(std::move(name), std::move(tensor), loc);
}
Tensor &Module::register_buffer(std::string name, Tensor tensor, Loc loc) {
  checkName("buffer", name, loc);
  return ownBuffers.insert(std::move(name), std::move(tensor), loc);
}

void Module::addModule(std::string name, std::shared_ptr<Module> module, Loc loc) {
  checkName("module", name, loc);
  if (!module)
    failAt("AGC0117", "cannot register a null module as '" + name + "'", loc);
  const std::string &own = internedText(scopeId);
  module->setPath(own.empty() ? name : own + "." + name);
  parts.insert(std::move(name), std::move(module), loc);
}

void Module::replaceModule(const std::string &name, std::shared_ptr<Module> module, Loc loc) {
  std::shared_ptr<Module> &place = parts[{name, loc}];
  if (!module)
    failAt("AGC0117", "cannot put a null module in the place of '" + name + "'", loc);
  const std::string &own = internedText(scopeId);
  module->setPath(own.empty() ? name : own + "." + name);
  place = std::move(module);
}

void Module::unregister_module(const std::string &name, Loc loc) {
  OrderedDict<std::string, std::shared_ptr<Module>> kept;
  parts[{name, loc}];
  for (const auto &part : parts)
    if (part.key() != name)
      kept.insert(part.key(), part.value());
  parts = std::move(kept);
}

std::shared_ptr<Module> Module::clone(const std::optional<Device> &) const {
  throw Error("AGC0117", "cannot clone '" + name() + "'; derive it from Cloneable and register what it has in reset()");
}

void Module::failToBecome(const Module &original) const {
  throw Error("AGC0117", "cannot clone '" + original.name() + "' into '" + name() + "'");
}

void Module::become(const Module &, const std::optional<Device> &) {
  throw Error("AGC0117", "cannot clone into '" + name() + "', which is not Cloneable");
}

void Module::forgetRegistered() {
  ownParameters = ownBuffers = {};
  parts = {};
}

void Module::copyRegistered(const Module &original, const std::optional<Device> &device) {
  auto expectSame = [&](const std::vector<std::string> &got, const std::vector<std::string> &expected) {
    if (got != expected)
      throw Error("AGC0117", "'" + name() + "' registers other parts in reset() than it had");
  };
  for (auto dict : {&Module::ownParameters, &Module::ownBuffers}) {
    expectSame((this->*dict).keys(), (original.*dict).keys());
    for (auto &item : this->*dict) {
      const Tensor &from = (original.*dict)[item.key()];
      if (from.defined() != item.value().defined())
        throw Error("AGC0117", "'" + name() + "' has no '" + item.key() + "' in one of original and clone");
      if (from.defined())
        item.value().set_data(device ? from.detach().to(*device) : from.detach());
    }
  }
  expectSame(parts.keys(), original.parts.keys());
  for (auto &part : parts)
    part.value()->become(*original.parts[part.key()], device);
}

void Module::setPath(const std::string &path) {
  scopeId = internText(path);
  for (const auto &item : ownParameters)
    if (item.value().defined())
      implOf(item.value()).scope = scopeId;
  for (auto &part : parts)
    part.value()->setPath(path + "." + part.key());
}

void Module::pretty_print(std::ostream &out) const {
  std::string text = name();
  if (text.rfind("agc::", 0) == 0)
    text = "torch::" + text.substr(5); // as libtorch prints its own
  out << text;
}

void Module::print(std::ostream &out, const std::string &indent) const {
  pretty_print(out);
  if (parts.is_empty())
    return;
  out << "(\n";
  for (const auto &part : parts) {
    out << indent << "  (" << part.key() << "): ";
    part.value()->print(out, indent + "  ");
    out << '\n';
  }
  out << indent << ")";
}

std::ostream &operator<<(std::ostream &out, const Module &module) {
  module.print(out, "");
  return out;
}

} // namespace nn

} // namespace agc
