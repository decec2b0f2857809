// Samples to check kernels with: extremes and pseudo-random codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "int8/engine/model.h"

namespace octet::app {

/// Values of all of a model's inputs, one vector each, for one sample.
using Sample = std::vector<std::vector<std::byte>>;

/// `random` samples of uniformly distributed codes (floats: over a little more than the codes'
/// range) after the extremes: all lowest, all highest, the two in turn, all zero points.
std::vector<Sample> check_samples(const int8::Model& model, int random);
/// Name of the pattern of sample `index`, for messages.
std::string sample_text(std::size_t index);

/// The outputs' bytes, one vector for each sample: that sample's outputs one after the other.
/// Runs the samples `batch` at a time, each from the beginning of its states; the last run is
/// filled up with the first samples.
std::vector<std::vector<std::byte>> run_samples(const int8::Model& model,
                                                const std::vector<Sample>& samples,
                                                const int8::ContextOptions& options);

/// Copies samples [first, first + batch), wrapping around, into the context's inputs.
void set_inputs(const int8::Model& model, const std::vector<Sample>& samples, std::size_t first,
                int8::ExecutionContext& context);

}  // namespace octet::app
