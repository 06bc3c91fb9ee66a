//===- record.cpp - Stores what libtorch computes -------------------------===//
//
// record GROUP.safetensors: for each op the f64 numbers of its cases, one after
// another, with their texts as metadata. Where a case is special, f32's first
// derivatives follow.
//
//===----------------------------------------------------------------------===//
#include "Compute.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>

using namespace golden;

/// Adds the numbers of one dtype; returns how many.
static size_t store(const Case &c, const Computed &computed, Numbers &to) {
  size_t first = to.size();
  for (const Tensor &tensor : computed.tensors) {
    Tensor wide = tensor.detach().to(torch::kFloat64).contiguous().clone();
    Numbers part = digest(wide.const_data_ptr<double>(), wide.numel(), c.isSpecial);
    to.insert(to.end(), part.begin(), part.end());
  }
  return to.size() - first;
}

int main(int, char **arguments) {
  nlohmann::ordered_json header;
  Numbers numbers;
  size_t cases = 0;
  for (const Group &group : groups()) {
    std::vector<Op> ops;
    group.fill(ops);
    for (const Op &op : ops) {
      size_t first = numbers.size();
      std::string text;
      for (const Case &c : op.cases) {
        try {
          Computed wide = compute(c, torch::kFloat64, 2);
          text += std::to_string(store(c, wide, numbers)) + ' ';
          if (c.isSpecial)
            text += std::to_string(store(c, compute(c, torch::kFloat32, 1), numbers)) + ' ';
          text += wide.text + '\n';
        } catch (const std::exception &error) {
          std::cerr << op.name << " " << &c - op.cases.data() << ": "
                    << error.what() << '\n';
          return 1;
        }
        ++cases;
      }
      header["__metadata__"][op.name] = text;
      header[op.name] = {{"dtype", "F64"},
                         {"shape", {numbers.size() - first}},
                         {"data_offsets", {first * 8, numbers.size() * 8}}};
    }
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  uint64_t size = text.size();
  std::ofstream file(arguments[1], std::ios::binary);
  file.write(reinterpret_cast<const char *>(&size), 8);
  file << text;
  file.write(reinterpret_cast<const char *>(numbers.data()),
             std::streamsize(numbers.size() * 8));
  std::cout << arguments[1] << ": " << header.size() - 1 << " ops, " << cases
            << " cases\n";
  return file.good() ? 0 : 1;
}
