//===- Error.h - What agc throws ------------------------------------------===//
#ifndef AGC_ERROR_H
#define AGC_ERROR_H

#include <cstdint>
#include <stdexcept>
#include <string>

namespace agc {

/// The one exception that agc throws. `what()` reads
/// `file:line:column: error: what was expected and what was got [AGC0107]`;
/// the position is the user's own, and absent where there is none.
class Error : public std::runtime_error {
public:
  Error(const char *code, const std::string &message,
        const std::string &position = "")
      : std::runtime_error((position.empty() ? "" : position + ": error: ") +
                           message + " [" + code + "]"),
        errorCode(code), errorMessage(message), errorPosition(position) {}

  /// What kind of error it is, e.g. "AGC0107".
  const char *code() const { return errorCode; }
  /// The text without position and code.
  const std::string &msg() const { return errorMessage; }
  /// `file:line:column` of the user's program, or empty.
  const std::string &position() const { return errorPosition; }

private:
  const char *errorCode; // a literal
  std::string errorMessage;
  std::string errorPosition;
};

} // namespace agc

/// libtorch's name for it.
namespace c10 {
using Error = agc::Error;
}

#endif
