// Texts that the build puts into a program (cmake/embed_files.cmake).
#pragma once

#include <string_view>

namespace octet {

struct EmbeddedFile {
  std::string_view name;  ///< path from the folder that is embedded, without ".in"
  std::string_view text;
};

}  // namespace octet
