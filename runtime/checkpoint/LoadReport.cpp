#include "agc/LoadReport.h"

#include "runtime/core/Sizes.h"

#include <ostream>

namespace agc {
namespace {

std::string typeOf(const TensorInfo &tensor) {
  return std::string(info(tensor.dtype).name) + " " +
         shapeText(tensor.shape.data(), tensor.shape.size());
}

/// ` and 3 others`, where one of \p count was named.
std::string others(size_t count) {
  return count == 1 ? "" : " and " + std::to_string(count - 1) + (count == 2 ? " other" : " others");
}

} // namespace

bool LoadReport::complete() const {
  return missing.empty() && unexpected.empty() && mismatched.empty();
}
std::string LoadReport::summary() const {
  std::vector<std::string> parts;
  if (!missing.empty())
    parts.push_back("has no tensor '" + missing[0].name + "' (" + typeOf(missing[0]) + ")" +
                    others(missing.size()));
  if (!unexpected.empty())
    parts.push_back("has a tensor '" + unexpected[0].name + "' (" + typeOf(unexpected[0]) + ")" +
                    others(unexpected.size()) + " that the model has not");
  if (!mismatched.empty())
    parts.push_back("has '" + mismatched[0].file.name + "' as " + typeOf(mismatched[0].file) +
                    ", expected " + typeOf(mismatched[0].model) + others(mismatched.size()));
  std::string text;
  for (const std::string &part : parts)
    text += (text.empty() ? "" : "; ") + part;
  return text;
}

std::string LoadReport::text() const {
  std::string lines;
  for (const TensorInfo &tensor : missing)
    lines += "not in the file:   " + tensor.name + "  " + typeOf(tensor) + "\n";
  for (const TensorInfo &tensor : unexpected)
    lines += "not in the model:  " + tensor.name + "  " + typeOf(tensor) + "\n";
  for (const Mismatch &tensor : mismatched)
    lines += "does not fit:      " + tensor.file.name + "  " + typeOf(tensor.file) +
             " in the file, " + typeOf(tensor.model) + " in the model\n";
  return lines + "loaded:            " + std::to_string(loaded.size()) + " of " +
         std::to_string(loaded.size() + missing.size() + mismatched.size()) + " tensors\n";
}

std::ostream &operator<<(std::ostream &out, const LoadReport &report) {
  return out << report.text();
}

} // namespace agc
