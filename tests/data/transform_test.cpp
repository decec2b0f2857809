#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "data/transform.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

/// The result by the definition of View, pixel by pixel.
std::vector<real> naive(const Dataset& d, const TransformOptions& o, const Shape& out,
                        const Transform::View& v) {
  std::vector<real> result;
  const Shape in = d.image_shape();
  for (std::int64_t y = 0; y < out[0]; ++y) {
    for (std::int64_t x = 0; x < out[1]; ++x) {
      const std::int64_t sy = v.top + y, sx = v.left + (v.flip ? out[1] - 1 - x : x);
      const bool inside = sy >= 0 && sy < in[0] && sx >= 0 && sx < in[1];
      for (std::int64_t c = 0; c < in[2]; ++c) {
        const int p =
            inside ? d.images.data<std::uint8_t>()[(sy * in[1] + sx) * in[2] + c] : o.augment.fill;
        const auto k = static_cast<std::size_t>(c);
        const auto& n = o.normalize;
        const double mean = n.mean.size() > 1 ? n.mean[k] : n.mean[0];
        const double std = n.std.size() > 1 ? n.std[k] : n.std[0];
        result.push_back(static_cast<real>((p - mean) / std));
      }
    }
  }
  return result;
}

std::string options_error(const TransformOptions& o) {
  return error_of([&] { Transform({6, 7, 3}, o); });
}

}  // namespace

TEST_CASE("transform: every view equals the definition") {
  for (const std::int64_t channels : {1, 2, 3}) {
    const Dataset d = random_dataset(1, 6, 7, channels, 1, 3);
    for (const int crop : {0, 3, 9}) {
      TransformOptions o;
      o.normalize = {{12.5}, {57.25}};
      if (channels == 3) o.normalize = {{1, 2, 3}, {50, 60, 70}};
      o.augment = {2, true, true, 2, 200};
      o.crop_h = crop;
      o.crop_w = crop ? crop + 1 : 0;
      const Transform t({6, 7, channels}, o);
      const Shape out = t.output_shape();
      std::vector<real> got(static_cast<std::size_t>(out.numel()));
      for (std::int64_t top = -7; top <= 7; ++top) {
        for (std::int64_t left = -12; left <= 12; ++left) {
          for (const bool flip : {false, true}) {
            const Transform::View v{top, left, flip};
            std::fill(got.begin(), got.end(), real{-1e9});
            t.apply(d.images.data<std::uint8_t>(), v, got.data());
            CAPTURE(channels);
            CAPTURE(crop);
            CAPTURE(top);
            CAPTURE(left);
            CAPTURE(flip);
            CHECK(got == naive(d, o, out, v));
          }
        }
      }
    }
  }
}

TEST_CASE("transform: without augmentation the view is the centre") {
  TransformOptions o;
  CHECK(Transform({6, 7, 1}, o).view(1, 2, 3) == Transform::View{0, 0, false});
  o.crop_h = 4;
  o.crop_w = 3;
  CHECK(Transform({6, 7, 1}, o).view(1, 2, 3) == Transform::View{1, 2, false});
}

TEST_CASE("transform: draws cover their range evenly and depend on every part of the key") {
  TransformOptions o;
  o.augment = {1, true, true, 2, 0};
  const Transform t({8, 8, 1}, o);
  // top: uniform in [-2, 2] minus uniform in [-1, 1]; each sum of 5 x 3 equally likely.
  std::map<std::int64_t, int> tops;
  int flips = 0;
  constexpr int n = 6000;
  for (int i = 0; i < n; ++i) {
    const Transform::View v = t.view(5, 1, static_cast<std::uint64_t>(i));
    ++tops[v.top];
    flips += v.flip;
    CHECK(std::abs(v.left) <= 3);
  }
  const std::map<std::int64_t, int> ways{{-3, 1}, {-2, 2}, {-1, 3}, {0, 3}, {1, 3}, {2, 2}, {3, 1}};
  REQUIRE(tops.size() == ways.size());
  for (const auto& [top, count] : tops) {
    const double p = ways.at(top) / 15.0;
    CHECK(std::abs(count - n * p) < 5 * std::sqrt(n * p * (1 - p)));
  }
  CHECK(std::abs(flips - n / 2) < 5 * std::sqrt(n / 4.0));
  const auto differ = [&](std::uint64_t seed, std::uint64_t epoch, std::uint64_t first) {
    int count = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      count += !(t.view(seed, epoch, first + i) == t.view(5, 1, i));
    }
    return count;
  };
  CHECK(differ(5, 1, 0) == 0);
  CHECK(differ(6, 1, 0) > 80);
  CHECK(differ(5, 2, 0) > 80);
  CHECK(differ(5, 1, 1) > 80);
}

TEST_CASE("transform: one option leaves the draws of the others alone") {
  TransformOptions all, some;
  all.augment = {1, true, true, 2, 0};
  some.augment = {0, true, true, 2, 0};
  const Transform a({8, 8, 1}, all), b({8, 8, 1}, some);
  for (std::uint64_t i = 0; i < 50; ++i) {
    CHECK(std::abs(a.view(1, 1, i).top - b.view(1, 1, i).top) <= 1);
    CHECK(a.view(1, 1, i).flip == b.view(1, 1, i).flip);
  }
}

TEST_CASE("transform: options out of range are refused by name") {
  TransformOptions o;
  o.augment.shift = 6;
  CHECK(options_error(o).find("shift: expected 0 to 5, got 6") != std::string::npos);
  o = {};
  o.augment.padding = 2;
  CHECK(options_error(o).find("without random_crop") != std::string::npos);
  o.augment.random_crop = true;
  o.crop_h = 11;
  CHECK(options_error(o).find("crop height: expected 1 to 10, got 11") != std::string::npos);
  o.crop_h = -1;
  CHECK(options_error(o).find("crop height") != std::string::npos);
  o = {};
  o.normalize.std = {1, 1};
  CHECK(options_error(o).find("std: expected 1 value, or 1 for each of 3 channels, got 2") !=
        std::string::npos);
  o.normalize.std = {1, 0, 1};
  CHECK(options_error(o).find("std: expected values > 0, got 0") != std::string::npos);
  o.normalize.std = {1, NAN, 1};
  CHECK(options_error(o).find("finite") != std::string::npos);
  CHECK_THROWS_AS(Transform({6, 7}, {}), Error);
}

TEST_CASE("transform: measured normalization gives mean 0 and deviation 1") {
  const Dataset d = random_dataset(40, 6, 7, 3, 2, 9);
  TransformOptions o;
  o.normalize = measure_normalization(d);
  CHECK(o.normalize.mean.size() == 3);
  const Transform t(d.image_shape(), o);
  std::vector<real> out(6 * 7 * 3);
  std::vector<double> sum(3), squares(3);
  for (std::int64_t i = 0; i < d.size(); ++i) {
    t.apply(d.images.data<std::uint8_t>() + i * 126, {}, out.data());
    for (std::size_t k = 0; k < out.size(); ++k) {
      sum[k % 3] += double{out[k]};
      squares[k % 3] += double{out[k]} * double{out[k]};
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(std::abs(sum[c] / 1680) < 1e-5);
    CHECK(std::abs(squares[c] / 1680 - 1) < 1e-5);
  }
  Dataset constant = random_dataset(2, 2, 2, 1, 2, 1);
  std::ranges::fill(constant.images.span<std::uint8_t>(), std::uint8_t{173});
  CHECK(measure_normalization(constant).mean == std::vector<double>{173});
  CHECK(measure_normalization(constant).std == std::vector<double>{1});
}
