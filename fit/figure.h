// Named values of an epoch or an evaluation: a line of metrics.jsonl.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace octet {

/// A named value of the metrics.
struct Figure {
  std::string name;
  std::variant<std::int64_t, double, std::string> value;
};
/// A line of metrics.
using Figures = std::vector<Figure>;

}  // namespace octet
