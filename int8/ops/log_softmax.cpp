#include "int8/reference/log_softmax.h"

#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/reference/wide_softmax.h"

namespace octet::int8 {
namespace {

class LogSoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    for_tasks(args.threads, args.batch * rows, std::max<std::int64_t>(1, 4096 / depth),
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r)
                  log_softmax_row(params, x + r * depth, y + r * depth, depth);
              });
  }

  LogSoftmaxParams params;
  std::int64_t rows = 1, depth = 1;
};

}  // namespace

std::unique_ptr<Step> create_log_softmax(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  const QuantParams in = node.i8_activation(0);
  node.expect_params(node.output(), {16.0f / 256.0f, 127});
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty() && x.shape.back() <= q12_max_depth, quoted(x),
              ": expected a last dimension of at most ", q12_max_depth, ", got shape ",
              to_string(x.shape));
  auto step = new_step<LogSoftmaxStep>(node);
  step->params = make_log_softmax_params(in.scale, node.rounding());
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  step->in_place = {0};
  return step;
}

}  // namespace octet::int8
