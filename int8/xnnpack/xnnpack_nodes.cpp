#include "int8/xnnpack/xnnpack_nodes.h"

#include <algorithm>
#include <array>

#include "int8/graph/op_set.h"
#include "int8/ops/catalogue.h"
#include "int8/xnnpack/delegated.h"

namespace octet::int8::xnnpack {
namespace {

struct Row {
  OpCode op;
  CreateNode* delegated;  ///< gets the node in float rounding
  CreateNode* built_in;   ///< null: the operator's, in double rounding
};

constexpr auto rows = std::to_array<Row>({
    {OpCode::add, create_sum_or_difference, nullptr},
    {OpCode::conv_2d, int8::create_conv, nullptr},
    {OpCode::depthwise_conv_2d, int8::create_depthwise_conv, nullptr},
    {OpCode::fully_connected, int8::create_fully_connected, nullptr},
    {OpCode::logistic, create_function, nullptr},
    {OpCode::max_pool_2d, int8::create_max_pool, nullptr},
    {OpCode::mul, create_product, nullptr},
    {OpCode::relu, nullptr, create_function},
    {OpCode::relu6, nullptr, create_function},
    {OpCode::resize_bilinear, create_bilinear_resize, nullptr},
    {OpCode::softmax, nullptr, create_row_softmax},
    {OpCode::tanh, create_function, nullptr},
    {OpCode::mean, create_mean_or_sum, nullptr},
    {OpCode::sub, create_sum_or_difference, nullptr},
    {OpCode::transpose_conv, int8::create_transpose_conv, nullptr},
    {OpCode::sum, create_mean_or_sum, nullptr},
    {OpCode::log_softmax, nullptr, create_row_log_softmax},
    {OpCode::leaky_relu, create_function, nullptr},
    {OpCode::elu, create_function, nullptr},
    {OpCode::quantize, create_rescaling, create_far_rescaling},
    {OpCode::batch_matmul, int8::create_batch_matmul, nullptr},
});

const Row* row_of(OpCode op) noexcept {
  const auto at = std::ranges::find(rows, op, &Row::op);
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace

// Values of other types have one arithmetic, whoever computes it.
bool is_of_codes(const NodeView& node) {
  if (node.output_count() == 0 || !node.has_input(0)) return false;
  const DType type = node.output().type;
  return type == DType::i8 || (type == DType::u8 && node.op() == OpCode::quantize);
}

bool has_rule(OpCode op) noexcept {
  const Row* row = row_of(op);
  return row && row->delegated;
}

int channels_in_vectors(const NodeView& node) {
  const Dims& y = node.output().shape;
  const int channels = y.empty() ? 1 : y.back();
  switch (node.op()) {
    case OpCode::conv_2d:
    case OpCode::fully_connected:
      return channels;
    case OpCode::depthwise_conv_2d:
    case OpCode::transpose_conv:
      return channels / 8 * 8;
    default:
      return 0;
  }
}

std::unique_ptr<Step> create(const NodeView& node) {
  NodeView built_in = node.with(Rounding::double_rounding);
  const Row* row = row_of(node.op());
  if (row && is_of_codes(node)) {
    if (row->delegated && is_delegated(node)) return row->delegated(node);
    if (row->built_in) return row->built_in(built_in);
    built_in.ties_up = channels_in_vectors(node);
  }
  return create_step(all_ops(), built_in);
}

}  // namespace octet::int8::xnnpack
