//===- Families.h - Kinds of ops, and how a program gets one more ----------===//
#ifndef AGC_TESTS_FUZZ_FAMILIES_H
#define AGC_TESTS_FUZZ_FAMILIES_H

#include "tests/fuzz/Generator.h"

namespace agc::fuzz {

struct Family {
  const char *name;
  /// How often, against the others.
  double weight;
  /// Adds an op and what it needs; false if that cannot be here.
  bool (*add)(Generator &);
};

llvm::ArrayRef<Family> elementwiseFamilies();
llvm::ArrayRef<Family> shapeFamilies();
llvm::ArrayRef<Family> selectionFamilies(); // where an index or a check says
llvm::ArrayRef<Family> productFamilies();
llvm::ArrayRef<Family> controlFamilies();

} // namespace agc::fuzz

#endif
