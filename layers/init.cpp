#include "layers/init.h"

#include <cmath>

#include "core/random.h"

namespace octet {
namespace {

/// Initial values take the streams from here on, so that the same seed may serve other purposes.
constexpr std::uint64_t first_stream = std::uint64_t{0x696e6974} << 32;

}  // namespace

Tensor Init::uniform(const Shape& shape, double bound) {
  Random random(seed_, first_stream + drawn_++);
  Tensor t = Tensor::empty(shape);
  if (!draw_) return t;
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform(-bound, bound));
  return t;
}

Tensor Init::kaiming_uniform(const Shape& shape, std::int64_t fan_in) {
  OCTET_CHECK(fan_in > 0, "kaiming_uniform: expected fan_in > 0, got ", fan_in);
  return uniform(shape, 1 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace octet
