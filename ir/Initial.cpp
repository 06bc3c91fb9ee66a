#include "ir/Initial.h"

#include "ir/Names.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"

#include <cmath>

using namespace mlir;

namespace agc::ir {

FailureOr<ArrayAttr> readInitial(const proto::Argument &argument, MLIRContext &context) {
  const proto::Initial &initial = argument.initial();
  auto refuse = [&](const Twine &why) -> FailureOr<ArrayAttr> {
    emitError(UnknownLoc::get(&context))
        << "argument '" << argument.name() << "' begins with " << why;
    return failure();
  };
  int kind = initial.distribution();
  if (kind < 0 || size_t(kind) >= std::size(distributionNames))
    return refuse("the unknown distribution " + Twine(kind));
  if (argument.role() != proto::ROLE_PARAMETER && argument.role() != proto::ROLE_BUFFER)
    return refuse("a distribution, but is neither parameter nor buffer");
  double a = initial.a(), b = initial.b();
  bool fits = std::isfinite(a) && std::isfinite(b) &&
              (kind == proto::Initial::CONSTANT || b >= (kind == proto::Initial::UNIFORM ? a : 0));
  if (!fits)
    return refuse(std::string(distributionNames[kind]) + " numbers " + std::to_string(a) + " and " + std::to_string(b) +
                  ", which are none");
  Builder builder(&context);
  return builder.getArrayAttr({builder.getStringAttr(distributionNames[kind]),
                               builder.getF64FloatAttr(a), builder.getF64FloatAttr(b)});
}

std::optional<proto::Initial> writeInitial(Attribute attr) {
  auto parts = dyn_cast_or_null<ArrayAttr>(attr);
  if (!parts || parts.size() != 3)
    return std::nullopt;
  auto name = dyn_cast<StringAttr>(parts[0]);
  auto a = dyn_cast<FloatAttr>(parts[1]), b = dyn_cast<FloatAttr>(parts[2]);
  auto known = name ? llvm::find(distributionNames, std::string_view(name.getValue()))
                    : std::end(distributionNames);
  if (known == std::end(distributionNames) || !a || !b)
    return std::nullopt;
  proto::Initial initial;
  initial.set_distribution(proto::Initial::Distribution(known - distributionNames));
  initial.set_a(a.getValueAsDouble());
  initial.set_b(b.getValueAsDouble());
  return initial;
}

} // namespace agc::ir
