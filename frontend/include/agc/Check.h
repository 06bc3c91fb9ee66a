//===- Check.h - A user's own conditions ------------------------------------===//
#ifndef AGC_CHECK_H
#define AGC_CHECK_H

#include <agc/Types.h>

#include <ostream>

namespace agc::detail {

/// The text of a failed check, and its end.
class CheckMessage {
public:
  CheckMessage();
  ~CheckMessage();
  CheckMessage(const CheckMessage &) = delete;
  CheckMessage &operator=(const CheckMessage &) = delete;
  std::ostream &stream();
  /// Throws AGC0130; without a text it names the condition.
  [[noreturn]] void fail(const char *condition, Loc loc) const;

private:
  struct Text;
  Text *text; // owned; a std::unique_ptr would be one more for each program to compile
};

template <typename... Parts>
[[noreturn]] void failCheck(const char *condition, Loc loc, const Parts &...parts) {
  CheckMessage message;
  (message.stream() << ... << parts);
  message.fail(condition, loc);
}

} // namespace agc::detail

/// Throws agc::Error with the text that the further arguments make, unless
/// \p condition holds.
#define AGC_CHECK(condition, ...)                                              \
  do {                                                                         \
    if (!(condition))                                                          \
      ::agc::detail::failCheck(#condition, ::agc::Loc::current() __VA_OPT__(, ) __VA_ARGS__); \
  } while (false)
#define TORCH_CHECK(condition, ...) AGC_CHECK(condition __VA_OPT__(, ) __VA_ARGS__)

#endif
