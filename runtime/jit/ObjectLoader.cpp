//===- ObjectLoader.cpp - Objects into executable memory -------------------===//
#include "runtime/jit/ObjectLoader.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

namespace agc {
namespace {

class LoadedObjectImpl final : public LoadedObject {
public:
  explicit LoadedObjectImpl(std::unique_ptr<llvm::orc::LLJIT> jit) : jit(std::move(jit)) {}

  void *find(const std::string &function) const override {
    auto address = jit->lookup(function);
    if (address)
      return address->toPtr<void *>();
    llvm::consumeError(address.takeError());
    return nullptr;
  }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

llvm::Expected<std::unique_ptr<LoadedObject>> load(llvm::StringRef object) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(object, "agc")))
    return error;
  return std::make_unique<LoadedObjectImpl>(std::move(*jit));
}

} // namespace
} // namespace agc

extern "C" __attribute__((visibility("default"))) void
agcLoadObject(std::string_view object, std::unique_ptr<agc::LoadedObject> &result,
              agc::CompilerError &error) {
  auto loaded = agc::load(object);
  if (loaded)
    result = std::move(*loaded);
  else
    error = {agc::CompilerError::Kind::Internal,
             "error: " + llvm::toString(loaded.takeError())};
}
