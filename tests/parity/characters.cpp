// A character model on a real text: the first stanzas of Lewis Carroll's
// "Jabberwocky" (Through the Looking-Glass, 1871; in the public domain).
#include "training.h"

#include <algorithm>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

static const char text[] =
    "'Twas brillig, and the slithy toves\n"
    "Did gyre and gimble in the wabe;\n"
    "All mimsy were the borogoves,\n"
    "And the mome raths outgrabe.\n"
    "\n"
    "\"Beware the Jabberwock, my son!\n"
    "The jaws that bite, the claws that catch!\n"
    "Beware the Jubjub bird, and shun\n"
    "The frumious Bandersnatch!\"\n"
    "\n"
    "He took his vorpal sword in hand:\n"
    "Long time the manxome foe he sought--\n"
    "So rested he by the Tumtum tree,\n"
    "And stood awhile in thought.\n";

struct ModelImpl : nn::Module {
  explicit ModelImpl(int64_t vocab) {
    table = register_module("table", nn::Embedding(vocab, 12));
    gru = register_module("gru", nn::GRU(12, 24));
    head = register_module("head", nn::Linear(24, vocab));
  }
  std::tuple<Tensor, Tensor> forward(Tensor tokens, Tensor state) {
    auto [y, last] = gru->forward(table(tokens), state);
    return {head(y), last};
  }
  nn::Embedding table{nullptr};
  nn::GRU gru{nullptr};
  nn::Linear head{nullptr};
};
TORCH_MODULE(Model);

int main() {
  std::string all(text), letters(all);
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  std::vector<int64_t> codes;
  for (char c : all)
    codes.push_back(int64_t(letters.find(c)));
  std::printf("%d letters, %d different\n", int(codes.size()), int(letters.size()));
  // Four pieces side by side, ten letters a step, the state carried on.
  int64_t lanes = 4, steps = 10, length = int64_t(codes.size() - 1) / lanes;
  Tensor whole = torch::tensor(codes, torch::kInt64);
  Tensor inputs = whole.slice(0, 0, lanes * length).view({lanes, length}).t().contiguous();
  Tensor targets = whole.slice(0, 1, lanes * length + 1).view({lanes, length}).t().contiguous();
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64" : "f32";
    Model model(int64_t(letters.size()));
    model->to(type);
    fill(*model, 0.2);
    torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(1e-2));
    std::vector<Tensor> losses;
    for (int epoch = 0; epoch < 3; ++epoch) {
      Tensor state = torch::zeros({1, lanes, 24}, type);
      for (int64_t at = 0; at + steps <= length; at += steps) {
        adam.zero_grad();
        auto [scores, last] = model->forward(inputs.slice(0, at, at + steps), state);
        Tensor loss = F::cross_entropy(scores.reshape({-1, int64_t(letters.size())}), targets.slice(0, at, at + steps).reshape(-1));
        loss.backward();
        adam.step();
        state = last.detach();
        losses.push_back(loss.detach());
      }
    }
    show(of + ".loss", torch::stack(losses));
    for (auto &item : model->named_parameters())
      show(of + "." + item.key(), item.value().norm());
  }
}
