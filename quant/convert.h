// From a trained quantized model to the integer graph that ships, and the proof that they agree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "int8/engine/model.h"
#include "quant/qat_model.h"
#include "quant/report.h"

namespace octet::quant {

/// Codes, and floats of layers that stay in floats, of the training forward (evaluation mode)
/// against the integer graph.
struct Parity {
  std::int64_t compared = 0;
  std::int64_t different = 0;
  std::string layer;            ///< of the first difference
  std::int64_t index = 0;       ///< its element in the layer's value, over the batch
  float expected = 0, got = 0;  ///< the code or the float
};

/// Compares every value of every layer, and every output, on `x` (float [N, ...], one for each
/// input). `model` is a converted graph; it is run with every value materialized.
Parity compare_codes(QatModel& qat, Context& ctx, const int8::Model& model,
                     const std::vector<Tensor>& x);
/// Of one input.
inline Parity compare_codes(QatModel& qat, Context& ctx, const int8::Model& model,
                            const Tensor& x) {
  return compare_codes(qat, ctx, model, std::vector{x});
}

/// What convert() saw.
struct ConvertReport {
  Parity parity;
  std::vector<LayerReport> layers;
  std::vector<CoarseValue> coarse;
  std::size_t file_bytes = 0;
};

/// The integer graph with batch norm folded; no check. `name` goes into the file.
int8::Graph lower(QatModel& qat, std::string name = "octet");

/// Lowers, serializes to the file format, reads that back, runs it on the portable kernels with
/// every value materialized and compares with the training forward on the model's sample, or where
/// it has none on random reals in the range of its inputs. Throws Error naming the first differing
/// layer. Returns the model as read back, ready to run. Requires an integer stage. `ctx` supplies
/// threads and memory.
int8::Model convert(QatModel& qat, Context& ctx, ConvertReport* report = nullptr);
/// The same with a context of its own.
int8::Model convert(QatModel& qat);

}  // namespace octet::quant
