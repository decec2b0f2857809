#include "quant/fake_quantize.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/kernels/common.h"
#include "quant/observers/observer.h"
#include "quant/params.h"

namespace octet::quant {

namespace {

/// x as [outer, channels, inner], channels along the axis.
struct Layout {
  std::int64_t channels = 1, inner = 1;
  std::size_t channel_of(std::int64_t i) const {
    return static_cast<std::size_t>(i / inner % channels);
  }
};

Layout layout_of(const Shape& shape, std::optional<int> axis) {
  if (!axis) return {};
  OCTET_CHECK(*axis >= 0 && *axis < shape.rank(), "fake_quantize: axis: expected 0 to ",
              shape.rank() - 1, " for x ", shape, ", got ", *axis);
  Layout l{.channels = shape[*axis]};
  for (int d = *axis + 1; d < shape.rank(); ++d) l.inner *= shape[d];
  return l;
}

std::vector<RealRange> ranges_of(const Tensor& x, const Layout& layout) {
  if (layout.channels == 1) return {range_of(x)};
  std::vector<RealRange> ranges(static_cast<std::size_t>(layout.channels));
  for (std::int64_t i = 0, n = x.numel(); i < n; ++i) {
    const real v = x.r()[i];
    OCTET_CHECK(std::isfinite(v), "observed a value that is not finite: ", v);
    RealRange& r = ranges[layout.channel_of(i)];
    r.min = std::min(r.min, double(v));
    r.max = std::max(r.max, double(v));
  }
  return ranges;
}

}  // namespace

FakeQuantizeOp::FakeQuantizeOp(const QuantSpec& s, std::optional<RealRange> r) : spec(s), range(r) {
  OCTET_CHECK(spec.bits >= 2 && spec.bits <= 16, "fake_quantize: expected 2 to 16 bits, got ",
              spec.bits);
  if (!range) return;
  OCTET_CHECK(!spec.axis, "fake_quantize: a range belongs to one scale for all, not to axis ",
              *spec.axis);
  OCTET_CHECK(std::isfinite(range->min) && std::isfinite(range->max) && !range->empty(),
              "fake_quantize: expected a finite range, got [", range->min, ", ", range->max, "]");
}

std::string FakeQuantizeOp::attributes() const {
  std::ostringstream s;
  s << std::setprecision(17) << "bits=" << spec.bits << ", symmetric=" << spec.symmetric;
  if (spec.axis) s << ", axis=" << *spec.axis;
  if (range) s << ", min=" << range->min << ", max=" << range->max;
  return s.str();
}

Tensor FakeQuantizeOp::forward(Context& ctx, In inputs, Saved& saved) const {
  check_inputs(name(), inputs.size(), 1, 1);
  check_real(name(), "x", inputs[0]);
  const Tensor& x = inputs[0];
  const Layout layout = layout_of(x.shape(), spec.axis);
  Tensor y = ctx.empty(x.shape()), passes = ctx.empty(x.shape(), ElementType::u8);
  if (x.numel() == 0) {
    saved.tensors = {passes};
    return y;
  }
  std::vector<QuantParams> params;
  try {
    for (const RealRange& r : range ? std::vector{*range} : ranges_of(x, layout)) {
      params.push_back(spec_params(spec, r));
    }
  } catch (const Error& e) {
    fail("fake_quantize: x: ", e.what());
  }
  const real lowest = real(spec.lowest()), highest = real(spec.highest());
  const real* px = x.r();
  real* py = y.r();
  auto* pass = passes.data<std::uint8_t>();
  for_blocks(ctx, x.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const QuantParams& p = params[layout.channel_of(i)];
      const real scale = real(p.scale), zero = real(p.zero_point);
      const real code = std::round(px[i] / scale) + zero;
      pass[i] = code >= lowest && code <= highest;
      py[i] = scale * (std::clamp(code, lowest, highest) - zero);
    }
  });
  saved.tensors = {passes};
  return y;
}

void FakeQuantizeOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto* pass = saved.tensors[0].data<std::uint8_t>();
  const real* g = dy.r();
  real beta;
  real* d = dx[0]->accumulate(dy.shape(), ctx, beta);
  for_blocks(ctx, dy.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const real v = pass[i] ? g[i] : real(0);
      d[i] = beta == 0 ? v : d[i] + v;
    }
  });
}

Var fake_quantize(Var x, const QuantSpec& spec) {
  return x.tape->record(std::make_shared<FakeQuantizeOp>(spec), {x});
}

Var fake_quantize(Var x, const QuantSpec& spec, const RealRange& range) {
  return x.tape->record(std::make_shared<FakeQuantizeOp>(spec, range), {x});
}

}  // namespace octet::quant
