// Tensor extents: up to six dimensions, stored in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "base/error.h"

namespace octet {

/// The extents of a tensor, row-major, at most max_rank of them.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims)
      : Shape(std::span<const std::int64_t>(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::int64_t> dims) {
    OCTET_CHECK(dims.size() <= max_rank, "shape: expected at most ", max_rank, " dimensions, got ",
                dims.size());
    for (std::int64_t d : dims) {
      OCTET_CHECK(d >= 0, "shape: expected extents >= 0, got ", d);
      dims_[static_cast<std::size_t>(rank_++)] = d;
    }
  }

  int rank() const noexcept { return rank_; }
  /// Negative i counts from the end.
  std::int64_t operator[](int i) const noexcept {
    return dims_[static_cast<std::size_t>(i < 0 ? i + rank_ : i)];
  }
  void set(int i, std::int64_t extent) noexcept {
    dims_[static_cast<std::size_t>(i < 0 ? i + rank_ : i)] = extent;
  }
  /// Product of the extents; 1 for rank 0.
  std::int64_t numel() const noexcept {
    std::int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= (*this)[i];
    return n;
  }
  std::span<const std::int64_t> dims() const noexcept {
    return {dims_.data(), static_cast<std::size_t>(rank_)};
  }
  bool operator==(const Shape& o) const noexcept {
    if (rank_ != o.rank_) return false;
    for (int i = 0; i < rank_; ++i) {
      if ((*this)[i] != o[i]) return false;
    }
    return true;
  }
  /// "[64, 28, 28, 1]"
  std::string to_string() const {
    std::string s = "[";
    for (int i = 0; i < rank_; ++i) s += (i ? ", " : "") + std::to_string((*this)[i]);
    return s + "]";
  }
  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    return out << s.to_string();
  }

 private:
  std::array<std::int64_t, max_rank> dims_{};
  int rank_ = 0;
};

}  // namespace octet
