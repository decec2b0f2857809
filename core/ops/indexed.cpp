// Pad, tile and expand: one forward, one backward, an index for each axis.
#include "core/ops/indexed.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

#include "core/kernels/axis_gather.h"
#include "core/kernels/common.h"
#include "core/ops/layout.h"

namespace octet {

Tensor IndexedOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  const Shape& in = x[0].shape();
  Tensor y = ctx.empty(result(in));
  gather(in).gather(ctx, x[0].r(), fill_value(), y.r());
  saved.extra = in;
  return y;
}

void IndexedOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& in = std::any_cast<const Shape&>(saved.extra);
  real beta;
  real* out = dx[0]->accumulate(in, ctx, beta);
  gather(in).scatter(ctx, dy.r(), beta, out);
}

namespace {

std::int64_t positive_mod(std::int64_t i, std::int64_t n) {
  return (i % n + n) % n;
}

/// The element of an axis of `n` that stands at position i, which may lie outside; -1: none.
std::int64_t padded_index(std::int64_t i, std::int64_t n, PadMode mode) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case PadMode::constant:
      break;
    case PadMode::edge:
      return std::clamp<std::int64_t>(i, 0, n - 1);
    case PadMode::wrap:
      return positive_mod(i, n);
    case PadMode::reflect: {
      if (n == 1) return 0;
      const std::int64_t at = positive_mod(i, 2 * (n - 1));
      return std::min(at, 2 * (n - 1) - at);
    }
  }
  return -1;
}

}  // namespace

PadOp::PadOp(std::vector<std::int64_t> b, std::vector<std::int64_t> a, PadMode m, real v)
    : before(std::move(b)), after(std::move(a)), mode(m), value(v) {
  OCTET_CHECK(before.size() == after.size(), "pad: expected as many pads before as after, got ",
              before.size(), " and ", after.size());
  OCTET_CHECK(!std::isnan(value), "pad: expected a value that is a number, got ", value);
}

std::string PadOp::attributes() const {
  constexpr const char* names[] = {"constant", "reflect", "edge", "wrap"};
  std::ostringstream s;
  s << "before=" << list_text(before) << ", after=" << list_text(after)
    << ", mode=" << names[static_cast<int>(mode)];
  if (value != 0) s << std::setprecision(17) << ", value=" << value;
  return s.str();
}

Shape PadOp::result(const Shape& x) const {
  OCTET_CHECK(static_cast<std::size_t>(x.rank()) == before.size(), "pad: x: expected ",
              before.size(), " dimensions, got ", x);
  Shape y = x;
  for (int d = 0; d < x.rank(); ++d) {
    const auto i = static_cast<std::size_t>(d);
    if (before[i] == 0 && after[i] == 0) continue;
    // So that no sum overflows.
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 4;
    OCTET_CHECK(before[i] < most && after[i] < most && before[i] > -most && after[i] > -most &&
                    x[d] + before[i] + after[i] >= 1,
                "pad: x ", x, ": pads ", before[i], " and ", after[i], " of dimension ", d,
                " leave nothing, or are too large");
    OCTET_CHECK(mode == PadMode::constant || x[d] > 0, "pad: x ", x,
                ": nothing to repeat in dimension ", d);
    y.set(d, x[d] + before[i] + after[i]);
  }
  return y;
}

AxisGather PadOp::gather(const Shape& x) const {
  const Shape y = result(x);
  std::vector<AxisGather::Axis> axes;
  for (int d = 0; d < x.rank(); ++d) {
    AxisGather::Axis a{x[d], {}};
    for (std::int64_t i = 0; i < y[d]; ++i) {
      a.of.push_back(padded_index(i - before[static_cast<std::size_t>(d)], x[d], mode));
    }
    axes.push_back(std::move(a));
  }
  return AxisGather(std::move(axes));
}

TileOp::TileOp(std::vector<std::int64_t> r) : repeats(std::move(r)) {
  OCTET_CHECK(std::ranges::all_of(repeats, [](std::int64_t n) { return n >= 1; }),
              "tile: expected repeats >= 1, got ", list_text(repeats));
}

std::string TileOp::attributes() const {
  return "repeats=" + list_text(repeats);
}

Shape TileOp::result(const Shape& x) const {
  OCTET_CHECK(static_cast<std::size_t>(x.rank()) == repeats.size(), "tile: x: expected ",
              repeats.size(), " dimensions, got ", x);
  Shape y = x;
  for (int d = 0; d < x.rank(); ++d) {
    std::int64_t extent;
    OCTET_CHECK(!__builtin_mul_overflow(x[d], repeats[static_cast<std::size_t>(d)], &extent),
                "tile: result too large");
    y.set(d, extent);
  }
  return y;
}

AxisGather TileOp::gather(const Shape& x) const {
  const Shape y = result(x);
  std::vector<AxisGather::Axis> axes;
  for (int d = 0; d < x.rank(); ++d) {
    AxisGather::Axis a{x[d], {}};
    for (std::int64_t i = 0; i < y[d]; ++i) a.of.push_back(i % x[d]);
    axes.push_back(std::move(a));
  }
  return AxisGather(std::move(axes));
}

ExpandOp::ExpandOp(std::vector<std::int64_t> d) : dims(std::move(d)) {
  OCTET_CHECK(std::ranges::all_of(dims, [](std::int64_t n) { return n >= 1; }),
              "expand: expected extents >= 1, got ", list_text(dims));
}

std::string ExpandOp::attributes() const {
  return "dims=" + list_text(dims);
}

Shape ExpandOp::result(const Shape& x) const {
  const int wanted = static_cast<int>(dims.size()), rank = std::max(x.rank(), wanted);
  std::vector<std::int64_t> extents(static_cast<std::size_t>(rank), 1);
  for (int d = 1; d <= rank; ++d) {
    const std::int64_t of_x = d <= x.rank() ? x[-d] : 1;
    const std::int64_t of_dims = d <= wanted ? dims[static_cast<std::size_t>(wanted - d)] : 1;
    OCTET_CHECK(of_x == of_dims || of_x == 1 || of_dims == 1, "expand: x ", x,
                " does not broadcast to ", list_text(dims));
    extents[static_cast<std::size_t>(rank - d)] = of_x == 1 ? of_dims : of_x;
  }
  return Shape(std::span<const std::int64_t>(extents));
}

AxisGather ExpandOp::gather(const Shape& x) const {
  const Shape y = result(x);
  std::vector<AxisGather::Axis> axes;
  for (int d = 0; d < y.rank(); ++d) {
    const int in = d - (y.rank() - x.rank());
    if (in >= 0 && x[in] == y[d]) {
      axes.push_back(AxisGather::Axis::same(y[d]));
    } else {
      axes.push_back({1, std::vector<std::int64_t>(static_cast<std::size_t>(y[d]), 0)});
    }
  }
  return AxisGather(std::move(axes));
}

Var pad(Var x, std::vector<std::int64_t> before, std::vector<std::int64_t> after, PadMode mode,
        real value) {
  const auto fits = [](const std::vector<std::int64_t>& p) {
    return p.size() == 4 && p[0] == 0 && p[3] == 0 && std::ranges::all_of(p, [](std::int64_t n) {
             return n >= 0 && n <= std::numeric_limits<int>::max() / 4;
           });
  };
  if (mode == PadMode::constant && std::isfinite(value) && x.shape().rank() == 4 && fits(before) &&
      fits(after)) {
    const auto pixels = [](std::int64_t n) { return static_cast<int>(n); };
    return pad2d(x, {pixels(before[1]), pixels(after[1]), pixels(before[2]), pixels(after[2])},
                 value);
  }
  return x.tape->record(std::make_shared<PadOp>(std::move(before), std::move(after), mode, value),
                        {x});
}

Var tile(Var x, std::vector<std::int64_t> repeats) {
  return x.tape->record(std::make_shared<TileOp>(std::move(repeats)), {x});
}

Var expand(Var x, std::vector<std::int64_t> dims) {
  return x.tape->record(std::make_shared<ExpandOp>(std::move(dims)), {x});
}

}  // namespace octet
