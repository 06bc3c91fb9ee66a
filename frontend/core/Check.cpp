#include <agc/Check.h>

#include "frontend/core/Recorder.h"

#include <agc/ExpandingArray.h>

#include <sstream>

namespace agc::detail {

struct CheckMessage::Text {
  std::ostringstream out;
};

CheckMessage::CheckMessage() : text(new Text) {}
CheckMessage::~CheckMessage() { delete text; }
std::ostream &CheckMessage::stream() { return text->out; }
void CheckMessage::fail(const char *condition, Loc loc) const {
  std::string message = text->out.str();
  if (message.empty())
    message = std::string("expected ") + condition + " to be true";
  throw Error("AGC0130", message, positionText(loc));
}

void failExpanding(size_t expected, size_t got, Loc loc) {
  throw Error("AGC0104", "expects 1 or " + std::to_string(expected) + " numbers, got " + std::to_string(got),
              positionText(loc));
}

} // namespace agc::detail
