// The texts of interop/c99/kernels/ and interop/c99/templates/, which the build puts into the
// program.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/rounding.h"

namespace octet::c99 {

/// Products of codes: in plain C, by the DSP extension of Arm's Cortex-M, by its vectors (MVE).
/// The codes are the same.
enum class CSimd { none, dsp, mve };

/// Text of a file, "kernels/conv.c". Requires that it is one.
std::string_view text_of_c99(std::string_view path);

/// The kernels of one model: each once, behind those that it includes.
class KernelSet {
 public:
  KernelSet(int8::Rounding rounding, CSimd simd) : rounding_(rounding), simd_(simd) {}

  void add(std::string_view name);
  /// Headers beside stdint.h and string.h, as lines.
  std::string headers() const;
  const std::string& text() const noexcept { return text_; }

 private:
  std::string form_of(std::string_view name) const;

  int8::Rounding rounding_;
  CSimd simd_;
  std::set<std::string, std::less<>> seen_, headers_;
  std::string text_;
};

}  // namespace octet::c99
