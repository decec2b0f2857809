// Quantized pooling: codes in, codes out, params kept.
#pragma once

#include "core/ops/ops.h"
#include "int8/reference/pool.h"
#include "quant/qops/qop.h"

namespace octet::quant {

/// Input and result share one QuantizedTensor. x [N, H, W, C]. The window's padding never enters a
/// maximum or an average. A global average pool has window = image (stride irrelevant).
class QPoolOp final : public QOp {
 public:
  enum class Kind : std::uint8_t { max, average, global_average };
  Kind kind = Kind::max;
  Window2d window;  ///< unused for global_average

  using QOp::QOp;
  std::string_view name() const override;
  std::string attributes() const override;
  Tensor forward_float(Context& ctx, In x) const override;
  Tensor forward_codes(Context& ctx, In x, Saved& saved, RealRange* seen) const override;
  void backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override;
  int lower(Lowering& graph, std::span<const int> inputs, In x, const Shape& shape) const override;

 private:
  int8::PoolGeometry geometry(const Shape& x) const;
};

}  // namespace octet::quant
