#include "int8/reference/svdf.h"

#include <type_traits>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/ops/recurrent.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

template <class T>
class SvdfStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    args.threads.run(args.batch, [&](std::int64_t sample, int) {
      for (std::int64_t s = sample * streams; s < (sample + 1) * streams; ++s) {
        svdf_step(params, time_weights.data(), args.in_i8(0) + s * params.features,
                  reinterpret_cast<T*>(args.state(1)) + s * params.filters * params.memory,
                  args.out_i8() + s * (params.filters / params.rank));
      }
    });
  }
  std::size_t packed_bytes() const noexcept override {
    return time_weights.size() * sizeof(T) + bias.size() * sizeof(std::int32_t);
  }

  SvdfParams params;
  std::vector<T> time_weights;
  std::vector<std::int32_t> bias;
  std::int64_t streams = 1;  ///< of one sample
};

template <class T>
std::unique_ptr<Step> create(const NodeView& node) {
  constexpr DType type = std::is_same_v<T, std::int8_t> ? DType::i8 : DType::i16;
  const TensorDef &x = node.input(0), &feature = node.input(1), &time = node.input(2);
  const QuantParams in = node.i8_activation(0), out = node.i8_output();
  const QuantParams state = params_of(node.state(4), type);
  node.expect_rank(x, 2);
  node.expect_rank(feature, 2);
  node.expect_rank(time, 2);
  const std::int32_t filters = feature.shape[0], memory = time.shape[1], streams = x.shape[0];
  const int rank = node.attributes<SvdfAttributes>().rank;
  OCTET_CHECK(rank >= 1 && filters % rank == 0, "rank: expected a divisor of ", filters,
              " filters, got ", rank);
  node.expect_output_shape({streams, filters / rank});
  OCTET_CHECK(node.state(4).shape == (Dims{streams, memory * filters}), quoted(node.state(4)),
              ": expected shape ", to_string({streams, memory * filters}), ", got ",
              to_string(node.state(4).shape));
  OCTET_CHECK(
      params_of(feature, DType::i8).zero_point == 0 && params_of(time, type).zero_point == 0,
      "weights: expected zero point 0");
  OCTET_CHECK(feature.shape[1] == x.shape[1], quoted(feature), ": expected ", x.shape[1],
              " columns, got shape ", to_string(feature.shape));

  auto step = new_step<SvdfStep<T>>(node, {0, 4});
  SvdfParams& p = step->params;
  p.feature_weights = node.i8_constant(1);
  step->time_weights = constant_of<T>(time, type, {filters, memory});
  if (node.has_input(3))
    step->bias = constant_of<std::int32_t>(node.input(3), DType::i32, {filters / rank});
  if (!step->bias.empty()) p.bias = step->bias.data();
  p.filters = filters;
  p.features = x.shape[1];
  p.memory = memory;
  p.rank = rank;
  p.input_zero_point = in.zero_point;
  p.state_zero_point = state.zero_point;
  p.output_zero_point = out.zero_point;
  p.rounding = node.rounding();
  set_svdf_scales(p, in.scale, feature.quantization.scale[0], state.scale,
                  time.quantization.scale[0], out.scale);
  check_no_overflow(largest_sum(p.feature_weights, p.features, in.zero_point, {}), p.feature,
                    "features");
  step->streams = streams;
  step->macs = streams * (element_count(feature.shape) + element_count(time.shape));
  return step;
}

}  // namespace

std::unique_ptr<Step> create_svdf(const NodeView& node) {
  node.expect_operands(5, 5);
  return node.input(2).type == DType::i8 ? create<std::int8_t>(node) : create<std::int16_t>(node);
}

}  // namespace octet::int8
