// Tensors as other programs' files hold them: named, with their own order of axes, not yet floats.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace octet {

/// How the numbers of a tensor are stored, little-endian. `other`: no floats (integers, 8-bit
/// floats); such tensors are known by name only.
enum class NumberFormat : std::uint8_t { f16, bf16, f32, f64, other };

/// Bytes of a number; 0 for `other`.
std::size_t number_bytes(NumberFormat format) noexcept;

/// A tensor in a file of another program, where it lies there.
struct StoredTensor {
  std::string name;  ///< as the file has it
  NumberFormat format = NumberFormat::other;
  std::string type;  ///< the file's word for the format ("BF16", "<f8"), for messages
  std::vector<std::int64_t> shape;
  bool fortran = false;             ///< neighbours along the first axis, not the last, are adjacent
  std::span<const std::byte> data;  ///< of any alignment; empty for `other`
  std::int64_t numel() const;
  /// Steps of each axis, in numbers.
  std::vector<std::int64_t> strides() const;
};

/// Of WeightFile: octet's own, whose axes need no change.
inline constexpr const char* checkpoint_kind = "checkpoint";

/// What a file of weights holds.
struct WeightFile {
  std::string path;  ///< for messages
  std::string kind;  ///< "safetensors", "npz", "keras", or checkpoint_kind
  std::vector<StoredTensor> tensors;
  std::vector<std::shared_ptr<const void>> owners;  ///< of the tensors' data
};

/// Product of the extents times `bits`, in whole bytes. Throws Error, beginning with `where`, if an
/// extent is negative, if the product of the others than 0 is beyond 2^60 bits, or if it is no
/// whole number of bytes.
std::int64_t checked_tensor_bytes(std::span<const std::int64_t> shape, std::int64_t bits,
                                  const std::string& where);

/// "[3, 64]"
std::string shape_text(std::span<const std::int64_t> shape);

/// Another order of a tensor's numbers: element [i, j, k, l] of `extents` lies i steps[0] + j
/// steps[1] + ... numbers behind the first.
struct AxisView {
  std::array<std::int64_t, 4> extents{1, 1, 1, 1}, steps{0, 0, 0, 0};
};

/// Fills `to` with the numbers of `from` in the order of `view` (of as many), as floats: f16, bf16
/// and f32 keep their value, f64 is rounded to the nearest (ties to even). Throws Error, beginning
/// with `where`, for the format `other` and for a value that is not finite or beyond the range of
/// floats; `to` is then partly written.
void copy_floats(const StoredTensor& from, const AxisView& view, const std::string& where,
                 std::span<float> to);

}  // namespace octet
