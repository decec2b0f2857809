#include "int8/reference/lstm.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/ops/recurrent.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

/// Operands, in the format's order; the four gates of each kind are input, forget, cell, output.
constexpr int input_weights = 1, recurrent_weights = 5, peepholes = 9, biases = 12, projection = 16,
              hidden_state = 18, cell_state = 19, layer_norms = 20, operands = 24;

class LstmStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    args.threads.run(args.batch, [&](std::int64_t sample, int worker) {
      auto* scratch = reinterpret_cast<std::int16_t*>(
          args.scratch + static_cast<std::size_t>(worker) * worker_scratch());
      for (std::int64_t s = 0; s < streams; ++s) run_stream(args, sample, s, scratch);
    });
  }
  std::size_t scratch_bytes(int threads, std::int64_t) const noexcept override {
    return static_cast<std::size_t>(threads) * worker_scratch();
  }
  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = 0;
    for (const auto& b : bias) bytes += b.size() * sizeof(std::int32_t);
    return bytes;
  }

  LstmParams params;
  std::array<std::vector<std::int32_t>, 4> bias;
  std::int64_t streams = 1, times = 1;  ///< of one sample
  bool time_major = false;

 private:
  std::size_t worker_scratch() const noexcept {
    return (static_cast<std::size_t>(lstm_scratch(params)) * sizeof(std::int16_t) + 63) / 64 * 64;
  }
  void run_stream(const RunArgs& args, std::int64_t sample, std::int64_t s,
                  std::int16_t* scratch) const noexcept {
    const std::int64_t units = params.units, state = (sample * streams + s) * units;
    auto* hidden = reinterpret_cast<std::int8_t*>(args.state(1)) + state;
    auto* cell = reinterpret_cast<std::int16_t*>(args.state(2)) + state;
    for (std::int64_t t = 0; t < times; ++t) {
      const std::int64_t at =
          sample * streams * times + (time_major ? t * streams + s : s * times + t);
      lstm_step(params, args.in_i8(0) + at * params.features, hidden, cell, scratch);
      std::memcpy(args.out_i8() + at * units, hidden, static_cast<std::size_t>(units));
    }
  }
};

void refuse_operand(const NodeView& node, int i, const char* what) {
  OCTET_CHECK(!node.has_input(i), "input ", i, ": ", what, " are not supported");
}

/// Weights without zero point; their scale.
float set_weights(const NodeView& node, int i, const Dims& shape,
                  std::span<const std::int8_t>& weights) {
  const TensorDef& w = node.input(i);
  weights = node.i8_constant(i);
  OCTET_CHECK(w.shape == shape, quoted(w), ": expected shape ", to_string(shape), ", got ",
              to_string(w.shape));
  const QuantParams q = params_of(w, DType::i8);
  OCTET_CHECK(q.zero_point == 0, quoted(w), ": expected zero point 0, got ", q.zero_point);
  return q.scale;
}

}  // namespace

std::unique_ptr<Step> create_lstm(const NodeView& node) {
  node.expect_operands(recurrent_weights + 4, operands);
  for (int i = peepholes; i < biases; ++i) refuse_operand(node, i, "peephole weights");
  for (int i = projection; i < hidden_state; ++i) refuse_operand(node, i, "projections");
  for (int i = layer_norms; i < operands; ++i) refuse_operand(node, i, "layer norms");
  const auto attributes = node.attributes<LstmAttributes>();
  const TensorDef& x = node.input(0);
  const QuantParams in = node.i8_activation(0);
  const QuantParams out = params_of(node.state(hidden_state), DType::i8);
  const QuantParams cell = params_of(node.state(cell_state), DType::i16);
  node.expect_rank(x, 3);
  node.expect_params(node.output(), out);
  OCTET_CHECK(cell.zero_point == 0, "cell state: expected zero point 0, got ", cell.zero_point);
  const std::int32_t units =
      node.input(recurrent_weights).shape.empty() ? 0 : node.input(recurrent_weights).shape.back();
  node.expect_output_shape({x.shape[0], x.shape[1], units});

  auto step = new_step<LstmStep>(node, {0, hidden_state, cell_state});
  LstmParams& p = step->params;
  step->time_major = attributes.time_major;
  step->streams = x.shape[attributes.time_major ? 1 : 0];
  step->times = x.shape[attributes.time_major ? 0 : 1];
  for (const int i : {hidden_state, cell_state}) {
    OCTET_CHECK(element_count(node.state(i).shape) == step->streams * units, quoted(node.state(i)),
                ": expected ", step->streams * units, " elements, got shape ",
                to_string(node.state(i).shape));
  }
  p.features = x.shape[2];
  p.units = units;
  p.input_zero_point = in.zero_point;
  p.output_zero_point = out.zero_point;
  p.rounding = node.rounding();
  set_lstm_scales(p, cell.scale, out.scale, attributes.cell_clip);
  LstmGate* gates[] = {&p.input_gate, &p.forget_gate, &p.cell_gate, &p.output_gate};
  for (int g = 0; g < 4; ++g) {
    LstmGate& gate = *gates[g];
    std::vector<std::int32_t>& bias = step->bias[static_cast<std::size_t>(g)];
    const float s_input =
        set_weights(node, input_weights + g, {units, x.shape[2]}, gate.input_weights);
    const float s_recurrent =
        set_weights(node, recurrent_weights + g, {units, units}, gate.recurrent_weights);
    if (node.has_input(biases + g))
      bias = constant_of<std::int32_t>(node.input(biases + g), DType::i32, {units});
    if (!bias.empty()) gate.bias = bias.data();
    gate.input = make_lstm_gate_multiplier(in.scale, s_input, p.rounding);
    gate.recurrent = make_lstm_gate_multiplier(out.scale, s_recurrent, p.rounding);
    check_no_overflow(largest_sum(gate.input_weights, p.features, in.zero_point, bias), gate.input,
                      "gate");
    check_no_overflow(largest_sum(gate.recurrent_weights, units, out.zero_point, {}),
                      gate.recurrent, "gate");
    step->macs += step->streams * step->times * units * (p.features + units);
  }
  return step;
}

}  // namespace octet::int8
