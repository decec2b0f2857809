// Batches of samples that are the same.
#pragma once

#include "tests/int8/build.h"

namespace octet::test {

/// All outputs back to back, of the last of `batch` samples; inputs back to back.
inline std::vector<std::byte> last_sample(const int8::Model& model,
                                          std::span<const std::byte> inputs, int batch) {
  int8::ExecutionContext context(model, {.batch = batch, .threads = 2});
  const auto samples = static_cast<std::size_t>(batch);
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const std::size_t bytes = model.inputs()[i].bytes;
    for (std::size_t b = 0; b < samples; ++b)
      std::memcpy(context.input(static_cast<int>(i)).data() + b * bytes, inputs.data(), bytes);
    inputs = inputs.subspan(bytes);
  }
  context.run();
  std::vector<std::byte> result;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const std::size_t bytes = model.outputs()[i].bytes;
    const auto y = context.output(static_cast<int>(i)).subspan((samples - 1) * bytes, bytes);
    result.insert(result.end(), y.begin(), y.end());
  }
  return result;
}

}  // namespace octet::test
