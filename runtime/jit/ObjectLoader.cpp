//===- ObjectLoader.cpp - Objects into executable memory -------------------===//
#include "runtime/jit/ObjectLoader.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

namespace agc {
namespace {

class LoadedObjectImpl final : public LoadedObject {
public:
  LoadedObjectImpl(std::unique_ptr<llvm::orc::LLJIT> jit, agc_entry address)
      : jit(std::move(jit)), address(address) {}

  agc_entry entry() const override { return address; }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  agc_entry address;
};

llvm::Expected<std::unique_ptr<LoadedObject>> load(llvm::StringRef object,
                                                   llvm::StringRef entry) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(object, "agc")))
    return error;
  auto address = (*jit)->lookup(entry);
  if (!address)
    return address.takeError();
  return std::make_unique<LoadedObjectImpl>(std::move(*jit),
                                            address->toPtr<agc_entry>());
}

} // namespace
} // namespace agc

extern "C" __attribute__((visibility("default"))) void
agcLoadObject(std::string_view object, std::string_view entry,
              std::unique_ptr<agc::LoadedObject> &result,
              agc::CompilerError &error) {
  auto loaded = agc::load(object, entry);
  if (loaded)
    result = std::move(*loaded);
  else
    error = {agc::CompilerError::Kind::Internal,
             "error: " + llvm::toString(loaded.takeError())};
}
