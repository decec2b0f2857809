#include "quant/qops/requantize_pass.h"

#include <algorithm>
#include <limits>

#include "core/simd.h"

namespace octet::quant {

namespace {

// A multiple of 8 rows, so that chunks never share a byte of the mask.
constexpr std::int64_t rows_per_chunk = 256;

struct Row {
  const std::int32_t* acc;
  const std::int32_t* sign;
  const std::int32_t* bias;
  const std::int32_t* m;
  const std::int32_t* total;  // single: 31 - shift; double: right shift
  const std::int32_t* left;   // double: left shift
  std::int64_t channels;
  std::int32_t zero_point, lo, hi, mask_lo;
  // Results: clamped code, one byte whether the gradient passes, sign acc + bias.
  std::int8_t* codes;
  std::uint8_t* pass;
  std::int32_t* biased;
};

OCTET_INLINE void requantize_single(const Row& r) noexcept {
  std::int8_t* __restrict codes = r.codes;
  std::uint8_t* __restrict pass = r.pass;
  std::int32_t* __restrict biased = r.biased;
  const std::int32_t *acc = r.acc, *sign = r.sign, *bias = r.bias, *m = r.m, *total = r.total;
  const std::int32_t z = r.zero_point, lo = r.lo, hi = r.hi, mask_lo = r.mask_lo;
  for (std::int64_t c = 0; c < r.channels; ++c) {
    const std::int32_t v = acc[c] * sign[c] + bias[c];
    biased[c] = v;
    const std::int64_t product = std::int64_t{v} * m[c] + (std::int64_t{1} << (total[c] - 1));
    const std::int32_t p = static_cast<std::int32_t>(product >> total[c]) + z;
    pass[c] = static_cast<std::uint8_t>((p >= mask_lo) & (p <= hi));
    codes[c] = static_cast<std::int8_t>(p < lo ? lo : (p > hi ? hi : p));
  }
}

OCTET_SIMD_FUNCTION(requantize_row_single, requantize_single, const Row&)

void requantize_row_double(const Row& r) noexcept {
  for (std::int64_t c = 0; c < r.channels; ++c) {
    const std::int32_t v = r.acc[c] * r.sign[c] + r.bias[c];
    r.biased[c] = v;
    const std::int32_t p =
        int8::multiply_by_quantized_multiplier(v, {r.m[c], r.left[c] - r.total[c]},
                                               int8::Rounding::double_rounding) +
        r.zero_point;
    r.pass[c] = static_cast<std::uint8_t>((p >= r.mask_lo) & (p <= r.hi));
    r.codes[c] = static_cast<std::int8_t>(std::clamp(p, r.lo, r.hi));
  }
}

struct Extremes {
  const std::int32_t* v;
  std::int64_t n;
  std::int32_t *min, *max;
};
OCTET_INLINE void widen(const Extremes& e) noexcept {
  std::int32_t* __restrict min = e.min;
  std::int32_t* __restrict max = e.max;
  const std::int32_t* __restrict v = e.v;
  for (std::int64_t c = 0; c < e.n; ++c) {
    min[c] = v[c] < min[c] ? v[c] : min[c];
    max[c] = v[c] > max[c] ? v[c] : max[c];
  }
}
OCTET_SIMD_FUNCTION(widen_range, widen, const Extremes&)

struct Sums {
  const std::int32_t* v;
  std::int64_t n;
  double *sum, *squares;
};
OCTET_INLINE void add_row(const Sums& s) noexcept {
  double* __restrict sum = s.sum;
  double* __restrict squares = s.squares;
  const std::int32_t* __restrict v = s.v;
  for (std::int64_t c = 0; c < s.n; ++c) {
    const double a = v[c];
    sum[c] += a;
    squares[c] += a * a;
  }
}
OCTET_SIMD_FUNCTION(add_sums, add_row, const Sums&)

void pack_bits(const std::uint8_t* flags, std::int64_t n, std::uint8_t* bits) {
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    unsigned byte = 0;
    for (int b = 0; b < 8; ++b) byte |= static_cast<unsigned>(flags[i + b]) << b;
    bits[i >> 3] = static_cast<std::uint8_t>(byte);
  }
  if (i < n) {
    unsigned byte = 0;
    for (int b = 0; i + b < n; ++b) byte |= static_cast<unsigned>(flags[i + b]) << b;
    bits[i >> 3] = static_cast<std::uint8_t>(byte);
  }
}

}  // namespace

void requantize(Context& ctx, const RequantizePass& pass) {
  const std::int64_t channels = pass.channels;
  const auto n = static_cast<std::size_t>(channels);
  const bool single = pass.rounding == int8::Rounding::single_rounding;
  std::vector<std::int32_t> m(n), total(n), left(n);
  for (std::size_t c = 0; c < n; ++c) {
    const int8::Multiplier by = pass.folded->multiplier[c];
    m[c] = by.m;
    left[c] = single ? 0 : std::max(by.shift, 0);
    total[c] = single ? 31 - by.shift : std::max(-by.shift, 0);
  }
  const std::int64_t chunks = (pass.rows + rows_per_chunk - 1) / rows_per_chunk;
  const bool ranges = !pass.min.empty();
  Tensor extremes;
  if (ranges) extremes = ctx.empty({chunks, 2, channels}, DType::i32);
  Tensor scratch = ctx.empty({ctx.threads.size(), rows_per_chunk * channels}, DType::u8);
  Tensor biased = ctx.empty({ctx.threads.size(), channels}, DType::i32);
  ctx.threads.run(chunks, [&](std::int64_t chunk, int worker) {
    const std::int64_t first = chunk * rows_per_chunk;
    const std::int64_t rows = std::min(rows_per_chunk, pass.rows - first);
    std::uint8_t* flags = scratch.data<std::uint8_t>() + worker * rows_per_chunk * channels;
    std::int32_t* v = biased.data<std::int32_t>() + worker * channels;
    std::int32_t* min = nullptr;
    std::int32_t* max = nullptr;
    if (ranges) {
      min = extremes.data<std::int32_t>() + chunk * 2 * channels;
      max = min + channels;
      std::fill(min, max, std::numeric_limits<std::int32_t>::max());
      std::fill(max, max + channels, std::numeric_limits<std::int32_t>::min());
    }
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t at = (first + i) * channels;
      const Row row{pass.acc + at,
                    pass.folded->sign.data(),
                    pass.folded->bias.data(),
                    m.data(),
                    total.data(),
                    left.data(),
                    channels,
                    pass.zero_point,
                    pass.lo,
                    pass.hi,
                    pass.lo + (pass.open_lower ? 1 : 0),
                    pass.codes + at,
                    flags + i * channels,
                    v};
      if (single) {
        requantize_row_single(row);
      } else {
        requantize_row_double(row);
      }
      if (ranges) widen_range({v, channels, min, max});
    }
    if (pass.mask) pack_bits(flags, rows * channels, pass.mask + first * channels / 8);
  });
  if (ranges) {
    std::fill(pass.min.begin(), pass.min.end(), std::numeric_limits<std::int32_t>::max());
    std::fill(pass.max.begin(), pass.max.end(), std::numeric_limits<std::int32_t>::min());
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      const std::int32_t* e = extremes.data<std::int32_t>() + chunk * 2 * channels;
      for (std::size_t c = 0; c < n; ++c) {
        pass.min[c] = std::min(pass.min[c], e[c]);
        pass.max[c] = std::max(pass.max[c], e[n + c]);
      }
    }
  }
}

void channel_sums(Context& ctx, const std::int32_t* acc, std::int64_t rows, std::int64_t channels,
                  std::span<double> sum, std::span<double> sum_of_squares) {
  const std::int64_t chunks = (rows + rows_per_chunk - 1) / rows_per_chunk;
  std::vector<double> partial(static_cast<std::size_t>(chunks * 2 * channels), 0.0);
  ctx.threads.run(chunks, [&](std::int64_t chunk, int) {
    double* s = partial.data() + chunk * 2 * channels;
    const std::int64_t end = std::min(rows, (chunk + 1) * rows_per_chunk);
    for (std::int64_t r = chunk * rows_per_chunk; r < end; ++r) {
      add_sums({acc + r * channels, channels, s, s + channels});
    }
  });
  std::fill(sum.begin(), sum.end(), 0.0);
  std::fill(sum_of_squares.begin(), sum_of_squares.end(), 0.0);
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const double* s = partial.data() + chunk * 2 * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      sum[static_cast<std::size_t>(c)] += s[c];
      sum_of_squares[static_cast<std::size_t>(c)] += s[channels + c];
    }
  }
}

}  // namespace octet::quant
