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
    {OpCode::logistic, create_curve, nullptr},
    {OpCode::max_pool_2d, int8::create_max_pool, nullptr},
    {OpCode::mul, create_product, nullptr},
    {OpCode::relu, nullptr, create_relu},
    {OpCode::relu6, nullptr, create_relu},
    {OpCode::resize_bilinear, create_bilinear_resize, nullptr},
    {OpCode::softmax, nullptr, create_row_softmax},
    {OpCode::tanh, create_curve, nullptr},
    {OpCode::mean, create_mean_or_sum, nullptr},
    {OpCode::sub, create_sum_or_difference, nullptr},
    {OpCode::transpose_conv, int8::create_transpose_conv, create_built_in_transpose_conv},
    {OpCode::sum, create_mean_or_sum, nullptr},
    {OpCode::leaky_relu, create_leaky_relu, nullptr},
    {OpCode::elu, create_curve, nullptr},
    {OpCode::quantize, create_rescaling, create_far_rescaling},
    {OpCode::batch_matmul, int8::create_batch_matmul, nullptr},
});

/// Values of other types have one arithmetic, whoever computes it.
bool is_of_codes(const NodeView& node) {
  return node.output_count() > 0 && node.output().type == DType::i8 && node.has_input(0);
}

}  // namespace

std::unique_ptr<Step> create(const NodeView& node) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.op == node.op(); });
  if (row != rows.end() && is_of_codes(node)) {
    if (row->delegated && is_delegated(node)) return row->delegated(node);
    if (row->built_in) return row->built_in(node.with(Rounding::double_rounding));
  }
  return create_step(all_ops(), node.with(Rounding::double_rounding));
}

}  // namespace octet::int8::xnnpack
