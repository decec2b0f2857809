// What PackedConv runs: one algorithm bound to one geometry and one ISA's kernels, with the weights
// in that algorithm's layout. Adding a kernel: one entry in the table in conv.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "int8/kernels/conv_args.h"
#include "int8/kernels/packed_conv.h"

namespace octet::int8 {

/// Where results go: codes through `requantization`, or bare accumulators. Exactly one of y and acc
/// is set.
struct ConvOutput {
  const Requantization* requantization = nullptr;
  std::int8_t* y = nullptr;
  std::int32_t* acc = nullptr;
  const DepthwiseRows* accumulators = nullptr;  ///< to compute acc with, if not the kernels' own
};

class ConvAlgorithm {
 public:
  virtual ~ConvAlgorithm() = default;
  virtual void pack(const std::int8_t* weights) noexcept = 0;
  /// Of `out`, only whether there is a requantization, and which.
  virtual void prepare(std::int32_t input_zero_point, const ConvOutput& out) = 0;
  virtual std::size_t packed_bytes() const noexcept = 0;
  virtual std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept = 0;
  virtual void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                   std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept = 0;

  // As in PackedConv. Unless overridden, units are the rows of a single image, the pixels of a
  // single row.
  virtual std::int64_t unit_bytes(std::int64_t batch) const noexcept;
  virtual Range bytes_read(Range units, std::int64_t batch) const noexcept;
  virtual void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                         std::int64_t batch, Range units, std::byte* scratch) const noexcept = 0;

 protected:
  explicit ConvAlgorithm(const ConvGeometry& g) : g_(g) {}
  bool one_row() const noexcept { return g_.in_h == 1 && g_.out_h == 1; }
  std::int64_t unit_pixels() const noexcept { return one_row() ? 1 : g_.out_w; }
  const ConvGeometry g_;
};

/// One line of the kernel table.
struct ConvKernel {
  Isa isa;
  const char* name;
  bool (*accepts)(const ConvGeometry& g);
  std::unique_ptr<ConvAlgorithm> (*make)(const ConvGeometry& g);
};

std::unique_ptr<ConvAlgorithm> make_portable_conv(const ConvGeometry& g);

}  // namespace octet::int8
