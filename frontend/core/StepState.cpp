#include "frontend/core/StepState.h"

#include "frontend/core/Host.h"
#include "frontend/core/Lock.h"
#include "frontend/core/Random.h"

#include "ir/State.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/core/Philox.h"

#include <cstring>
#include <map>

namespace agc::detail {
namespace {

void checkFits(const LoadReport &report, const std::string &path, bool strict) {
  if (strict && !report.complete())
    throw Error("AGC0118", "'" + path + "' does not fit the model: it " + report.summary() +
                               "; with strict = false what fits is loaded");
}

TensorInfo infoOf(const std::string &name, TypeRef type) {
  return {name, type->dtype, type->shape};
}

Tensor tensorOf(Ref<Storage> storage) {
  auto *impl = new TensorImpl;
  impl->refs = 1;
  impl->type = storage->type;
  impl->storage = std::move(storage);
  return Tensor::adopt(impl);
}

} // namespace

StepState::StepState(const std::vector<TracedFunction> &functions,
                     const proto::Module &program) {
  std::map<std::string, const TracedFunction::Source *> sources;
  for (const TracedFunction &function : functions)
    for (size_t i = 0; i < function.sources.size(); ++i)
      sources.emplace(function.spec.arguments[i].name, &function.sources[i]);
  std::vector<StateTensor> state = stateOf(program);
  schema = schemaOf(state);
  for (const StateTensor &tensor : state) {
    const TracedFunction::Source &source = *sources.at(tensor.name);
    std::vector<int64_t> shape(tensor.type.shape().begin(), tensor.type.shape().end());
    entries.push_back({tensor.name, tensor.role, typeOf(DType(tensor.type.dtype()), shape),
                       source.random ? Tensor() : tensorOf(source.storage)});
  }
}

void StepState::save(const std::string &path, uint64_t steps) const {
  std::vector<SavedTensor> saved;
  std::vector<BufferRef> buffers;
  for (const Entry &entry : entries) {
    buffers.push_back(entry.tensor.defined() ? materialize(entry.tensor) : takeRandomState(0));
    saved.push_back({entry.name, entry.type->dtype, entry.type->shape,
                     {static_cast<const char *>(buffers.back()->data()),
                      size_t(entry.type->sizeBytes)}});
  }
  writeCheckpoint(path, {schema, steps, {}}, saved);
}

LoadReport StepState::load(const std::string &path, bool strict, uint64_t &steps) const {
  SafetensorsFile file;
  CheckpointInfo info = readCheckpoint(path, file);
  std::vector<TensorInfo> model;
  std::map<std::string, const Entry *> byName;
  for (const Entry &entry : entries) {
    model.push_back(infoOf(entry.name, entry.type));
    byName[entry.name] = &entry;
  }
  LoadReport report = compareWith(model, file);
  checkFits(report, path, strict);
  for (const TensorInfo &loaded : report.loaded) {
    std::string_view bytes = file.tensors.at(loaded.name).data;
    const Entry &entry = *byName.at(loaded.name);
    if (entry.tensor.defined()) {
      setElements(entry.tensor, bytes.data(), bytes.size());
      continue;
    }
    GraphLock lock;
    Generator &generator = defaultGenerator();
    std::memcpy(&generator.seed, bytes.data(), 8);
    std::memcpy(&generator.offset, bytes.data() + 8, 8);
  }
  steps = info.steps;
  return report;
}

OrderedDict<std::string, Tensor> StepState::weights() const {
  OrderedDict<std::string, Tensor> weights;
  for (const Entry &entry : entries)
    if (entry.role == proto::ROLE_PARAMETER || entry.role == proto::ROLE_BUFFER)
      weights.insert(entry.name, entry.tensor);
  return weights;
}

LoadReport loadTensors(const OrderedDict<std::string, Tensor> &tensors,
                       const SafetensorsFile &file, const std::string &path, bool strict) {
  std::vector<TensorInfo> model;
  for (const auto &item : tensors)
    model.push_back(infoOf(item.key(), implOf(item.value()).type));
  LoadReport report = compareWith(model, file);
  checkFits(report, path, strict);
  for (const TensorInfo &loaded : report.loaded) {
    std::string_view bytes = file.tensors.at(loaded.name).data;
    setElements(tensors[loaded.name], bytes.data(), bytes.size());
  }
  return report;
}

} // namespace agc::detail
