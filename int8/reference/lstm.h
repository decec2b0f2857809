// One step in time of UNIDIRECTIONAL_SEQUENCE_LSTM: int8 values, 16-bit cell state.
#pragma once

#include <cstdint>
#include <span>

#include "int8/reference/fixed_point.h"
#include "int8/reference/wide_sigmoids.h"

namespace octet::int8 {

/// A gate: activation(clamp16(clamp16(MBQM(W x + b, m_input)) + clamp16(MBQM(R h, m_recurrent)))),
/// the sum in Q3.12, the result in Q0.15.
struct LstmGate {
  std::span<const std::int8_t> input_weights;      ///< [units, features]
  std::span<const std::int8_t> recurrent_weights;  ///< [units, units]
  const std::int32_t* bias = nullptr;              ///< [units]; null: none
  Multiplier input, recurrent;
};

struct LstmParams {
  LstmGate input_gate, forget_gate, cell_gate, output_gate;
  std::int64_t features = 1, units = 1;
  std::int32_t input_zero_point = 0, output_zero_point = 0;
  int cell_power = -12;               ///< the cell state's scale is 2^cell_power
  std::int32_t cell_clip = 0;         ///< codes; 0: none
  Multiplier forget, update, output;  ///< of the products of gates and states
  Rounding rounding = Rounding::double_rounding;
};

/// M = double(s_in) * double(s_w) * 2^12. Throws Error if it cannot be shifted by.
Multiplier make_lstm_gate_multiplier(float s_in, float s_w, Rounding rounding);
/// The multipliers of the products, the cell state's power and the clip. Throws Error unless s_cell
/// is a power of two from 2^-24 to 2^-1.
void set_lstm_scales(LstmParams& params, float s_cell, float s_out, float cell_clip);

/// int16 values that a step needs beside its states.
inline std::int64_t lstm_scratch(const LstmParams& params) noexcept {
  return params.features + 5 * params.units;
}

/// x: [features]. hidden and cell are [units] and are updated; hidden is the output too.
void lstm_step(const LstmParams& params, const std::int8_t* x, std::int8_t* hidden,
               std::int16_t* cell, std::int16_t* scratch) noexcept;

}  // namespace octet::int8
