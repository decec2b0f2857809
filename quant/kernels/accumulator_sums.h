// Passes of a quantized convolution's training over [rows, channels], with sums per channel in
// double: over fixed tiles of rows, added in index order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/context.h"
#include "core/grad.h"
#include "core/kernels/channel_sums.h"
#include "quant/kernels/sums_kernels.h"

namespace octet::quant {

/// Adds acc and acc^2 to the sums of one tile (line 7).
void add_moments(Isa isa, ChannelSums& sums, std::int64_t tile, const std::int32_t* acc,
                 std::int64_t rows) noexcept;

/// The gradient of line 23 and what batch statistics make of it (line 25). u_hat = scale acc +
/// offset.
struct MaskedGradient {
  const float* dy;           ///< [rows, channels]
  const std::uint8_t* mask;  ///< one bit each
  const std::int32_t* acc;   ///< [rows, channels]; null without batch statistics
  std::span<const float> scale, offset;
  std::int64_t rows, channels;
};

/// sum(delta) and sum(delta u_hat). Requires acc.
void sum_gradient(Context& ctx, const MaskedGradient& g, std::span<double> sum,
                  std::span<double> sum_u);

/// delta = m dy, made where it is read; its sums meanwhile.
class MaskedDelta final : public LazyGradient {
 public:
  /// `dy`, which must outlive this, has the values that `g` points to.
  MaskedDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy);
  void begin(std::int64_t tiles) override;
  void make(std::int64_t tile, std::int64_t first, std::int64_t count,
            float* out) noexcept override;
  void add_inputs(std::int64_t first, std::int64_t count,
                  Prefetch& prefetch) const noexcept override;
  const Tensor& source() const override { return dy_; }
  /// sum(delta), once all of it was made.
  void total(std::span<double> sum) const;

 private:
  const SumsKernels& kernels_;
  Pool& pool_;
  MaskedGradient g_;
  const Tensor& dy_;
  std::optional<ChannelSums> sums_;
};

/// du = f (delta - mean - u_hat mean_u), made where it is read. Requires acc.
class CentredDelta final : public LazyGradient {
 public:
  CentredDelta(Context& ctx, const MaskedGradient& g, const Tensor& dy, std::span<const float> f,
               std::span<const float> mean, std::span<const float> mean_u);
  void make(std::int64_t tile, std::int64_t first, std::int64_t count,
            float* out) noexcept override;
  void add_inputs(std::int64_t first, std::int64_t count,
                  Prefetch& prefetch) const noexcept override;
  const Tensor& source() const override { return dy_; }

 private:
  const SumsKernels& kernels_;
  MaskedGradient g_;
  const Tensor& dy_;
  WideRows wide_;
  PoolVector<float> scale_, offset_, f_, mean_, mean_u_;  // for wide rows
};

}  // namespace octet::quant
