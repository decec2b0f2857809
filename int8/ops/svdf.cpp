#include "int8/reference/svdf.h"

#include <type_traits>

#include "base/error.h"
#include "int8/kernels/aligned_buffer.h"
#include "int8/kernels/packed_conv.h"
#include "int8/ops/node_view.h"
#include "int8/ops/recurrent.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

template <class T>
class SvdfStep final : public Step {
 public:
  SvdfStep(const ConvGeometry& g, Isa isa, const std::int8_t* weights, std::int32_t zero_point)
      : features(g, isa, weights), input_zero_point(zero_point) {
    features.prepare_accumulators(zero_point);
  }
  void run(const RunArgs& args) const noexcept override {
    auto* sums = reinterpret_cast<std::int32_t*>(args.scratch);
    features.run_accumulators(args.in_i8(0), input_zero_point, sums, args.batch * streams,
                              args.threads, args.scratch + sum_bytes(args.batch));
    args.threads.run(args.batch, [&](std::int64_t sample, int) {
      for (std::int64_t s = sample * streams; s < (sample + 1) * streams; ++s) {
        svdf_step(params, time_weights.data(), sums + s * params.filters,
                  reinterpret_cast<T*>(args.state(1)) + s * params.filters * params.memory,
                  args.out_i8() + s * (params.filters / params.rank));
      }
    });
  }
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept override {
    return sum_bytes(batch) + features.scratch_bytes(threads, batch * streams);
  }
  std::size_t packed_bytes() const noexcept override {
    return features.packed_bytes() + time_weights.size() * sizeof(T) +
           start.size() * sizeof(std::int32_t);
  }
  const char* kernel_name() const noexcept override { return features.kernel_name(); }
  std::size_t sum_bytes(std::int64_t batch) const noexcept {
    return align64(static_cast<std::size_t>(batch * streams * params.filters) *
                   sizeof(std::int32_t));
  }

  PackedConv features;
  std::int32_t input_zero_point;
  SvdfParams params;
  std::vector<T> time_weights;
  std::vector<std::int32_t> start;
  std::int64_t streams = 1;  ///< of one sample
};

/// start[u] -= zero_point * sum of the unit's weights, wrapped.
template <class T>
void subtract_zero_point(const std::vector<T>& time_weights, std::int32_t zero_point,
                         std::vector<std::int32_t>& start) {
  const std::size_t terms = time_weights.size() / start.size();
  for (std::size_t i = 0; i < time_weights.size(); ++i) {
    std::int32_t& to = start[i / terms];
    to = static_cast<std::int32_t>(static_cast<std::uint32_t>(to) -
                                   static_cast<std::uint32_t>(time_weights[i] * zero_point));
  }
}

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

  const std::span<const std::int8_t> weights = node.i8_constant(1);
  auto step = std::make_unique<SvdfStep<T>>(ConvGeometry{.in_c = x.shape[1], .out_c = filters},
                                            node.isa(), weights.data(), in.zero_point);
  step->inputs = {node.input_index(0), node.input_index(4)};
  step->outputs = {node.output_index()};
  SvdfParams& p = step->params;
  step->time_weights = constant_of<T>(time, type, {filters, memory});
  step->start.resize(static_cast<std::size_t>(filters / rank));
  if (node.has_input(3))
    step->start = constant_of<std::int32_t>(node.input(3), DType::i32, {filters / rank});
  subtract_zero_point(step->time_weights, state.zero_point, step->start);
  p.start = step->start.data();
  p.filters = filters;
  p.memory = memory;
  p.rank = rank;
  p.state_zero_point = state.zero_point;
  p.output_zero_point = out.zero_point;
  p.rounding = node.rounding();
  set_svdf_scales(p, in.scale, feature.quantization.scale[0], state.scale,
                  time.quantization.scale[0], out.scale);
  check_no_overflow(largest_sum(weights, x.shape[1], in.zero_point, {}), p.feature, "features");
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
