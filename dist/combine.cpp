#include "dist/combine.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet::dist {
namespace {

template <class T>
T sum(T a, T b) {
  return a + b;
}

/// What is not a number stays.
double larger(double a, double b) {
  return std::isnan(a) || a >= b ? a : b;
}

template <class T, T (*op)(T, T)>
void apply(std::span<const std::byte> a, std::span<const std::byte> b, std::span<std::byte> out) {
  const auto* pa = reinterpret_cast<const T*>(a.data());
  const auto* pb = reinterpret_cast<const T*>(b.data());
  auto* to = reinterpret_cast<T*>(out.data());
  for (std::size_t i = 0; i < out.size() / sizeof(T); ++i) to[i] = op(pa[i], pb[i]);
}

void apply(ReduceKind what, std::span<const std::byte> a, std::span<const std::byte> b,
           std::span<std::byte> out) {
  switch (what) {
    case ReduceKind::sum_f32:
      return apply<float, sum<float>>(a, b, out);
    case ReduceKind::sum_f64:
      return apply<double, sum<double>>(a, b, out);
    case ReduceKind::max_f64:
      return apply<double, larger>(a, b, out);
  }
}

template <class T>
void fill(std::span<std::byte> values, T value) {
  std::fill_n(reinterpret_cast<T*>(values.data()), values.size() / sizeof(T), value);
}

}  // namespace

std::size_t value_size(ReduceKind what) noexcept {
  return what == ReduceKind::sum_f32 ? sizeof(float) : sizeof(double);
}

void combine(ReduceKind what, std::span<std::byte> a, std::span<const std::byte> b) noexcept {
  apply(what, a, b, a);
}

void combine_into_second(ReduceKind what, std::span<const std::byte> a,
                         std::span<std::byte> b) noexcept {
  apply(what, a, b, b);
}

void fill_neutral(ReduceKind what, std::span<std::byte> values) noexcept {
  switch (what) {
    case ReduceKind::sum_f32:
      return fill(values, 0.0f);
    case ReduceKind::sum_f64:
      return fill(values, 0.0);
    case ReduceKind::max_f64:
      return fill(values, std::numeric_limits<double>::lowest());
  }
}

}  // namespace octet::dist
