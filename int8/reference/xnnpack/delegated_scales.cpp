#include "int8/reference/xnnpack/delegated_scales.h"

#include <cmath>

namespace octet::int8::xnnpack {
namespace {

bool is_rescaling_ratio(float ratio) noexcept {
  return ratio >= 0x1p-8f && ratio <= 0x1p7f;
}

bool is_sum_ratio(float ratio) noexcept {
  return ratio >= 0x1p-10f && ratio < 0x1p8f;
}

}  // namespace

bool takes_sum(float s1, float s2, float s_out) noexcept {
  return is_sum_ratio(s1 / s_out) && is_sum_ratio(s2 / s_out);
}

bool takes_product(float s1, float s2, float s_out) noexcept {
  const float product = s1 * s2;
  const float ratio = product / s_out;
  return ratio >= 0x1p-16f && ratio < 0x1p8f;
}

bool takes_rescaling(float s_in, float s_out) noexcept {
  return is_rescaling_ratio(s_in / s_out);
}

bool takes_leaky_relu(float s_in, float s_out, float alpha) noexcept {
  const float ratio = s_in / s_out;
  const float slope = ratio * alpha;
  return is_rescaling_ratio(ratio) && std::isnormal(alpha) &&
         is_rescaling_ratio(std::fabs(slope)) && slope >= -127.99609375f;
}

}  // namespace octet::int8::xnnpack
