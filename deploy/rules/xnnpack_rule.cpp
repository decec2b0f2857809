#include <algorithm>

#include "base/error.h"
#include "deploy/rules/node_text.h"
#include "deploy/rules/rules.h"
#include "int8/reference/multipliers.h"

namespace octet::deploy {
namespace {

using int8::Graph;
using int8::Node;
using int8::OpCode;
using int8::TensorDef;

constexpr float limit = 256.0f;  // of XNNPACK's multipliers

class Xnnpack {
 public:
  Xnnpack(const Graph& graph, std::vector<Finding>& findings)
      : graph_(graph), findings_(findings) {}

  void check(std::size_t index) {
    index_ = index;
    switch (node().op) {
      case OpCode::conv_2d:
      case OpCode::depthwise_conv_2d:
        if (!has_input(2)) refuse("it has no bias", false);
        check_multipliers(0, 1);
        break;
      case OpCode::fully_connected:
        check_multipliers(0, 1);
        break;
      case OpCode::transpose_conv:
        check_multipliers(2, 1);
        break;
      case OpCode::add:
        check_factor(scale(0) / scale_out());
        check_factor(scale(1) / scale_out());
        break;
      case OpCode::mul:
        check_factor(scale(0) * scale(1) / scale_out());
        break;
      case OpCode::concatenation:
      case OpCode::split:
      case OpCode::pad:
      case OpCode::transpose:
      case OpCode::resize_bilinear:
      case OpCode::max_pool_2d:
        check_same_params();
        break;
      default:
        break;
    }
  }

 private:
  const Node& node() const { return graph_.nodes[index_]; }
  bool has_input(std::size_t i) const { return i < node().inputs.size() && node().inputs[i] >= 0; }
  const TensorDef& tensor(int t) const { return graph_.tensors[static_cast<std::size_t>(t)]; }
  const TensorDef& input(std::size_t i) const { return tensor(node().inputs[i]); }
  const TensorDef& output() const { return tensor(node().outputs[0]); }
  static float scale_of(const TensorDef& t) {
    return t.quantization.scale.empty() ? 0.0f : t.quantization.scale[0];
  }
  float scale(std::size_t i) const { return scale_of(input(i)); }
  float scale_out() const { return scale_of(output()); }
  void refuse(const std::string& why, bool from_scales = true) {
    findings_.push_back({true, from_scales, node_text(graph_, index_) + ": " + why});
  }

  void check_multipliers(std::size_t data, std::size_t weights) {
    if (!is_codes(output().type) || !is_codes(input(data).type)) return;
    const std::vector<float>& scales = input(weights).quantization.scale;
    std::vector<float> factors(std::max<std::size_t>(scales.size(), 1));
    try {
      int8::conv_factors(scale(data), scales, scale_out(), factors);
    } catch (const Error& error) {
      refuse(error.what());
    }
  }

  /// NaN, of floats without scales, passes.
  void check_factor(float factor) {
    if (!is_codes(output().type) || !(factor >= limit)) return;
    refuse("its factor s_in / s_out is " + std::to_string(factor) + ", expected less than 256");
  }

  void check_same_params() {
    for (const int t : node().inputs) {
      if (t < 0 || !is_codes(tensor(t).type) || tensor(t).constant) continue;
      for (const int y : node().outputs) {
        if (tensor(t).quantization == tensor(y).quantization) continue;
        refuse("input and output have different scales or zero points");
        return;
      }
    }
  }

  const Graph& graph_;
  std::vector<Finding>& findings_;
  std::size_t index_ = 0;
};

}  // namespace

void xnnpack_rule(const Graph& graph, std::vector<Finding>& findings) {
  Xnnpack rule(graph, findings);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) rule.check(n);
}

}  // namespace octet::deploy
