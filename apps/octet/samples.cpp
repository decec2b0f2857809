#include "apps/octet/samples.h"

#include <algorithm>
#include <cstring>
#include <random>

namespace octet::app {
namespace {

using int8::DType;
using int8::ValueInfo;

constexpr std::size_t extremes = 4;

std::int32_t extreme_code(std::size_t pattern, std::size_t i, const ValueInfo& info) {
  const std::int32_t least = int8::least_code(info.type), most = int8::most_code(info.type);
  switch (pattern) {
    case 0:
      return least;
    case 1:
      return most;
    case 2:
      return i % 2 == 0 ? least : most;
    default:
      return info.zero_point;
  }
}

std::vector<std::byte> make_value(const ValueInfo& info, std::size_t sample, std::mt19937_64& rng) {
  std::vector<std::byte> bytes(info.bytes);
  const std::size_t count = info.bytes / int8::dtype_size(info.type);
  for (std::size_t i = 0; i < count; ++i) {
    const int code =
        sample < extremes ? extreme_code(sample, i, info) : static_cast<std::int8_t>(rng() >> 56);
    if (int8::is_codes(info.type)) {
      bytes[i] = static_cast<std::byte>(code);
    } else if (int8::is_integer(info.type)) {  // the lower bytes come first
      const std::int64_t number = code;
      const std::size_t size = int8::dtype_size(info.type);
      std::memcpy(&bytes[size * i], &number, size);
    } else if (info.type == int8::DType::i16) {
      const auto wide =
          static_cast<std::int16_t>(sample < extremes ? code : static_cast<int>(rng() >> 48));
      std::memcpy(&bytes[2 * i], &wide, 2);
    } else if (info.type == DType::f32) {
      // Not on the grid of any scale: the codes' neighbourhoods are met, ties are not.
      const float v = static_cast<float>(code) * 0.0437f;
      std::memcpy(&bytes[4 * i], &v, 4);
    }
  }
  return bytes;
}

}  // namespace

std::vector<Sample> check_samples(const int8::Model& model, int random) {
  std::mt19937_64 rng(20260823);
  std::vector<Sample> samples(extremes + static_cast<std::size_t>(random));
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (const ValueInfo& info : model.inputs()) samples[s].push_back(make_value(info, s, rng));
  }
  return samples;
}

std::string sample_text(std::size_t index) {
  constexpr const char* names[extremes] = {"all -128", "all 127", "-128 and 127 in turn",
                                           "all zero points"};
  if (index < extremes) return names[index];
  return "random sample " + std::to_string(index - extremes);
}

void set_inputs(const int8::Model& model, const std::vector<Sample>& samples, std::size_t first,
                int8::ExecutionContext& context) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const std::span<std::byte> to = context.input(static_cast<int>(i));
    const std::size_t size = model.inputs()[i].bytes;
    for (std::size_t b = 0; b < static_cast<std::size_t>(context.batch()); ++b)
      std::memcpy(&to[b * size], samples[(first + b) % samples.size()][i].data(), size);
  }
}

std::vector<std::vector<std::byte>> run_samples(const int8::Model& model,
                                                const std::vector<Sample>& samples,
                                                const int8::ContextOptions& options) {
  int8::ExecutionContext context(model, options);
  const auto batch = static_cast<std::size_t>(options.batch);
  std::vector<std::vector<std::byte>> outputs(samples.size());
  for (std::size_t first = 0; first < samples.size(); first += batch) {
    set_inputs(model, samples, first, context);
    context.reset();
    context.run();
    for (std::size_t b = 0; b < std::min(batch, samples.size() - first); ++b) {
      for (std::size_t i = 0; i < model.outputs().size(); ++i) {
        const std::size_t size = model.outputs()[i].bytes;
        const auto value = context.output(static_cast<int>(i)).subspan(b * size, size);
        outputs[first + b].insert(outputs[first + b].end(), value.begin(), value.end());
      }
    }
  }
  return outputs;
}

}  // namespace octet::app
