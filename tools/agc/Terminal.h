//===- Terminal.h - What the user sees: talk, data, progress ---------------===//
#ifndef AGC_TOOLS_AGC_TERMINAL_H
#define AGC_TOOLS_AGC_TERMINAL_H

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace agc::cli {

/// Data, to stdout.
void print(std::string_view text);
/// Checks that all data arrived.
/// Errors: AGC0201, stdout is full or closed.
void finishOutput();

/// Talk, to stderr.
void talk(std::string_view text);
/// `error: message`, or `position: error: message`; coloured on a terminal.
void talkError(std::string_view position, std::string_view message);
inline void talkError(std::string_view message) { talkError("", message); }

/// 1234567 as `1.23 M`; with binary prefixes as `1.18 Mi`.
std::string decimal(double value);
std::string binary(double value);

/// A line on stderr that shows how far something is. On anything but a
/// terminal it shows nothing.
class Progress {
public:
  Progress(std::string title, int64_t total);
  ~Progress() { clear(); }
  /// \p note stands at the end of the line. Drawn at most 20 times a second.
  void update(int64_t done, const std::string &note);
  /// Takes the line away.
  void clear();

private:
  std::string title;
  int64_t total;
  bool enabled, drawn = false;
  std::chrono::steady_clock::time_point last;
};

} // namespace agc::cli

#endif
