// "Did you mean ...?": the name nearest to one that is unknown. Standard library only.
#pragma once

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace octet {

/// Insertions, deletions and substitutions that turn `a` into `b` (Levenshtein); of texts longer
/// than any name, their beginnings.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 256;
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// The first of the names that differ least from `name`; empty if there are none.
template <class Names>
std::string_view nearest(std::string_view name, const Names& names) {
  std::string_view best;
  std::size_t least = 0;
  for (const auto& candidate : names) {
    const std::size_t d = edit_distance(name, candidate);
    if (best.empty() || d < least) {
      best = candidate;
      least = d;
    }
  }
  return best;
}

}  // namespace octet
