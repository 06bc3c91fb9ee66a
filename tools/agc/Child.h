//===- Child.h - This program, run once more --------------------------------===//
#ifndef AGC_TOOLS_AGC_CHILD_H
#define AGC_TOOLS_AGC_CHILD_H

#include <string>
#include <utility>
#include <vector>

namespace agc::cli {

/// Runs this executable with \p arguments and \p environment on top of its own,
/// and returns what it printed. Its stderr is ours.
/// Errors: AGC0201 it cannot be started; AGC0340 it failed.
std::string runSelf(const std::vector<std::string> &arguments,
                    const std::vector<std::pair<std::string, std::string>>
                        &environment);

/// A folder for compiled objects that nobody else uses, gone with this object.
class CacheFolder {
public:
  CacheFolder();
  ~CacheFolder();
  CacheFolder(const CacheFolder &) = delete;
  CacheFolder &operator=(const CacheFolder &) = delete;
  const std::string &path() const { return folder; }

private:
  std::string folder;
};

} // namespace agc::cli

#endif
