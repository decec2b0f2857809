// The buffers of a TFLite file that is being written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tflite_generated.h"

namespace octet::tflite {

/// Number 0 is empty, equal constants share one.
class FileBuffers {
 public:
  explicit FileBuffers(flatbuffers::FlatBufferBuilder& builder);

  /// The number of the buffer. `bytes` must stay alive as long as this object.
  std::uint32_t add(std::span<const std::byte> bytes);
  /// Of `floats` as FLOAT16, which must stay alive, too. Throws Error, beginning with `name`, for a
  /// finite number that FLOAT16 does not hold.
  std::uint32_t add_halves(std::span<const std::byte> floats, const std::string& name);
  /// A buffer of its own, for text.
  std::uint32_t add(std::string_view text);

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Buffer>>> finish();

 private:
  struct Less {
    bool operator()(std::span<const std::byte> a, std::span<const std::byte> b) const;
  };
  using Numbers = std::map<std::span<const std::byte>, std::uint32_t, Less>;

  std::uint32_t next_number() const { return static_cast<std::uint32_t>(tables_.size()); }
  /// A buffer of so many bytes, which fill(std::uint8_t*) writes.
  template <class Fill>
  void append(std::size_t size, const Fill& fill);

  flatbuffers::FlatBufferBuilder& builder_;
  std::vector<flatbuffers::Offset<Buffer>> tables_;
  Numbers numbers_, half_numbers_;
};

}  // namespace octet::tflite
