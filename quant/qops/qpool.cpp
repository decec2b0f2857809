#include "quant/qops/qpool.h"

#include <algorithm>

#include "int8/kernels/dispatch.h"
#include "int8/kernels/pool_kernels.h"
#include "quant/kernels/pool_backward.h"
#include "quant/lowering.h"

namespace octet::quant {

std::string_view QPoolOp::name() const {
  switch (kind) {
    case Kind::max:
      return "q_max_pool2d";
    case Kind::average:
      return "q_avg_pool2d";
    case Kind::global_average:
      break;
  }
  return "q_global_avg_pool";
}

std::string QPoolOp::attributes() const {
  return kind == Kind::global_average ? std::string() : window.to_string();
}

int8::PoolGeometry QPoolOp::geometry(const Shape& x) const {
  OCTET_CHECK(x.rank() == 4, "layer ", layer, ": expected an input [N, H, W, C], got ", x);
  int8::PoolGeometry g;
  g.in_h = static_cast<int>(x[1]);
  g.in_w = static_cast<int>(x[2]);
  g.channels = static_cast<int>(x[3]);
  if (kind == Kind::global_average) {
    g.filter_h = g.in_h;
    g.filter_w = g.in_w;
    return g;
  }
  const auto [out_h, out_w] = window.output_size(x[1], x[2], layer);
  const Padding2d pads = window.resolve(x[1], x[2]);
  g.out_h = static_cast<int>(out_h);
  g.out_w = static_cast<int>(out_w);
  g.filter_h = window.kernel_h;
  g.filter_w = window.kernel_w;
  g.stride_h = window.stride_h;
  g.stride_w = window.stride_w;
  g.pad_top = pads.top;
  g.pad_left = pads.left;
  return g;
}

Tensor QPoolOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  switch (kind) {
    case Kind::max:
      return MaxPool2dOp(window).forward(ctx, x, unused);
    case Kind::average:
      return AvgPool2dOp(window, false).forward(ctx, x, unused);
    case Kind::global_average:
      break;
  }
  return GlobalAvgPoolOp().forward(ctx, x, unused);
}

Tensor QPoolOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const int8::PoolGeometry g = geometry(x[0].shape());
  Tensor y = ctx.empty({x[0].shape()[0], g.out_h, g.out_w, g.channels}, ElementType::i8);
  const int8::PoolRowKernel kernel =
      kind == Kind::max ? int8::max_pool_kernel(ctx.isa) : int8::average_pool_kernel(ctx.isa);
  int8::pool(kernel, g, {}, x[0].data<std::int8_t>(), y.data<std::int8_t>(), x[0].shape()[0],
             ctx.threads);
  // The average needs only the geometry; the maximum is found again from the codes.
  if (kind == Kind::max) saved.tensors = {x[0], y};
  saved.extra = x[0].shape();
  return y;
}

void QPoolOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& shape = std::any_cast<const Shape&>(saved.extra);
  const int8::PoolGeometry g = geometry(shape);
  const std::int64_t in_size = shape.numel() / shape[0], out_size = dy.numel() / shape[0];
  Tensor d = ctx.empty(shape);
  const float* gy = dy.r();
  float* gx = d.r();
  if (kind == Kind::max) {
    const auto* x = saved.tensors[0].data<std::int8_t>();
    const auto* y = saved.tensors[1].data<std::int8_t>();
    ctx.threads.run(shape[0], [&](std::int64_t n, int) {
      max_pool_backward(
          ctx.isa, {g, x + n * in_size, y + n * out_size, gy + n * out_size, gx + n * in_size});
    });
  } else {
    ctx.threads.run(shape[0], [&](std::int64_t n, int) {
      average_pool_backward(ctx.isa, {g, nullptr, nullptr, gy + n * out_size, gx + n * in_size});
    });
  }
  dx[0]->add(std::move(d), ctx);
}

int QPoolOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  int input = inputs[0];
  const std::vector<std::int32_t> in = l.tensor(input).shape;
  int8::PoolAttributes a;
  if (kind == Kind::global_average) {
    a.filter_h = in[1];
    a.filter_w = in[2];
  } else {
    a.filter_h = window.kernel_h;
    a.filter_w = window.kernel_w;
    a.stride_h = window.stride_h;
    a.stride_w = window.stride_w;
    if (kind == Kind::max) {
      a.padding = lower_padding(l, input, layer, window, /*of_maximum=*/true);
    } else {
      a.padding = lower_padding(l, input, layer, window);
      OCTET_CHECK(input == inputs[0], "layer ", layer, ": average pooling with padding ",
                  window.to_string(),
                  " that does not count padded pixels has no int8 form; use SAME padding or "
                  "count_include_pad");
    }
  }
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(kind == Kind::max ? int8::OpCode::max_pool_2d : int8::OpCode::average_pool_2d, {input},
             y, a);
  return y;
}

}  // namespace octet::quant
