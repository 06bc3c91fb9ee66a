//===- ErrorsTest.cpp - What layers and their functions refuse --------------===//
//
// Each message once, by a part of it that names what is wrong.
//
//===----------------------------------------------------------------------===//
#include "Refusals.h"

namespace torch = agc;
namespace nn = agc::nn;
namespace F = agc::nn::functional;
using namespace agc;
using namespace agc::testrefusals;

namespace {

TEST(Errors, OfActivationsAndDropout) {
  expectRefusals(
      {{"AGC0102", "expects input and weight of one dtype", [] { prelu(of({2}), of({1}, kFloat64)); }},
       {"AGC0107", "expects a weight of one number or one for each of 3 channels", [] { prelu(of({2, 3}), of({2})); }},
       {"AGC0104", "expects an alpha that is not 0", [] { celu(of({2}), 0); }},
       {"AGC0104", "expects approximate 'none' or 'tanh', got 'sigmoid'", [] { gelu(of({2}), "sigmoid"); }},
       {"AGC0104", "expects min_val of at most max_val", [] { hardtanh(of({2}), 2, 1); }},
       {"AGC0104", "expects lambda of at least 0", [] { softshrink(of({2}), -1); }},
       {"AGC0107", "expects at least one dimension", [] { glu(of({})); }},
       {"AGC0107", "expects an even size along dimension 0", [] { glu(of({3}), 0); }},
       {"AGC0104", "expects a probability in [0, 1], got 2", [] { dropout(of({3}), 2, true); }},
       {"AGC0107", "expects [n, c, ...], got shape [3]", [] { feature_dropout(of({3}), 0.5, true); }},
       {"AGC0107", "expects [n, c, h, w] or [c, h, w], got shape [3]", [] { F::dropout2d(of({3})); }}});
}

TEST(Errors, OfConvolutionsAndPools) {
  Tensor x = of({1, 4, 5, 5}), w = of({2, 4, 3, 3}), line = of({1, 4, 9});
  expectRefusals(
      {{"AGC0102", "expects input and weight of one dtype", [&] { conv2d(x, of({2, 4, 3, 3}, kFloat64)); }},
       {"AGC0107", "expects input [n, c, h, w] or [c, h, w], got shape [5]", [&] { conv2d(of({5}), w); }},
       {"AGC0107", "and 1 groups ask for, got shape [1, 4, 5, 5]", [&] { conv2d(x, of({2, 3, 3, 3})); }},
       {"AGC0107", "expects a bias of its weight's 2 outputs", [&] { conv2d(x, w, of({3})); }},
       {"AGC0107", "expects a weight [out, in / groups, h, w]", [&] { conv2d(x, of({2, 4, 3})); }},
       {"AGC0104", "expects padding 'same' or 'valid', got 'full'", [&] { conv2d(x, w, {}, 1, "full"); }},
       {"AGC0104", "expects stride 1 with padding 'same', got 2", [&] { conv2d(x, w, {}, 2, "same"); }},
       {"AGC0104", "expects 1 or 2 entries in stride", [&] { conv2d(x, w, {}, {1, 1, 1}); }},
       {"AGC0104", "expects dilation of at least 1", [&] { conv2d(x, w, {}, 1, 0, 0); }},
       {"AGC0107", "has a window larger than its padded input", [&] { conv2d(x, of({2, 4, 7, 3})); }},
       {"AGC0107", "expects input [n, c, l] or [c, l]", [&] { conv1d(x, of({2, 4, 3})); }},
       {"AGC0107", "expects a weight [out, in / groups, k]", [&] { conv1d(line, w); }},
       {"AGC0104", "expects 1 entry in stride", [&] { conv1d(line, of({2, 4, 3}), {}, {1, 1}); }},
       {"AGC0107", "expects a weight [in, out / groups, h, w]", [&] { conv_transpose2d(x, of({3, 2, 3, 3})); }},
       {"AGC0102", "expects input and weight of one dtype", [&] { conv_transpose2d(x, of({4, 2, 3, 3}, kFloat64)); }},
       {"AGC0104", "expects output_padding below stride or dilation", [&] { conv_transpose2d(x, of({4, 2, 3, 3}), {}, 1, 0, 1); }},
       {"AGC0107", "has no output for an input of shape", [&] { conv_transpose2d(x, of({4, 2, 1, 1}), {}, 1, 3); }},
       {"AGC0107", "expects a bias of 2 outputs and its weight's dtype, got shape [3]", [&] { conv_transpose2d(x, of({4, 2, 3, 3}), of({3})); }},
       {"AGC0104", "expects an output_size of 2 or 4 numbers",
        [&] { nn::ConvTranspose2d(4, 2, 3)->forward(x, IntArrayRef{7, 7, 7}); }},
       {"AGC0104", "expects an output_size of at least 7 and less than 8, got 9",
        [&] { nn::ConvTranspose2d(4, 2, 3)->forward(x, IntArrayRef{9, 7}); }},
       {"AGC0104", "expects padding of at most half its kernel, got 2 and 2", [&] { max_pool2d(x, 2, 2, 2); }},
       {"AGC0104", "expects padding of at most half its kernel, got 2 and 2", [&] { avg_pool2d(x, 2, 2, 2); }},
       {"AGC0104", "expects a divisor that is not 0", [&] { avg_pool2d(x, 2, 2, 0, false, true, 0); }},
       {"AGC0107", "expects elements to average", [&] { adaptive_avg_pool2d(of({1, 2, 0, 3}), 2); }},
       {"AGC0107", "expects input [n, c, l] or [c, l]", [&] { max_pool1d(x, 2); }}});
}

TEST(Errors, OfNormsAndTables) {
  Tensor x = of({2, 4, 3, 3});
  expectRefusals(
      {{"AGC0107", "expects [n, c] or [n, c, l], got shape [2, 4, 3, 3]", [&] { nn::BatchNorm1d(4)->forward(x); }},
       {"AGC0107", "expects [n, c, h, w], got shape [2, 4]", [&] { nn::BatchNorm2d(4)->forward(of({2, 4})); }},
       {"AGC0107", "expects [n, c, h, w], got shape [2, 4]", [&] { nn::InstanceNorm2d(4)->forward(of({2, 4})); }},
       {"AGC0107", "expects a weight of 4 channels", [&] { batch_norm(x, of({3}), {}, {}, {}, true, 0.1, 1e-5, false); }},
       {"AGC0107", "expects more than 1 value a channel when training", [&] { nn::BatchNorm1d(4)->forward(of({1, 4})); }},
       {"AGC0107", "expects running_mean and running_var when not training",
        [&] { batch_norm(x, {}, {}, {}, {}, false, 0.1, 1e-5, false); }},
       {"AGC0107", "expects a weight of shape [3]", [&] { layer_norm(x, {3}, of({4})); }},
       {"AGC0107", "expects an input whose last sizes are [4]", [&] { layer_norm(x, {4}); }},
       {"AGC0104", "expects groups that divide the 4 channels, got 3", [&] { group_norm(x, 3); }},
       {"AGC0107", "expects more than 1 value a channel, got shape", [&] { nn::InstanceNorm2d(4)->forward(of({2, 4, 1, 1})); }},
       {"AGC0107", "expects a weight [rows, d]", [&] { embedding(of({3}), of({2}, kInt64)); }},
       {"AGC0104", "expects padding_idx among the 3 rows, got 3", [&] { embedding(of({3, 2}), of({2}, kInt64), 3); }},
       {"AGC0104", "expects padding_idx among the 3 rows, got -4",
        [&] { F::embedding(of({2}, kInt64), of({3, 2}), F::EmbeddingFuncOptions().padding_idx(-4)); }}});
}

TEST(Errors, OfAttentionAndSequences) {
  Tensor q = of({3, 2, 4}), k = of({5, 2, 4});
  nn::MultiheadAttention attention(4, 2);
  nn::LSTM lstm(3, 4);
  nn::GRUCell cell(3, 4);
  Tensor parts[] = {of({1, 2, 4}), of({1, 2, 4})};
  std::vector<Tensor> weights = {of({16, 3}), of({16, 4})};
  auto run = [&](Arg x, Tensor h, std::vector<Tensor> w) {
    Tensor state[] = {h, of({1, 2, 4})};
    torch::lstm(x, TensorList(state, 2), w, false, 1, 0.0, false, false, false);
  };
  expectRefusals(
      {{"AGC0107", "expects query [l, n, e], key and value [s, n, e]", [&] { attention->forward(of({3}), k, k); }},
       {"AGC0107", "expects a query of 4 features", [&] { attention->forward(of({3, 2, 5}), k, k); }},
       {"AGC0107", "expects key and value of one length and the query's batch", [&] { attention->forward(q, k, q); }},
       {"AGC0104", "expects both of bias_k and bias_v, or none",
        [&] {
          F::MultiheadAttentionForwardFuncOptions o(4, 2, of({12, 4}), of({12}), of({1, 1, 4}), {}, false, 0, of({4, 4}), of({4}));
          F::multi_head_attention_forward(q, k, k, o);
        }},
       {"AGC0104", "cannot add a bias to a static key or value",
        [&] {
          F::MultiheadAttentionForwardFuncOptions o(4, 2, of({12, 4}), of({12}), of({1, 1, 4}), of({1, 1, 4}), false, 0, of({4, 4}), of({4}));
          F::multi_head_attention_forward(q, k, k, o.static_k(of({4, 5, 2})));
        }},
       {"AGC0107", "expects a key_padding_mask of shape [2, 5]", [&] { attention->forward(q, k, k, of({2, 4}, kBool)); }},
       {"AGC0107", "expects [..., l, e], [..., s, e] and [..., s, v]", [&] { scaled_dot_product_attention(of({4}), k, k); }},
       {"AGC0104", "expects a mask or is_causal, not both",
        [&] { scaled_dot_product_attention(q, q, q, of({2, 2}), 0, true); }},
       {"AGC0103", "expects a mask that broadcasts to", [&] { scaled_dot_product_attention(q, q, q, of({4, 3, 2, 2})); }},
       {"AGC0107", "expects heads of key and value that divide the query's",
        [&] { scaled_dot_product_attention(q, of({2, 2, 4}), of({2, 2, 4}), {}, 0, false, {}, true); }},
       {"AGC0107", "expects input [t, n, 3], got shape [5, 2, 4]", [&] { lstm->forward(k); }},
       {"AGC0107", "expects h of shape [1, 2, 4]",
        [&] { lstm->forward(of({5, 2, 3}), std::make_tuple(of({1, 1, 4}), of({1, 2, 4}))); }},
       {"AGC0107", "expects input [n, 3] or [3]", [&] { cell->forward(of({2, 4})); }},
       {"AGC0107", "expects h of shape [2, 4]", [&] { cell->forward(of({2, 3}), of({3, 4})); }},
       {"AGC0107", "expects input [t, n, i] or, batch first, [n, t, i]", [&] { run(of({2, 3}), of({1, 2, 4}), weights); }},
       {"AGC0107", "expects at least one step", [&] { run(of({0, 2, 3}), of({1, 2, 4}), weights); }},
       {"AGC0107", "expects h of shape [1, 2, 4]", [&] { run(of({5, 2, 3}), of({2, 2, 4}), weights); }},
       {"AGC0104", "expects 2 parameters, got 1", [&] { run(of({5, 2, 3}), of({1, 2, 4}), {of({16, 3})}); }},
       {"AGC0107", "expects weight_hh of shape [16, 4]", [&] { run(of({5, 2, 3}), of({1, 2, 4}), {of({16, 3}), of({16, 3})}); }},
       {"AGC0102", "expects input and parameters of one dtype",
        [&] { run(of({5, 2, 3}), of({1, 2, 4}), {of({16, 3}, kFloat64), of({16, 4}, kFloat64)}); }},
       {"AGC0104", "expects h and c, got 1 tensors",
        [&] { torch::lstm(of({5, 2, 3}), TensorList(parts, 1), weights, false, 1, 0.0, false, false, false); }},
       {"AGC0104", "expects h and c, got 1 tensors", [&] { lstm_cell(of({2, 3}), TensorList(parts, 1), weights[0], weights[1]); }},
       {"AGC0107", "expects input [n, i] and h [n, h]", [&] { gru_cell(of({3}), of({4}), of({12, 3}), of({12, 4})); }},
       {"AGC0104", "expects both biases or none",
        [&] { gru_cell(of({2, 3}), of({2, 4}), of({12, 3}), of({12, 4}), of({12})); }},
       {"AGC0107", "expects tokens [n, t], t at most 4", [&] { models::gpt(1, 1, 2, 4, 3)->forward(of({1, 5}, kInt64)); }}});
}

TEST(Errors, OfImagesAndUtilities) {
  Tensor x = of({1, 4, 5, 5});
  using Sizes = std::vector<int64_t>;
  expectRefusals(
      {{"AGC0104", "expects padding of at most 4 for size 5, got 5 and 0",
        [&] { F::pad(of({1, 4, 5}), F::PadFuncOptions({5, 0}).mode(kReflect)); }},
       {"AGC0104", "expects two amounts for each of the dimensions",
        [&] { F::pad(x, F::PadFuncOptions({1}).mode(kReflect)); }},
       {"AGC0104", "cuts more than there is", [&] { F::pad(x, F::PadFuncOptions({-3, -3, 0, 0}).mode(kReplicate)); }},
       {"AGC0107", "expects columns [n, c * 4, 16]", [&] { F::fold(of({1, 4, 3}), F::FoldFuncOptions({5, 5}, 2)); }},
       {"AGC0107", "expects [..., c, h, w]", [&] { pixel_shuffle(of({4}), 2); }},
       {"AGC0107", "expects a number of channels that 3 squared divides", [&] { pixel_shuffle(x, 3); }},
       {"AGC0107", "expects height and width that 2 divides", [&] { pixel_unshuffle(x, 2); }},
       {"AGC0107", "expects input [n, c, h, w], got shape",
        [&] { F::interpolate(of({4}), F::InterpolateFuncOptions().size(Sizes{2, 2}).mode(kBilinear)); }},
       {"AGC0104", "expects either size or scale_factor", [&] { F::interpolate(x); }},
       {"AGC0107", "expects input [n, c, l] or [n, c, h, w], got shape [4]",
        [&] { F::interpolate(of({4}), F::InterpolateFuncOptions().size(Sizes{2, 2})); }},
       {"AGC0104", "expects 2 sizes or factors, got 1", [&] { F::interpolate(x, F::InterpolateFuncOptions().size(Sizes{2})); }},
       {"AGC0104", "expects sizes of at least 1, got 0", [&] { F::interpolate(x, F::InterpolateFuncOptions().size(Sizes{0, 2})); }},
       {"AGC0104", "expects align_corners with kLinear or kBilinear only",
        [&] { F::interpolate(x, F::InterpolateFuncOptions().size(Sizes{2, 2}).align_corners(true)); }},
       {"AGC0116", "with antialias is not there yet",
        [&] { F::interpolate(x, F::InterpolateFuncOptions().size(Sizes{2, 2}).mode(kBilinear).antialias(true)); }},
       {"AGC0104", "expects a vector of 3 elements, got shape [2]",
        [&] { nn::utils::vector_to_parameters(of({2}), {of({3})}); }},
       {"AGC0104", "expects at least 2 dimensions to count the inputs of a layer, got 1",
        [&] { nn::init::xavier_uniform_(of({3})); }},
       {"AGC0104", "expects at least 2 dimensions, got 1", [&] { nn::init::orthogonal_(of({3})); }},
       {"AGC0130", "expected x.dim() == 2 to be true", [&] { TORCH_CHECK(x.dim() == 2); }},
       {"AGC0130", "a 4 for 2", [&] { TORCH_CHECK(x.dim() == 2, "a ", x.dim(), " for ", 2); }}});
}

TEST(Errors, OfIndexingAndDraws) {
  Tensor x = of({2, 3});
  namespace I = indexing;
  expectRefusals(
      {{"AGC0109", "expects at most one Ellipsis", [&] { x.index({I::Ellipsis, I::Ellipsis}); }},
       {"AGC0109", "got 3 indices for 2 dimensions", [&] { x.index({0, 0, 0}); }},
       {"AGC0116", "by a bool of no dimensions is not there yet", [&] { x.index({of({}, kBool)}); }},
       {"AGC0109", "expects a mask of the sizes that it indexes", [&] { x.index({of({3}, kBool)}); }},
       {"AGC0103", "expects values that broadcast to [2, 3], got shape [4, 2, 3]",
        [&] { x.index_put_({torch::tensor({0, 1})}, of({4, 2, 3})); }},
       {"AGC0103", "cannot store its result, of shape [2, 3]", [&] { of({3}).clamp_min_(1).masked_fill_(of({2, 3}, kBool), 1); }},
       {"AGC0102", "cannot store its result, of float32, in a tensor of int64", [&] { of({3}, kInt64).clamp_min_(0.5); }},
       {"AGC0102", "expects integers or bools, got float32", [&] { bitwise_and(x, 1); }},
       {"AGC0104", "expects a probability in [0, 1], got 2", [&] { bernoulli(x, 2); }},
       {"AGC0104", "expects a standard deviation of at least 0", [&] { normal(0, -1, {2}); }},
       {"AGC0102", "expects floating point, got int64", [&] { normal(0, 1, {2}, kInt64); }},
       {"AGC0103", "expects probabilities that broadcast to [2, 3], got shape [4, 2, 3]", [&] { x.bernoulli_(of({4, 2, 3})); }}});
}

TEST(Errors, OfModulesThatAreMade) {
  expectRefusals(
      {{"AGC0104", "'agc.Conv2d' expects groups that divide its channels, got 3",
        [] { nn::Conv2d(nn::Conv2dOptions(4, 4, 3).groups(3)); }},
       {"AGC0104", "padding kSame goes with stride 1 only",
        [] { nn::Conv1d(nn::Conv1dOptions(4, 4, 3).stride(2).padding(kSame)); }},
       {"AGC0104", "'agc.ConvTranspose2d' has no padding mode but kZeros",
        [] { nn::ConvTranspose2d(nn::ConvTranspose2dOptions(4, 4, 3).padding_mode(kReflect)); }},
       {"AGC0104", "expects 1 or 2 numbers, got 3", [] { nn::Conv2dOptions(4, 4, {1, 2, 3}); }},
       {"AGC0104", "expects padding_idx among its 3 rows, got 3", [] { nn::Embedding(nn::EmbeddingOptions(3, 2).padding_idx(3)); }},
       {"AGC0107", "expects a weight of shape [3, 2], got [2, 2]", [] { nn::Embedding(nn::EmbeddingOptions(3, 2)._weight(of({2, 2}))); }},
       {"AGC0107", "expects a weight [rows, d]", [] { nn::Embedding::from_pretrained(of({2})); }},
       {"AGC0104", "'agc.MultiheadAttention' expects heads that divide 5, got 2", [] { nn::MultiheadAttention(5, 2); }},
       {"AGC0104", "'torch::nn::LSTM' expects sizes and layers of at least 1", [] { nn::LSTM(3, 0); }},
       {"AGC0104", "'torch::nn::GRU' expects dropout in [0, 1]", [] { nn::GRU(nn::GRUOptions(3, 4).dropout(2)); }},
       {"AGC0104", "'torch::nn::LSTM' expects proj_size of at least 0 and below hidden_size",
        [] { nn::LSTM(nn::LSTMOptions(3, 4).proj_size(4)); }},
       {"AGC0104", "'torch::nn::RNNCell' expects sizes of at least 1", [] { nn::RNNCell(0, 4); }},
       {"AGC0104", "'agc.TransformerEncoder' expects a layer and how many of it there are, got -1",
        [] { nn::TransformerEncoder(nn::TransformerEncoderLayer(4, 2), -1); }},
       {"AGC0104", "'agc.resnet' expects four stages, got 3",
        [] { nn::ModuleHolder<models::ResNetImpl>(models::ResNetImpl::Block::Basic, std::vector<int64_t>{1, 1, 1}, 10, 3); }},
       {"AGC0104", "'agc.mlp' expects at least two sizes, got 1", [] { models::mlp({3}); }},
       {"AGC0104", "'agc.lenet' expects images of at least 4 x 4", [] { models::lenet(10, 1, 3, 8); }},
       {"AGC0104", "'agc.gpt' expects sizes of at least 1 and heads that divide the width, got 3 heads for width 4",
        [] { models::gpt(1, 3, 4, 4, 4); }}});
}

} // namespace
