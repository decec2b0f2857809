#include "deploy/folder/golden_samples.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace octet::deploy {
namespace {

using int8::DType;
using int8::ValueInfo;

constexpr std::uint64_t seed = 20260823;

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
  const auto* from = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof value);
}

/// One value of an input, from a code that was drawn.
void append_value(std::vector<std::byte>& bytes, std::int8_t code, const ValueInfo& codes,
                  const ValueInfo& input) {
  switch (input.type) {
    case DType::i8:
      append(bytes, code);
      break;
    case DType::u8:
      append(bytes, static_cast<std::uint8_t>(code + 128));
      break;
    case DType::i16:
      append(bytes, static_cast<std::int16_t>(code * 256));
      break;
    case DType::i32:
      append(bytes, std::int32_t{code});
      break;
    case DType::i64:
      append(bytes, std::int64_t{code});
      break;
    case DType::f32:
      append(bytes, codes.scale > 0 ? codes.scale * static_cast<float>(code - codes.zero_point)
                                    : static_cast<float>(code) / 32.0f);
      break;
  }
}

/// The values of an output; `bytes` begins with it.
std::vector<double> values_of(const ValueInfo& output, const std::byte* bytes) {
  std::vector<double> values;
  for (std::size_t at = 0; at < output.bytes; at += int8::dtype_size(output.type)) {
    const auto read = [&](auto value) {
      std::memcpy(&value, bytes + at, sizeof value);
      return static_cast<double>(value);
    };
    switch (output.type) {
      case DType::i8:
        values.push_back(read(std::int8_t{}));
        break;
      case DType::u8:
        values.push_back(read(std::uint8_t{}));
        break;
      case DType::i16:
        values.push_back(read(std::int16_t{}));
        break;
      case DType::i32:
        values.push_back(read(std::int32_t{}));
        break;
      case DType::i64:
        values.push_back(read(std::int64_t{}));
        break;
      case DType::f32:
        values.push_back(read(float{}));
        break;
    }
  }
  return values;
}

/// As the programs of the folders compute it.
int codes_apart(double a, double b, double step) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double codes = std::floor(std::abs(a - b) / step + 0.5);
  return codes < most_apart ? static_cast<int>(codes) : most_apart;
}

std::size_t largest(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace

GoldenSamples draw_samples(const std::vector<ValueInfo>& codes,
                           const std::vector<ValueInfo>& inputs,
                           const std::optional<Preprocessing>& preprocessing) {
  std::mt19937_64 rng(seed);
  GoldenSamples golden;
  golden.origin = preprocessing ? "pseudo-random pictures" : "pseudo-random inputs";
  for (int sample = 0; sample < golden_count; ++sample) {
    if (preprocessing) {
      for (std::size_t i = 0; i < preprocessing->pixel_bytes(); ++i)
        golden.pixels.push_back(static_cast<std::uint8_t>(rng() >> 56));
      continue;
    }
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::size_t count = inputs[k].bytes / int8::dtype_size(inputs[k].type);
      for (std::size_t i = 0; i < count; ++i) {
        append_value(golden.inputs, static_cast<std::int8_t>(rng() >> 56), codes[k], inputs[k]);
      }
    }
  }
  if (preprocessing) golden.inputs = preprocessing->apply(golden.pixels);
  return golden;
}

std::vector<std::byte> golden_outputs(const int8::Model& model,
                                      const std::vector<std::byte>& inputs) {
  int8::ExecutionContext context(model);
  std::vector<std::byte> outputs;
  for (std::size_t at = 0; at < inputs.size();) {
    for (std::size_t k = 0; k < model.inputs().size(); ++k) {
      const auto to = context.input(static_cast<int>(k));
      std::memcpy(to.data(), &inputs[at], to.size());
      at += to.size();
    }
    context.run();
    for (std::size_t k = 0; k < model.outputs().size(); ++k) {
      const auto value = context.output(static_cast<int>(k));
      outputs.insert(outputs.end(), value.begin(), value.end());
    }
  }
  return outputs;
}

bool is_classifier(const std::vector<ValueInfo>& outputs) {
  if (outputs.size() != 1) return false;
  const std::size_t count = outputs[0].bytes / int8::dtype_size(outputs[0].type);
  const auto& shape = outputs[0].shape;
  return count > 1 && !shape.empty() && static_cast<std::size_t>(shape.back()) == count;
}

Agreement compare_outputs(const std::vector<ValueInfo>& outputs,
                          const std::vector<float>& code_steps,
                          const std::vector<std::byte>& expected,
                          const std::vector<std::byte>& actual, bool classes) {
  Agreement result;
  classes = classes && is_classifier(outputs);
  if (classes) result.top1 = 0;
  for (std::size_t at = 0; at < expected.size(); ++result.samples) {
    bool equal = true;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const std::vector<double> a = values_of(outputs[k], &expected[at]);
      const std::vector<double> b = values_of(outputs[k], &actual[at]);
      for (std::size_t i = 0; i < a.size(); ++i) {
        const int apart = codes_apart(a[i], b[i], static_cast<double>(code_steps[k]));
        result.values += 1;
        result.equal_values += apart == 0;
        result.apart = std::max(result.apart, apart);
        equal = equal && apart == 0;
      }
      if (classes) result.top1 += largest(a) == largest(b);
      at += outputs[k].bytes;
    }
    result.equal_samples += equal;
  }
  return result;
}

std::string Agreement::text() const {
  const auto of = [](auto part, auto whole) {
    return std::to_string(part) + " of " + std::to_string(whole);
  };
  std::string text = of(equal_samples, samples) + " equal";
  if (equal_samples == samples) return text;
  text += ": " + of(equal_values, values) + " values, the others at most " + std::to_string(apart) +
          " apart";
  if (top1 >= 0) text += "; top-1 " + of(top1, samples);
  return text;
}

}  // namespace octet::deploy
