#include "int8/reference/lstm.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

std::int16_t clamp16(std::int32_t v) noexcept {
  return static_cast<std::int16_t>(std::clamp(v, -32768, 32767));
}

/// Rows of int8 weights times a vector of 16-bit differences to a zero point.
std::int32_t dot(const std::int8_t* weights, const std::int16_t* x, std::int64_t n) noexcept {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += weights[i] * x[i];
  return sum;
}

void subtract_zero_point(const std::int8_t* x, std::int32_t zero_point, std::int16_t* y,
                         std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<std::int16_t>(x[i] - zero_point);
}

/// What a gate's activation is of.
void gate_sums(const LstmParams& p, const LstmGate& gate, const std::int16_t* x,
               const std::int16_t* h, std::int16_t* y) noexcept {
  for (std::int64_t u = 0; u < p.units; ++u) {
    const std::int32_t bias = gate.bias ? gate.bias[u] : 0;
    const std::int32_t in = dot(gate.input_weights.data() + u * p.features, x, p.features) + bias;
    const std::int32_t past = dot(gate.recurrent_weights.data() + u * p.units, h, p.units);
    y[u] = clamp16(clamp16(multiply_by_quantized_multiplier(in, gate.input, p.rounding)) +
                   clamp16(multiply_by_quantized_multiplier(past, gate.recurrent, p.rounding)));
  }
}

}  // namespace

Multiplier make_lstm_gate_multiplier(float s_in, float s_w, Rounding rounding) {
  return checked_multiplier(static_cast<double>(s_in) * static_cast<double>(s_w) * 4096.0, rounding,
                            "input scale * weight scale * 2^12");
}

void set_lstm_scales(LstmParams& params, float s_cell, float s_out, float cell_clip) {
  int exponent = 0;
  OCTET_CHECK(std::frexp(s_cell, &exponent) == 0.5f && exponent >= -23 && exponent <= 0,
              "cell state: expected a scale that is a power of two from 2^-24 to 2^-1, got ",
              s_cell);
  params.cell_power = exponent - 1;
  constexpr double q15 = 1.0 / 32768;
  const auto cell = static_cast<double>(s_cell);
  params.forget = checked_multiplier(q15 * cell / cell, params.rounding, "forget multiplier");
  params.update = checked_multiplier(q15 * q15 / cell, params.rounding, "cell multiplier");
  params.output = checked_multiplier(q15 * q15 / static_cast<double>(s_out), params.rounding,
                                     "output multiplier");
  check_no_overflow(std::int64_t{1} << 30, params.update, "cell multiplier");
  check_no_overflow(std::int64_t{1} << 30, params.output, "output multiplier");
  params.cell_clip =
      cell_clip > 0
          ? static_cast<std::int32_t>(std::min(static_cast<double>(cell_clip) / cell, 32767.0))
          : 0;
}

void lstm_step(const LstmParams& p, const std::int8_t* x, std::int8_t* hidden, std::int16_t* cell,
               std::int16_t* scratch) noexcept {
  const SigmoidTable& table = sigmoid_table();
  std::int16_t *in = scratch, *past = in + p.features, *forget = past + p.units,
               *update = forget + p.units, *candidate = update + p.units,
               *output = candidate + p.units;
  subtract_zero_point(x, p.input_zero_point, in, p.features);
  subtract_zero_point(hidden, p.output_zero_point, past, p.units);
  gate_sums(p, p.forget_gate, in, past, forget);
  gate_sums(p, p.input_gate, in, past, update);
  gate_sums(p, p.cell_gate, in, past, candidate);
  gate_sums(p, p.output_gate, in, past, output);
  const auto product = [&p](std::int32_t a, std::int32_t b, Multiplier m) {
    return multiply_by_quantized_multiplier(a * b, m, p.rounding);
  };
  constexpr int gate_power = -12;
  for (std::int64_t u = 0; u < p.units; ++u) {
    const std::int16_t kept = clamp16(product(logistic_16(table, forget[u]), cell[u], p.forget));
    const std::int16_t added = clamp16(
        product(logistic_16(table, update[u]), tanh_16(table, candidate[u], gate_power), p.update));
    std::int32_t next = clamp16(kept + added);
    if (p.cell_clip > 0) next = std::clamp(next, -p.cell_clip, p.cell_clip);
    cell[u] = static_cast<std::int16_t>(next);
    hidden[u] = clamp_to_int8(
        product(tanh_16(table, cell[u], p.cell_power), logistic_16(table, output[u]), p.output) +
        p.output_zero_point);
  }
}

}  // namespace octet::int8
