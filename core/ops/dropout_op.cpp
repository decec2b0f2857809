// Dropout. The mask is not saved: backward makes it again from its key.
#include <cmath>
#include <sstream>

#include "core/kernels/common.h"
#include "core/ops/ops.h"
#include "core/random.h"

namespace octet {
namespace {

/// Dropouts take the streams from here on, so that the same seed may serve other purposes.
constexpr std::uint64_t first_stream = std::uint64_t{0x64726f70} << 32;

/// What backward needs to make the mask again.
struct Key {
  std::uint64_t seed, step;
};

template <class F>
void for_kept(Context& ctx, const DropoutOp& op, Key key, std::int64_t n, const F& f) {
  // 16 random bits an element, four elements a draw.
  const std::uint32_t threshold = op.threshold();
  for_blocks(ctx, n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += 4) {
      const std::uint64_t bits =
          random_u64(key.seed ^ (key.step * 0x9e3779b97f4a7c15u), first_stream + op.stream,
                     static_cast<std::uint64_t>(i / 4));
      for (std::int64_t k = i; k < std::min(end, i + 4); ++k) {
        f(k, ((bits >> (16 * (k - i))) & 0xffff) >= threshold);
      }
    }
  });
}

}  // namespace

DropoutOp::DropoutOp(double probability, std::uint64_t s) : p(probability), stream(s) {
  OCTET_CHECK(p >= 0 && p < 1, "dropout: expected a probability in [0, 1), got ", p);
}

std::uint32_t DropoutOp::threshold() const noexcept {
  return static_cast<std::uint32_t>(std::min(std::llround(p * 65536), 65535ll));
}

std::string DropoutOp::attributes() const {
  std::ostringstream s;
  s << "p=" << p << ", stream=" << stream;
  return s.str();
}

Tensor dropout_mask(Context& ctx, const DropoutOp& op, const Shape& shape) {
  Tensor mask = ctx.empty(shape, ElementType::u8);
  auto* m = mask.data<std::uint8_t>();
  for_kept(ctx, op, {ctx.seed, ctx.step}, mask.numel(),
           [&](std::int64_t i, bool kept) { m[i] = kept; });
  return mask;
}

Tensor DropoutOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  if (!ctx.training || p == 0) return x[0];
  Tensor y = ctx.empty(x[0].shape());
  const real* px = x[0].r();
  real* py = y.r();
  const real scale = static_cast<real>(1 / keep());
  const Key key{ctx.seed, ctx.step};
  for_kept(ctx, *this, key, y.numel(),
           [&](std::int64_t i, bool kept) { py[i] = kept ? scale * px[i] : real(0); });
  saved.extra = key;
  return y;
}

void DropoutOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  if (!saved.extra.has_value()) {
    dx[0]->add(dy, ctx);
    return;
  }
  const auto key = std::any_cast<Key>(saved.extra);
  real beta;
  real* out = dx[0]->accumulate(dy.shape(), ctx, beta);
  const real* g = dy.r();
  const real scale = static_cast<real>(1 / keep());
  for_kept(ctx, *this, key, dy.numel(), [&](std::int64_t i, bool kept) {
    const real v = kept ? scale * g[i] : real(0);
    out[i] = beta == 0 ? v : out[i] + v;
  });
}

Var dropout(Var x, double p, std::uint64_t stream) {
  return x.tape->record(std::make_shared<DropoutOp>(p, stream), {x});
}

}  // namespace octet
