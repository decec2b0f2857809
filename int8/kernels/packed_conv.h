// Convolution, depthwise convolution and fully connected layers on int8 codes: one packed-weight
// object and three ways to run it. Used by the engine's ops and, kernel for kernel, by QAT
// training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/parallel.h"
#include "int8/graph/range.h"
#include "int8/kernels/engine_isa.h"
#include "int8/reference/conv.h"

namespace octet::int8 {

/// Weights in a kernel's own layout, with the kernel chosen for the geometry and the ISA.
///
/// Every kernel gives the bytes of the portable one. Running is noexcept, allocates nothing and is
/// the same for any number of threads. Objects are immutable between calls of pack() and may be
/// run from several threads at once, each with its own scratch.
class PackedConv {
 public:
  /// Chooses a kernel, allocates, and packs `weights` if given.
  /// weights: int8 [out_c, kernel_h, kernel_w, in_c / groups] (OHWI), for depthwise too (that is
  /// [out_c, kh, kw, 1]); values in [-127, 127] (-128 is accepted from foreign files).
  /// Requires a geometry that the caller has validated (see docs: loader checks).
  PackedConv(const ConvGeometry& geometry, Isa isa, const std::int8_t* weights = nullptr);
  ~PackedConv();
  PackedConv(PackedConv&&) noexcept;
  PackedConv& operator=(PackedConv&&) noexcept;

  /// Packs new weights in place (QAT does this once a step). Same layout as the constructor's.
  void pack(const std::int8_t* weights) noexcept;

  /// Computes once what each run with codes would compute anew from its zero point and `out`: later
  /// ones must be with codes and the same. Undone by pack().
  void prepare(std::int32_t input_zero_point, const Requantization& out);
  /// The same for later runs with accumulators.
  void prepare_accumulators(std::int32_t input_zero_point);

  const ConvGeometry& geometry() const noexcept;
  /// Name of the kernel that runs, as `octet bench --profile` prints it: qs8_qc8w_<op>_<isa>.
  const char* kernel_name() const noexcept;
  /// Bytes of scratch, 64-byte aligned, that a run of at most `batch` samples on at most `threads`
  /// threads needs.
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept;
  std::size_t packed_bytes() const noexcept;

  /// Engine epilogue: int8 codes. y: [batch, out_h, out_w, out_c].
  void run(const std::int8_t* x, std::int32_t input_zero_point, const Requantization& out,
           std::int8_t* y, std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept;

  /// The same in parts: unit u is bytes [u * unit_bytes, (u + 1) * unit_bytes) of y as far as there
  /// are so many: rows, pixels of a single row, some pixels of a 1x1 convolution, or some channels
  /// of a single pixel.
  /// 0: the kernel cannot.
  std::int64_t unit_bytes(std::int64_t batch) const noexcept;
  /// The bytes of x that these units are computed from.
  Range bytes_read(Range units, std::int64_t batch) const noexcept;
  /// On scratch of one thread; different units may run at once.
  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const Requantization& out,
                 std::int8_t* y, std::int64_t batch, Range units,
                 std::byte* scratch) const noexcept;

  /// Training epilogue: the bare accumulators sum w * (x - input_zero_point), no bias.
  /// acc: [batch, out_h, out_w, out_c].
  void run_accumulators(const std::int8_t* x, std::int32_t input_zero_point, std::int32_t* acc,
                        std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace octet::int8
