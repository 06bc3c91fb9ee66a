#include "tools/agc/Terminal.h"

#include "agc/Error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sys/ioctl.h>
#include <unistd.h>

namespace agc::cli {
namespace {

bool isTerminal() {
  const char *kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) && !(kind && !std::strcmp(kind, "dumb"));
}

/// https://no-color.org: set to anything but nothing.
bool hasColor() {
  const char *refused = std::getenv("NO_COLOR");
  return isTerminal() && !(refused && *refused);
}

size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
                                                                    : 80;
}

std::string scaled(double value, double base, const char *const (&units)[6]) {
  size_t unit = 0;
  while (std::abs(value) >= base && unit + 1 < std::size(units)) {
    value /= base;
    ++unit;
  }
  if (unit == 0)
    return fmt::format("{:.0f} ", value);
  return fmt::format("{:.3g} {}", value, units[unit]);
}

} // namespace

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void finishOutput() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw Error("AGC0201", std::string("cannot write to standard output: ") +
                               std::strerror(errno));
}

void talk(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void talkError(std::string_view position, std::string_view message) {
  const char *red = hasColor() ? "\033[1;31m" : "";
  const char *plain = hasColor() ? "\033[0m" : "";
  // The compiler's diagnostics already say where and what they are.
  bool complete = message.rfind("error: ", 0) == 0 ||
                  message.find(": error: ") != std::string_view::npos;
  talk(fmt::format("{}{}{}{}{}\n", position, red, complete ? "" : "error: ",
                   plain, message));
}

std::string decimal(double value) {
  return scaled(value, 1000, {"", "k", "M", "G", "T", "P"});
}
std::string binary(double value) {
  return scaled(value, 1024, {"", "Ki", "Mi", "Gi", "Ti", "Pi"});
}

Progress::Progress(std::string title, int64_t total)
    : title(std::move(title)), total(total), enabled(isTerminal()) {}

void Progress::update(int64_t done, const std::string &note) {
  auto now = std::chrono::steady_clock::now();
  if (!enabled || (drawn && now - last < std::chrono::milliseconds(50)))
    return;
  last = now;
  drawn = true;
  double part = total > 0 ? std::min(1.0, double(done) / double(total)) : 1;
  size_t used = title.size() + note.size() + 8; // spaces and `100%`
  size_t width = columns() > used + 10 ? std::min<size_t>(columns() - used, 40)
                                       : 0;
  size_t full = size_t(part * double(width) + 0.5);
  std::string bar;
  for (size_t i = 0; i < width; ++i)
    bar += i < full ? "━" : "─";
  const char *color = hasColor() ? "\033[32m" : "";
  const char *plain = hasColor() ? "\033[0m" : "";
  talk(fmt::format("\r\033[K{} {}{}{} {:3.0f}% {}", title, color, bar, plain,
                   part * 100, note));
}

void Progress::clear() {
  if (drawn)
    talk("\r\033[K");
  drawn = false;
}

} // namespace agc::cli
