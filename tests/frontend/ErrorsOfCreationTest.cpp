//===- ErrorsOfCreationTest.cpp - Tensors that cannot be made -------------===//
#include "Refusals.h"

using namespace agc;
using namespace agc::testrefusals;

namespace {

constexpr int64_t huge = int64_t(1) << 60, large = int64_t(1) << 40;

/// Every function that makes a tensor of a given size.
struct Maker {
  const char *name;
  std::function<Tensor(std::vector<int64_t>)> make;
  bool expands = false; // a tensor there is, so that a size is for it to fit
};
const Maker makers[] = {
    {"zeros", [](auto size) { return zeros(size); }},
    {"ones", [](auto size) { return ones(size); }},
    {"empty", [](auto size) { return agc::empty(size); }},
    {"full", [](auto size) { return full(size, 2.5); }},
    {"rand", [](auto size) { return rand(size); }},
    {"randn", [](auto size) { return randn(size); }},
    {"randint", [](auto size) { return randint(3, size); }},
    {"normal", [](auto size) { return normal(0, 1, size); }},
    {"from_blob", [](auto size) { return from_blob(nullptr, size); }},
    {"expand", [](auto size) { return of({}).expand(size); }, true},
    {"broadcast_to", [](auto size) { return broadcast_to(of({}), size); }, true},
};

TEST(ErrorsOfCreation, TooLargeSizesInEveryFunction) {
  for (const Maker &maker : makers)
    for (const std::vector<int64_t> &size : std::vector<std::vector<int64_t>>{
             {huge}, {large, large}, {0, huge}, {INT64_MAX, INT64_MAX, 2}, {1, int64_t(1) << 46}}) {
      SCOPED_TRACE(maker.name);
      try {
        maker.make(size);
        ADD_FAILURE() << "no error";
      } catch (const Error &error) {
        EXPECT_STREQ(error.code(), "AGC0108") << error.what();
        EXPECT_NE(error.msg().find("the limit is 2^47"), std::string::npos) << error.what();
        EXPECT_NE(error.position().find("ErrorsOfCreationTest.cpp:"), std::string::npos) << error.what();
      }
    }
}

TEST(ErrorsOfCreation, NegativeSizesInEveryFunction) {
  for (const Maker &maker : makers)
    for (const std::vector<int64_t> &size :
         std::vector<std::vector<int64_t>>{{-2}, {3, -2}, {0, INT64_MIN}}) {
      SCOPED_TRACE(maker.name);
      try {
        maker.make(size);
        ADD_FAILURE() << "no error";
      } catch (const Error &error) {
        EXPECT_STREQ(error.code(), maker.expands ? "AGC0103" : "AGC0105") << error.what();
        EXPECT_NE(error.position().find("ErrorsOfCreationTest.cpp:"), std::string::npos) << error.what();
      }
    }
}

TEST(ErrorsOfCreation, OfSizes) {
  expectRefusals({
      {"AGC0105", "a tensor has no negative size, got shape [-1]", [] { zeros(-1); }},
      {"AGC0105", "a tensor has no negative size, got shape [-3, -3]", [] { eye(-3); }},
      {"AGC0108", "has too many elements; the limit is 2^47", [] { eye(large); }},
      {"AGC0108", "has too many bytes; the limit is 2^47", [] { zeros(int64_t(1) << 46); }},
      {"AGC0105", "a tensor has no negative size", [] { linspace(0, 1, -1); }},
      {"AGC0108", "has too many elements", [] { linspace(0, 1, huge); }},
      {"AGC0105", "a tensor has no negative size", [] { randperm(-1); }},
      {"AGC0108", "has too many elements", [] { randperm(huge); }},
      {"AGC0108", "steps; the limit is 2^47", [] { arange(huge); }},
      {"AGC0108", "steps; the limit is 2^47", [] { arange(0, 1, 1e-300); }},
      {"AGC0104", "expects a step that leads from start to end, got 0.000000, 3.000000 and step -1.000000",
       [] { arange(0, 3, -1); }},
      {"AGC0104", "expects a step that leads from start to end", [] { arange(0, 3, 0); }},
      {"AGC0104", "expects a step that leads from start to end", [] { arange(0, NAN); }},
      {"AGC0104", "expects no negative size, got -1 and 2", [] { tril_indices(-1, 2); }},
      {"AGC0104", "expects no negative size, got 2 and -1", [] { triu_indices(2, -1); }},
      {"AGC0108", "has too many elements", [] { tril_indices(large, large); }},
      {"AGC0108", "has too many elements", [] { triu_indices(huge, 0); }},
      {"AGC0108", "has too many elements", [] { one_hot(of({2}, kInt64), huge); }},
      {"AGC0108", "has too many elements", [] { diag(of({2}), huge); }},
      {"AGC0108", "has too many elements", [] { diag(of({2}), INT64_MIN); }},
  });
  // As far out as nothing is.
  EXPECT_EQ(diagonal(of({2, 3}), INT64_MIN).numel(), 0);
  EXPECT_EQ(diagonal(of({2, 3}), INT64_MAX).numel(), 0);
  EXPECT_EQ(tril_indices(int64_t(1) << 40, 0).numel(), 0);
  EXPECT_EQ(triu_indices(int64_t(1) << 20, 3).size(1), 6);
  EXPECT_EQ(tril_indices(3, 3, -2).size(1), 1);
}

TEST(ErrorsOfCreation, OfContentsAndOptions) {
  Tensor bytes = of({2}, kUInt8);
  expectRefusals({
      {"AGC0105", "'agc.tensor' expects lists of one length, got [1] beside [2]",
       [] { tensor({{1, 2}, {3}}); }},
      {"AGC0102", "cannot require grad of int64", [] { zeros(2, TensorOptions(kInt64).requires_grad(true)); }},
      {"AGC0102", "cannot require grad of bool", [] { full(2, true, requires_grad()); }},
      {"AGC0116", "of device 'cuda:1' is not there yet", [] { zeros(2, device(Device("cuda:1"))); }},
      {"AGC0116", "of device 'cuda' is not there yet", [] { of({2}).to(kCUDA); }},
      {"AGC0104", "expects device 'cpu' or 'cuda', got 'tpu'", [] { Device("tpu"); }},
      {"AGC0104", "expects device 'cpu' or 'cuda', got ''", [] { Device(std::string("")); }},
      {"AGC0104", "expects a device's number, got 'cuda:'", [] { Device("cuda:"); }},
      {"AGC0104", "expects a device's number, got 'cuda:-1'", [] { Device("cuda:-1"); }},
      {"AGC0104", "expects a device's number, got 'cuda:99999999999'", [] { Device("cuda:99999999999"); }},
      {"AGC0101", "expects memory for 2 elements, got a null pointer", [] { from_blob(nullptr, 2); }},
      {"AGC0102", "expects floating point, got int64", [] { rand(2, kInt64); }},
      {"AGC0102", "expects floating point, got bool", [] { randn(2, kBool); }},
      {"AGC0102", "expects floating point, got int32", [] { of({2}, kInt32).uniform_(); }},
      {"AGC0104", "expects from of at most to, got 1.000000 and 0.000000", [] { of({2}).uniform_(1, 0); }},
      {"AGC0104", "expects a standard deviation of at least 0, got -1", [] { of({2}).normal_(0, -1); }},
      {"AGC0104", "expects low < high, got 3 and 3", [] { randint(3, 3, 2); }},
      {"AGC0104", "expects low < high, got 0 and 0", [] { randint(0, 2); }},
      {"AGC0104", "expects at least one class, got 0", [] { one_hot(of({2}, kInt64), 0); }},
      {"AGC0102", "expects an index of int64, got float32", [] { one_hot(of({2})); }},
      {"AGC0102", "'agc.promote_types' would need int16 for uint8 with int8, which agc has not; convert one of them",
       [] { promote_types(kUInt8, kInt8); }},
      {"AGC0102", "'agc.add' would need int16 for uint8 with int8", [&] { bytes + of({2}, kInt8); }},
  });
}

TEST(ErrorsOfCreation, OfNoTensor) {
  Tensor none;
  expectRefusals({
      {"AGC0101", "'agc.relu' expects a tensor, got an undefined one", [&] { relu(none); }},
      {"AGC0101", "'agc.add' expects a tensor, got an undefined one", [&] { of({2}) + none; }},
      {"AGC0101", "'agc.sizes' expects a tensor, got an undefined one", [&] { none.sizes(); }},
      {"AGC0101", "'agc.size' expects a tensor", [&] { none.size(0); }},
      {"AGC0101", "'agc.dim' expects a tensor", [&] { none.dim(); }},
      {"AGC0101", "'agc.numel' expects a tensor", [&] { none.numel(); }},
      {"AGC0101", "'agc.dtype' expects a tensor", [&] { none.dtype(); }},
      {"AGC0101", "'agc.strides' expects a tensor", [&] { none.strides(); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { zeros_like(none); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { none.item<float>(); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { none.backward(); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { cat({of({2}), none}); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { of({2}).copy_(none); }},
  });
}

TEST(ErrorsOfCreation, OfReading) {
  Tensor x = of({2, 3});
  expectRefusals({
      {"AGC0104", "expects a tensor of one element, got shape [2, 3]", [&] { x.item<float>(); }},
      {"AGC0102", "expects to be asked for float32, got int64", [&] { x.data_ptr<int64_t>(); }},
      {"AGC0102", "expects to be asked for float32, got float64", [&] { x.const_data_ptr<double>(); }},
      {"AGC0116", "cannot give a pointer into a view, which is a value of its own; use contiguous(), clone() or the base",
       [&] { x[0].data_ptr<float>(); }},
      {"AGC0104", "expects 1 dimensions, got shape [2, 3]", [&] { x.accessor<float, 1>(); }},
      {"AGC0104", "cannot take a size of a tensor of no dimensions", [] { of({}).size(0); }},
      {"AGC0104", "'agc.size' expects a dimension in [-2, 1], got 2", [&] { x.size(2); }},
      {"AGC0104", "'agc.size' expects a dimension in [-2, 1], got -3", [&] { x.size(-3); }},
      {"AGC0103", "cannot copy a tensor of shape [3, 3] into one of shape [2, 3]", [&] { x.copy_(of({3, 3})); }},
      {"AGC0120", "cannot change a tensor's shape or dtype while a function is traced",
       [&] { compile([](Tensor y) { y.set_data(of({5})); return y; }, spec({2})); }},
  });
}

} // namespace
