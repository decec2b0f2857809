// What was built: the project's version and the git revision.
#pragma once

#include <string>

namespace octet {

/// "0.1.0"
std::string version();
/// "ab12cd34ef56", with "-dirty" behind it if the sources were changed; "unknown" outside of git.
std::string revision();

}  // namespace octet
