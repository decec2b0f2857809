// Pools, RESIZE_BILINEAR and reductions.
#include "int8/ops/reduction_step.h"
#include "int8/ops/window_nodes.h"
#include "int8/reference/mean.h"
#include "int8/reference/resize.h"
#include "interop/c99/forms.h"

namespace octet::c99 {
namespace {

using int8::OpCode;

std::vector<std::string> tap_rows(const std::vector<int8::BilinearTap>& taps) {
  std::vector<std::string> rows;
  for (const int8::BilinearTap& t : taps)
    rows.push_back(braced({t.lo, t.hi, t.weight_lo, t.weight_hi}));
  return rows;
}

std::vector<std::int32_t> narrow(const std::vector<std::int64_t>& offsets) {
  return {offsets.begin(), offsets.end()};  // below 2^31, as every size
}

}  // namespace

void write_pool(CNode& node) {
  const int8::PoolNode pool = int8::read_pool(node.view);
  const int8::PoolGeometry& g = pool.geometry;
  const std::string_view kernel =
      node.view.op() == OpCode::max_pool_2d ? "max_pool" : "average_pool";
  node.use(kernel);
  const std::string constant = node.constant("pool", {{"in_h", number(g.in_h)},
                                                      {"in_w", number(g.in_w)},
                                                      {"channels", number(g.channels)},
                                                      {"out_h", number(g.out_h)},
                                                      {"out_w", number(g.out_w)},
                                                      {"filter_h", number(g.filter_h)},
                                                      {"filter_w", number(g.filter_w)},
                                                      {"stride_h", number(g.stride_h)},
                                                      {"stride_w", number(g.stride_w)},
                                                      {"pad_top", number(g.pad_top)},
                                                      {"pad_left", number(g.pad_left)},
                                                      {"lo", number(pool.range.lo)},
                                                      {"hi", number(pool.range.hi)}});
  node.call_images(kernel, {constant}, pool.images, std::int64_t{g.in_h} * g.in_w * g.channels,
                   std::int64_t{g.out_h} * g.out_w * g.channels);
}

void write_bilinear(CNode& node) {
  const auto a = node.view.attributes<int8::ResizeAttributes>();
  const int8::Dims &x = node.view.input(0).shape, &y = node.view.output().shape;
  node.use("bilinear");
  const std::string rows = node.table("tap", tap_rows(int8::bilinear_taps(x[1], y[1], a)), "_rows");
  const std::string columns =
      node.table("tap", tap_rows(int8::bilinear_taps(x[2], y[2], a)), "_columns");
  node.call_images("bilinear",
                   {rows, number(y[1]), columns, number(y[2]), number(x[2]), number(x[3])}, x[0],
                   std::int64_t{x[1]} * x[2] * x[3], std::int64_t{y[1]} * y[2] * x[3]);
}

void write_reduction(CNode& node) {
  const int8::Reduction r = int8::make_reduction(node.view);
  const int8::ReductionLayout& l = r.layout;
  const std::string kept = node.array("kept", narrow(l.kept));
  const std::string reduced = node.array("reduced", narrow(l.reduced));
  const OpCode op = node.view.op();
  const std::string_view kernel = op == OpCode::reduce_min   ? "reduce_min"
                                  : op == OpCode::reduce_max ? "reduce_max"
                                                             : "mean";
  node.use(kernel);
  std::vector<std::string> arguments{
      node.constant("reduction", {{"kept", kept},
                                  {"reduced", reduced},
                                  {"results", number(r.results())},
                                  {"inner", number(l.inner)},
                                  {"groups", number(static_cast<std::int64_t>(l.reduced.size()))},
                                  {"run", number(l.run)},
                                  {"run_stride", number(l.run_stride)}})};
  if (kernel == "mean") {
    const int8::QuantParams x = node.view.i8_activation(0), y = node.view.i8_output();
    const int8::MeanParams p =
        (op == OpCode::mean ? int8::make_mean_params : int8::make_sum_params)(
            x.scale, x.zero_point, y.scale, y.zero_point, r.count, node.view.rounding());
    for (const std::int64_t n : {p.offset, p.m.m, p.m.shift, p.z_out})
      arguments.push_back(number(n));
  }
  arguments.push_back(node.x());
  arguments.push_back(node.y());
  node.call(kernel, arguments);
}

}  // namespace octet::c99
