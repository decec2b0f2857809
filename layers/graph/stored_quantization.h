// The quantization that a file stores beside a network.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace octet {

/// How values and weights of a GraphModule were quantized in the file that it was read from; what
/// is not listed was not quantized.
struct StoredQuantization {
  /// real = scale * (code - zero_point), codes lowest to highest.
  struct Value {
    float scale = 1;
    std::int32_t zero_point = 0;
    std::int32_t lowest = -128, highest = 127;  ///< nearer together: of fewer bits
    bool operator==(const Value&) const = default;
  };
  /// Of inputs, constants and results of ops, by GraphNode::name. An input without a name is
  /// "input", or of several "input_0", "input_1", ...
  std::map<std::string, Value> values;
  /// Of parameters [O, ...], by their names: one scale, or one for each output channel; zero point
  /// 0, codes -127 to 127.
  std::map<std::string, std::vector<float>> weights;

  bool empty() const { return values.empty() && weights.empty(); }
};

}  // namespace octet
