// Ten inputs with what the model answers: what a deployed folder's program checks itself by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "deploy/folder/preprocessing.h"
#include "int8/engine/model.h"

namespace octet::deploy {

inline constexpr int golden_count = 10;
/// Differences are counted up to this many codes.
inline constexpr int most_apart = 1'000'000'000;

/// Samples back to back; several inputs or outputs follow each other in each sample.
struct GoldenSamples {
  std::string origin;                ///< "the first ten test images of ..."
  std::vector<std::uint8_t> pixels;  ///< [10, H, W, C] before preprocessing; may be empty
  std::vector<std::byte> inputs, outputs;
};

/// Pseudo-random inputs, always the same ones: pixels with `preprocessing`, else codes of `codes`,
/// the inputs of the model in int8, in the types of `inputs` (the same codes, codes that are 128
/// more, or their reals). Inputs that are not quantized get numbers between -4 and 4.
GoldenSamples draw_samples(const std::vector<int8::ValueInfo>& codes,
                           const std::vector<int8::ValueInfo>& inputs,
                           const std::optional<Preprocessing>& preprocessing);

/// The outputs for `inputs`, one sample after the other on the portable kernels; of a model with
/// states they are the first steps of a stream.
std::vector<std::byte> golden_outputs(const int8::Model& model,
                                      const std::vector<std::byte>& inputs);

/// How near one set of golden outputs is to another.
struct Agreement {
  int samples = 0, equal_samples = 0;
  std::int64_t values = 0, equal_values = 0;
  int apart = 0;  ///< the largest difference, in codes rounded half up, most_apart at most
  int top1 = -1;  ///< samples whose largest value is at the same place; -1: not one row of classes

  /// "10 of 10 equal", or "8 of 10 equal: 98 of 100 values equal, at most 1 apart; top-1 10 of 10".
  std::string text() const;
};

/// `code_steps`: the distance between two codes of each output, above 0: 1, or the reals' of
/// float32 ones. `classes`: whether a row of values is scores (top1). Infinities and NaNs are
/// most_apart from other values, NaNs 0 from each other.
Agreement compare_outputs(const std::vector<int8::ValueInfo>& outputs,
                          const std::vector<float>& code_steps,
                          const std::vector<std::byte>& expected,
                          const std::vector<std::byte>& actual, bool classes = true);

/// One row of at least two values in one output: classes, of which the largest is the answer.
bool is_classifier(const std::vector<int8::ValueInfo>& outputs);

}  // namespace octet::deploy
