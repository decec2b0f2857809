#include "interop/tflite/file_buffers.h"

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/half.h"
#include "interop/tflite/names.h"

namespace octet::tflite {

FileBuffers::FileBuffers(flatbuffers::FlatBufferBuilder& builder) : builder_(builder) {
  tables_.push_back(CreateBuffer(builder_));
}

template <class Fill>
void FileBuffers::append(std::size_t size, const Fill& fill) {
  if (size == 0) {
    tables_.push_back(CreateBuffer(builder_));
    return;
  }
  // TFLite Micro uses constants where they are in the file.
  builder_.ForceVectorAlignment(size, 1, 16);
  std::uint8_t* to = nullptr;
  const auto data = builder_.CreateUninitializedVector(size, 1, &to);
  fill(to);
  tables_.push_back(CreateBuffer(builder_, data));
}

std::uint32_t FileBuffers::add(std::span<const std::byte> bytes) {
  const auto [found, is_new] = numbers_.try_emplace(bytes, next_number());
  if (is_new) {
    append(bytes.size(),
           [bytes](std::uint8_t* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  }
  return found->second;
}

std::uint32_t FileBuffers::add_halves(std::span<const std::byte> floats, const std::string& name) {
  const auto [found, is_new] = half_numbers_.try_emplace(floats, next_number());
  if (!is_new) return found->second;
  const std::size_t n = floats.size() / sizeof(float);
  append(2 * n, [&](std::uint8_t* to) {
    for (std::size_t i = 0; i < n; ++i) {
      float value;
      std::memcpy(&value, floats.data() + i * sizeof value, sizeof value);
      const std::uint16_t half = half_of_float(value);
      OCTET_CHECK((half & 0x7fffu) != 0x7c00u || std::isinf(value), quoted(name), ": ", value,
                  " is more than FLOAT16 holds (65504)");
      std::memcpy(to + 2 * i, &half, sizeof half);
    }
  });
  return found->second;
}

std::uint32_t FileBuffers::add(std::string_view text) {
  const std::uint32_t number = next_number();
  append(text.size(), [text](std::uint8_t* to) { std::memcpy(to, text.data(), text.size()); });
  return number;
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Buffer>>> FileBuffers::finish() {
  return builder_.CreateVector(tables_);
}

bool FileBuffers::Less::operator()(std::span<const std::byte> a,
                                   std::span<const std::byte> b) const {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::memcmp(a.data(), b.data(), a.size()) < 0;
}

}  // namespace octet::tflite
