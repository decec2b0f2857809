// One number that says what a model computes.
#include <cstring>

#include "base/error.h"
#include "int8/engine/random_inputs.h"

namespace octet::int8 {
namespace {

std::uint64_t fnv1a(std::uint64_t hash, std::span<const std::byte> bytes) noexcept {
  for (const std::byte b : bytes) hash = (hash ^ static_cast<std::uint64_t>(b)) * fnv_prime;
  return hash;
}

}  // namespace

RandomInputs::RandomInputs(std::span<const ValueInfo> inputs) noexcept : state_(fnv_offset) {
  for (const ValueInfo& info : inputs) state_ = (state_ ^ info.bytes) * fnv_prime;
}

std::uint64_t RandomInputs::next() noexcept {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void RandomInputs::fill(const ValueInfo& info, std::span<std::byte> bytes) noexcept {
  if (is_quantizable(info.type)) {
    for (std::byte& b : bytes) b = static_cast<std::byte>(next() >> 56);
    return;
  }
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(float)) {
    const auto steps = static_cast<std::int32_t>(next() >> 40) - (1 << 23);
    const float v = static_cast<float>(steps) / static_cast<float>(1 << 21);
    std::memcpy(bytes.data() + i, &v, sizeof(float));
  }
}

std::uint64_t signature(const Model& model, int samples, std::size_t memory_limit) {
  OCTET_CHECK(samples >= 1, "signature: expected at least 1 sample, got ", samples);
  RandomInputs random(model.inputs());
  ExecutionContext context(model, {.memory_limit = memory_limit});
  std::uint64_t hash = fnv_offset;
  for (int s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < model.inputs().size(); ++i) {
      random.fill(model.inputs()[i], context.input(static_cast<int>(i)));
    }
    context.run();
    for (std::size_t i = 0; i < model.outputs().size(); ++i) {
      hash = fnv1a(hash, context.output(static_cast<int>(i)));
    }
  }
  return hash;
}

std::string signature_text(std::uint64_t signature) {
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[15 - i] = "0123456789abcdef"[(signature >> (4 * i)) & 15];
  }
  return text;
}

}  // namespace octet::int8
