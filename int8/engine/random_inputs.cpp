#include "int8/engine/random_inputs.h"

#include <cstring>

namespace octet::int8 {

RandomInputs::RandomInputs(std::span<const ValueInfo> inputs) noexcept
    : state_(0xcbf29ce484222325u) {
  for (const ValueInfo& info : inputs) state_ = (state_ ^ info.bytes) * 0x100000001b3u;
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

}  // namespace octet::int8
