#include "tools/agc/TrainState.h"

#include "agc/Error.h"
#include "ir/State.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "tools/agc/Terminal.h"

#include <algorithm>

namespace agc::cli {
namespace {

TensorInfo infoOf(const StateTensor &tensor) {
  return {tensor.name, DType(tensor.type.dtype()),
          {tensor.type.shape().begin(), tensor.type.shape().end()}};
}

/// What agc train added under \p key, or null.
const std::string *find(const CheckpointInfo &info, const char *key) {
  for (const auto &[name, value] : info.more)
    if (name == key)
      return &value;
  return nullptr;
}

} // namespace

TrainProgress resumeFrom(const std::string &path, const proto::Module &module,
                         uint64_t seed, bool partial, State &state) {
  SafetensorsFile file;
  CheckpointInfo info = readCheckpoint(path, file);
  TrainProgress progress{info.steps, seed, std::nullopt};
  const std::string *epoch = find(info, "agc.epoch"), *saved = find(info, "agc.seed");
  if (saved && *saved != std::to_string(seed))
    throw Error("AGC0331", "'" + path + "' was made with --seed " + *saved + ", not " +
                               std::to_string(seed));
  if (epoch) {
    if (epoch->empty() || epoch->size() > 9 ||
        epoch->find_first_not_of("0123456789") != std::string::npos)
      throw Error("AGC0331", "'" + path + "' expects a number of epochs as agc.epoch, got '" +
                                 *epoch + "'");
    progress.epochs = std::stoll(*epoch);
  }

  std::vector<TensorInfo> wanted;
  for (const StateTensor &tensor : stateOf(module))
    wanted.push_back(infoOf(tensor));
  LoadReport report = compareWith(wanted, file);
  if (!report.complete() && !partial)
    throw Error("AGC0333", "'" + path + "' is a checkpoint of another model: it " +
                               report.summary() + "; --resume-partial takes what fits");
  for (const TensorInfo &tensor : report.loaded) {
    std::string_view data = file.tensors.at(tensor.name).data;
    HostTensor &to = state.tensors[tensor.name];
    to = HostTensor::zeros(tensor.dtype, tensor.shape);
    std::copy(data.begin(), data.end(), to.data());
  }
  if (partial)
    talk(report.text());
  return progress;
}

void saveCheckpoint(const std::string &path, const proto::Module &module,
                    const TrainProgress &progress, State &state) {
  std::vector<StateTensor> wanted = stateOf(module);
  CheckpointInfo info{schemaOf(wanted), progress.steps, {}};
  if (progress.epochs)
    info.more.emplace_back("agc.epoch", std::to_string(*progress.epochs));
  info.more.emplace_back("agc.seed", std::to_string(progress.seed));
  std::vector<SavedTensor> saved;
  TensorPool none(0); // few are missing, if any: what no step has read
  for (const StateTensor &tensor : wanted) {
    TensorInfo info = infoOf(tensor);
    const HostTensor &value =
        state.find(info.name, tensor.role, info.dtype, info.shape, progress.seed, none);
    saved.push_back({info.name, value.type, value.shape, {value.data(), value.sizeBytes()}});
  }
  writeCheckpoint(path, info, saved);
}

} // namespace agc::cli
