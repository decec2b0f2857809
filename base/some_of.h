// A long list in a message.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace octet {

/// The first five and how many more.
inline std::string some_of(const std::vector<std::string>& all, const char* separator = ", ") {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < shown; ++i) {
    text += (i ? separator : "") + one_line(all[i], 200);
  }
  if (all.size() > shown) text += " and " + std::to_string(all.size() - shown) + " more";
  return text;
}

}  // namespace octet
