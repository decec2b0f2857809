#include "quant/qops/qreshape.h"

#include "quant/lower_moves.h"

namespace octet::quant {

Tensor QReshapeOp::forward_float(Context&, In x) const {
  return x[0].reshape(ReshapeOp(dims).result(x[0].shape()));
}

Tensor QReshapeOp::forward_codes(Context&, In x, Saved& saved, RealRange*) const {
  saved.extra = x[0].shape();
  return x[0].reshape(ReshapeOp(dims).result(x[0].shape()));
}

void QReshapeOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) dx[0]->add(dy.reshape(std::any_cast<const Shape&>(saved.extra)), ctx);
}

int QReshapeOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  return lower_reshape(l, shape, layer, inputs[0]);
}

}  // namespace octet::quant
