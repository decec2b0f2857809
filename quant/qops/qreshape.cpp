#include "quant/qops/qreshape.h"

#include "quant/lowering.h"

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
  const int y = l.add_value(layer, shape, out->params);
  const std::vector<std::int32_t> dims32 = l.tensor(y).shape;
  const int wanted =
      l.add_int32(layer + ".shape", {static_cast<std::int64_t>(dims32.size())}, dims32);
  l.add_node(int8::OpCode::reshape, {inputs[0], wanted}, y, int8::ReshapeAttributes{dims32});
  return y;
}

}  // namespace octet::quant
