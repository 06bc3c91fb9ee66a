//===- Refusals.h - Calls that must end with an error ---------------------===//
#ifndef AGC_TESTS_FRONTEND_REFUSALS_H
#define AGC_TESTS_FRONTEND_REFUSALS_H

#include <agc/agc.h>

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <functional>

namespace agc::testrefusals {

/// A call and the error it ends with: its code and a telling piece of its text.
struct Refusal {
  Refusal(const char *code, const char *message, std::function<void()> provoke,
          Loc loc = Loc::current())
      : code(code), message(message), provoke(std::move(provoke)), loc(loc) {}
  const char *code, *message;
  std::function<void()> provoke;
  Loc loc;
};

/// Whether \p position is in the file of \p loc, not more than \p lines behind it.
inline bool isAt(const std::string &position, Loc loc, int64_t lines) {
  std::string file = std::string(loc.file_name()) + ":";
  if (position.rfind(file, 0) != 0)
    return false;
  int64_t line = std::atoll(position.c_str() + file.size());
  return line >= int64_t(loc.line()) && line <= int64_t(loc.line()) + lines;
}

/// Errors name the line of the call, unless it goes through a pointer or an
/// operator that carries none.
enum class Line { Named, None };

inline void expectRefusals(const std::vector<Refusal> &refusals, Line line = Line::Named) {
  for (const Refusal &each : refusals) {
    SCOPED_TRACE("at line " + std::to_string(each.loc.line()));
    try {
      each.provoke();
      ADD_FAILURE() << "no error: " << each.message;
    } catch (const Error &error) {
      EXPECT_NE(error.msg().find(each.message), std::string::npos)
          << "expected: " << each.message << "\ngot: " << error.msg();
      EXPECT_STREQ(error.code(), each.code) << error.what();
      if (line == Line::Named)
        EXPECT_TRUE(isAt(error.position(), each.loc, 4)) << error.what();
      else
        EXPECT_EQ(error.position(), "") << error.what();
    }
  }
}

inline Tensor of(std::vector<int64_t> shape, DType type = kFloat32) { return zeros(shape, type); }

} // namespace agc::testrefusals

#endif
