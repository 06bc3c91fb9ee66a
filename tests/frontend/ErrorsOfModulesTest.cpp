//===- ErrorsOfModulesTest.cpp - Modules, containers, dictionaries --------===//
#include "Refusals.h"

#include <cstdio>

using namespace agc;
using namespace agc::testrefusals;
namespace F = agc::nn::functional;

namespace {

struct Plain : nn::Module {};

/// Registers what a switch says.
struct ChangingImpl : nn::Cloneable<ChangingImpl> {
  ChangingImpl() { reset(); }
  void reset() override {
    register_parameter(more ? "b" : "a", empty ? Tensor() : of({1}));
    if (more)
      register_buffer("c", of({1}));
  }
  static inline bool more = false, empty = false;
};

/// Whose part can be made anew, and not cloned into.
struct ClonesItselfImpl : nn::Module {
  std::shared_ptr<nn::Module> clone(const std::optional<Device> & = std::nullopt) const override {
    return std::make_shared<ClonesItselfImpl>();
  }
};
struct HoldsPlainImpl : nn::Cloneable<HoldsPlainImpl> {
  HoldsPlainImpl() { reset(); }
  void reset() override { register_module("part", std::make_shared<ClonesItselfImpl>()); }
};

/// A container whose index is a number of the user's own.
struct OwnImpl : nn::Module {
  int operator[](int64_t i) const { return int(i) * 2; }
};
AGC_MODULE(Own);
/// Refuses any number of arguments.
struct PickyImpl : nn::Module {
  template <typename... T> explicit PickyImpl(T...) { register_buffer("x.y", of({1}), Loc()); }
};
AGC_MODULE(Picky);

TEST(ErrorsOfModules, OfRegistration) {
  Plain m;
  m.register_parameter("a", of({1}));
  m.register_module("part", std::make_shared<Plain>());
  expectRefusals({
      {"AGC0117", "expects a parameter name that is not empty and has no dot, got ''", [&] { m.register_parameter("", of({1})); }},
      {"AGC0117", "expects a buffer name that is not empty and has no dot, got 'a.b'", [&] { m.register_buffer("a.b", of({1})); }},
      {"AGC0117", "expects a module name that is not empty and has no dot, got '.'",
       [&] { m.register_module(".", std::make_shared<Plain>()); }},
      {"AGC0117", "there is already something named 'a'", [&] { m.register_parameter("a", of({1})); }},
      {"AGC0117", "there is already something named 'part'", [&] { m.register_module("part", std::make_shared<Plain>()); }},
      {"AGC0102", "expects floating point, got int64", [&] { m.register_parameter("i", of({1}, kInt64)); }},
      {"AGC0117", "cannot register a null module as 'b'", [&] { m.register_module("b", nn::Linear(nullptr)); }},
      {"AGC0117", "cannot put a null module in the place of 'part'",
       [&] { m.replace_module("part", std::shared_ptr<Plain>()); }},
      {"AGC0117", "there is nothing named 'other'", [&] { m.replace_module("other", std::make_shared<Plain>()); }},
      {"AGC0117", "there is nothing named 'other'", [&] { m.unregister_module("other"); }},
  });
}

TEST(ErrorsOfModules, OfHoldersWithManyArguments) {
  expectRefusals({
      {"AGC0117", "has no dot, got 'x.y'", [] { Picky(1); }},
      {"AGC0117", "has no dot, got 'x.y'", [] { Picky(1, 2, 3, 4); }},
      {"AGC0117", "has no dot, got 'x.y'", [] { Picky(1, 2, 3, 4, 5); }},
      {"AGC0117", "has no dot, got 'x.y'", [] { Picky(1, 2, 3, 4, 5, 6); }},
      {"AGC0105", "a tensor has no negative size, got shape [2, -1]", [] { nn::Linear(-1, 2); }},
      {"AGC0105", "a tensor has no negative size", [] { nn::Embedding(-1, 2); }},
      {"AGC0105", "a tensor has no negative size", [] { nn::BatchNorm1d(-1); }},
      {"AGC0105", "a tensor has no negative size", [] { nn::Conv2d(3, -3, 3); }},
      {"AGC0108", "the limit is 2^47", [] { nn::Linear(int64_t(1) << 30, int64_t(1) << 30); }},
      {"AGC0105", "a tensor has no negative size", [] { models::elementwise({-1}); }},
      {"AGC0117", "used a module that was made with nullptr", [] { nn::Linear(nullptr)(of({1})); }},
      {"AGC0117", "used a module that was made with nullptr", [] { nn::Linear(nullptr).ptr(); }},
  });
  expectRefusals({{"AGC0117", "used a module that was made with nullptr", [] { nn::Linear(nullptr)->forward(of({1})); }},
                  {"AGC0117", "has no dot, got 'x.y'", [] { Picky(1, 2, 3, 4, 5, 6, 7); }}},
                 Line::None);
  EXPECT_EQ(Own()[21], 42);
}

TEST(ErrorsOfModules, OfContainers) {
  nn::Sequential sequence(nn::ReLU(), nn::Linear(2, 3));
  nn::ModuleList list{nn::ReLU()};
  nn::ModuleDict dict;
  dict->update(nn::ModuleDictImpl::Pairs{{"a", nn::ReLU().ptr()}});
  nn::AnyModule none, any = nn::Linear(2, 3);
  expectRefusals({
      {"AGC0109", "a Sequential of 2 modules has none at 2", [&] { sequence[2]; }},
      {"AGC0109", "a Sequential of 2 modules has none at -1", [&] { sequence[-1]; }},
      {"AGC0109", "a Sequential of 2 modules has none at 5", [&] { sequence->ptr(5); }},
      {"AGC0117", "expects a module of type agc::nn::LinearImpl, got agc::nn::ReLUImpl", [&] { sequence->at<nn::LinearImpl>(0); }},
      {"AGC0117", "cannot call forward() on an empty Sequential", [] { nn::Sequential()(of({1})); }},
      {"AGC0117", "there is already something named '0'", [&] { sequence->push_back("0", nn::ReLU()); }},
      {"AGC0117", "used a module that was made with nullptr", [] { nn::Sequential(nn::Linear(nullptr)); }},
      {"AGC0109", "a ModuleList of 1 modules has none at 1", [&] { list[1]; }},
      {"AGC0109", "a ModuleList of 1 modules has none at -2", [&] { list->ptr(-2); }},
      {"AGC0109", "a ModuleList of 2 modules has none at 2", [&] { list->insert(2, nn::ReLU()); }},
      {"AGC0117", "expects a module of type agc::nn::LinearImpl, got agc::nn::ReLUImpl", [&] { list->at<nn::LinearImpl>(0); }},
      {"AGC0117", "cannot register a null module as '1'", [&] { list->push_back(std::shared_ptr<nn::Module>()); }},
      {"AGC0117", "there is nothing named 'b'", [&] { dict["b"]; }},
      {"AGC0117", "there is nothing named 'b'", [&] { dict->pop("b"); }},
      {"AGC0117", "expects a module of type agc::nn::LinearImpl, got agc::nn::ReLUImpl", [&] { dict->at<nn::LinearImpl>("a"); }},
      {"AGC0117", "has no dot, got 'x.y'",
       [&] { dict->update(nn::ModuleDictImpl::Pairs{{"x.y", nn::ReLU().ptr()}}); }},
      {"AGC0117", "used an AnyModule that holds nothing", [&] { none.forward(of({1})); }},
      {"AGC0117", "used an AnyModule that holds nothing", [&] { none.ptr(); }},
      {"AGC0117", "expects a module of type agc::nn::ReLUImpl, got agc::nn::LinearImpl", [&] { any.get<nn::ReLUImpl>(); }},
      {"AGC0117", "takes 1 arguments, and not every one has a default; got 2", [&] { any.forward(of({1}), of({1})); }},
  });
}

TEST(ErrorsOfModules, OfDictionaries) {
  OrderedDict<std::string, int> dict{{"a", 1}};
  expectRefusals({
      {"AGC0117", "there is nothing named 'b'", [&] { dict["b"]; }},
      {"AGC0117", "there is nothing named 'b'", [&] { dict.erase("b"); }},
      {"AGC0117", "there is already something named 'a'", [&] { dict.insert("a", 2); }},
      {"AGC0117", "there is already something named 'a'", [&] { dict.update(OrderedDict<std::string, int>{{"a", 2}}); }},
      {"AGC0117", "there is nothing named 'weigth'", [] { nn::Linear(2, 3)->named_parameters()["weigth"]; }},
  });
  EXPECT_EQ(dict["a"], 1);
}

TEST(ErrorsOfModules, OfClones) {
  auto outer = std::make_shared<Plain>();
  auto listOf = [](std::shared_ptr<nn::Module> part) { return nn::ModuleList(part); };
  auto changed = [](bool &which, bool to) {
    auto module = std::make_shared<ChangingImpl>();
    which = to;
    try {
      module->clone();
    } catch (...) {
      which = !to;
      throw;
    }
    which = !to;
  };
  expectRefusals(
      {{"AGC0117", "derive it from Cloneable and register what it has in reset()", [&] { outer->clone(); }},
       {"AGC0117", "derive it from Cloneable and register what it has in reset()", [&] { listOf(outer)->clone(); }},
       {"AGC0117", "which is not Cloneable", [&] { std::make_shared<HoldsPlainImpl>()->clone(); }},
       {"AGC0117", "registers other parts in reset() than it had", [&] { changed(ChangingImpl::more, true); }},
       {"AGC0117", "has no 'a' in one of original and clone", [&] { changed(ChangingImpl::empty, true); }}},
      Line::None);
}

TEST(ErrorsOfModules, OfFiles) {
  std::string path = testing::TempDir() + "/agc-errors.safetensors";
  nn::Linear small(2, 3), large(3, 3), without(nn::LinearOptions(2, 3).bias(false));
  save(without, path);
  expectRefusals({
      {"AGC0118", "has no tensor 'bias'", [&] { load(small, path); }},
      {"AGC0201", "cannot read '/no/such/file': No such file or directory", [&] { load(small, "/no/such/file"); }},
      {"AGC0201", "/no/such/file", [&] { save(small, "/no/such/file"); }},
  });
  save(small, path);
  expectRefusals({
      {"AGC0118", "has a tensor 'bias' (f32 [3]) that the model has not; with strict = false what fits is loaded", [&] { load(without, path); }},
      {"AGC0118", "has 'weight' as f32 [3, 2], expected f32 [3, 3]", [&] { load(large, path); }},
  });
  std::remove(path.c_str());
}

} // namespace
