// Augmentations beyond crop, shift and flip: against their definitions, and their determinism.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/loader.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

/// mean 0, std 1: the result is in pixels.
TransformOptions in_pixels() {
  TransformOptions o;
  o.normalize = {{0}, {1}};
  return o;
}

std::vector<real> applied(const Transform& t, const Dataset& d, const Transform::View& v) {
  std::vector<real> out(static_cast<std::size_t>(t.output_shape().numel()));
  t.apply(d.images.data<std::uint8_t>(), v, out.data());
  return out;
}

std::vector<real> pixels_of(const Dataset& d) {
  const auto p = d.images.span<std::uint8_t>();
  return {p.begin(), p.end()};
}

std::string refused(const Augmentation& a, ElementType type = ElementType::u8) {
  TransformOptions o;
  o.augment = a;
  return error_of([&] { Transform({6, 7, 1}, o, type); });
}

}  // namespace

TEST_CASE("augment: a turn by right angles moves whole pixels, clockwise") {
  const Dataset d = random_dataset(1, 5, 5, 2, 1, 3);
  const Transform t({5, 5, 2}, in_pixels());
  const std::vector<real> image = pixels_of(d);
  const std::vector<real> quarter = applied(t, d, {.angle = std::numbers::pi / 2});
  const std::vector<real> half = applied(t, d, {.angle = std::numbers::pi});
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      for (std::size_t c = 0; c < 2; ++c) {
        const real at = image[(y * 5 + x) * 2 + c];
        CHECK(quarter[(x * 5 + 4 - y) * 2 + c] == doctest::Approx(at).epsilon(1e-4));
        CHECK(half[((4 - y) * 5 + 4 - x) * 2 + c] == doctest::Approx(at).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("augment: between pixels the result is bilinear, outside it is fill") {
  // A ramp along x stays a ramp: pixel x of the enlarged picture shows (x + 0.5 - 4) / 2 + 4 - 0.5.
  Dataset d = random_dataset(1, 8, 8, 1, 1, 3);
  for (std::size_t i = 0; i < 64; ++i) {
    d.images.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(10 * (i % 8));
  }
  TransformOptions o = in_pixels();
  o.augment.fill = 200;
  const Transform t({8, 8, 1}, o);
  const std::vector<real> twice = applied(t, d, {.zoom = 2});
  for (std::size_t x = 0; x < 8; ++x) {
    CHECK(twice[3 * 8 + x] == doctest::Approx(10 * ((double(x) + 0.5 - 4) / 2 + 3.5)));
  }
  const std::vector<real> half = applied(t, d, {.zoom = 0.5});
  CHECK(half[0] == 200);
  CHECK(half[3 * 8 + 3] == doctest::Approx(10 * (-0.5 * 2 + 3.5)));
}

TEST_CASE("augment: mirrored top and bottom, also with the rest of a view") {
  const Dataset d = random_dataset(1, 6, 7, 3, 1, 3);
  TransformOptions o = in_pixels();
  o.crop_h = 4;
  const Transform t({6, 7, 3}, o);
  const std::vector<real> plain = applied(t, d, {1, -2, true});
  const std::vector<real> mirrored = applied(t, d, {1, -2, true, true});
  for (std::size_t y = 0; y < 4; ++y) {
    CHECK(std::equal(&plain[y * 21], &plain[y * 21] + 21, &mirrored[(3 - y) * 21]));
  }
}

TEST_CASE("augment: brightness and contrast by their formula, clamped") {
  const Dataset d = random_dataset(1, 6, 7, 1, 1, 3);
  const Transform t({6, 7, 1}, in_pixels());
  const std::vector<real> out = applied(t, d, {.brightness = 0.25, .contrast = 1.5});
  const std::vector<real> warped =
      applied(t, d, {.angle = 2 * std::numbers::pi, .brightness = 0.25, .contrast = 1.5});
  const std::vector<real> image = pixels_of(d);
  int clamped = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double v = 127.5 + (double(image[i]) - 127.5) * 1.5 + 63.75;
    CHECK(out[i] == doctest::Approx(std::clamp(v, 0.0, 255.0)));
    CHECK(warped[i] == doctest::Approx(std::clamp(v, 0.0, 255.0)).epsilon(1e-3));
    clamped += v > 255;
  }
  CHECK(clamped > 3);
}

TEST_CASE("augment: a cutout covers a square of the result, cut off at its edges") {
  const Dataset d = random_dataset(1, 8, 9, 2, 1, 3);
  TransformOptions o;
  o.normalize = {{10, 20}, {2, 4}};
  o.augment.cutout = 3;
  o.augment.fill = 7;
  const Transform t({8, 9, 2}, o);
  TransformOptions without = o;
  without.augment.cutout = 0;
  const std::vector<real> whole = applied(Transform({8, 9, 2}, without), d, {});
  for (const auto& [top, left] : {std::pair{2, 3}, {-2, 7}, {7, -1}}) {
    const std::vector<real> out = applied(t, d, {.cut_top = top, .cut_left = left});
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 9; ++x) {
        const bool inside = y >= top && y < top + 3 && x >= left && x < left + 3;
        const auto i = static_cast<std::size_t>((y * 9 + x) * 2);
        CHECK(out[i] == (inside ? real(-1.5) : whole[i]));
        CHECK(out[i + 1] == (inside ? real(-3.25) : whole[i + 1]));
      }
    }
  }
}

TEST_CASE("augment: draws stay in their ranges, reach them, and leave each other alone") {
  TransformOptions o;
  o.augment = {1, true, true, 2, 0};
  o.augment.flip_vertical = true;
  o.augment.rotate = 90;
  o.augment.zoom = 0.5;
  o.augment.brightness = 0.25;
  o.augment.contrast = 0.75;
  o.augment.cutout = 4;
  const Transform t({8, 8, 1}, o);
  TransformOptions few;
  few.augment = {1, true, true, 2, 0};
  const Transform plain({8, 8, 1}, few);
  double least[4] = {9, 9, 9, 9}, most[4] = {-9, -9, -9, -9};
  int vertical = 0, cut_corner = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Transform::View v = t.view(3, 1, i), p = plain.view(3, 1, i);
    CHECK(v == t.view(3, 1, i));
    CHECK((v.top == p.top && v.left == p.left && v.flip == p.flip));
    CHECK(
        (!p.flip_vertical && p.angle == 0 && p.zoom == 1 && p.brightness == 0 && p.contrast == 1));
    const double drawn[4] = {v.angle / (std::numbers::pi / 2), (v.zoom - 1) / 0.5,
                             v.brightness / 0.25, (v.contrast - 1) / 0.75};
    for (int k = 0; k < 4; ++k) {
      least[k] = std::min(least[k], drawn[k]);
      most[k] = std::max(most[k], drawn[k]);
    }
    vertical += v.flip_vertical;
    CHECK((v.cut_top >= -2 && v.cut_top <= 5 && v.cut_left >= -2 && v.cut_left <= 5));
    cut_corner += v.cut_top == -2;
  }
  for (int k = 0; k < 4; ++k) {
    CHECK((least[k] >= -1 && least[k] < -0.99));
    CHECK((most[k] <= 1 && most[k] > 0.99));
  }
  CHECK((vertical > 850 && vertical < 1150));
  CHECK((cut_corner > 180 && cut_corner < 320));
}

TEST_CASE("augment: time shift moves the first axis alone; real samples move like pixels") {
  TransformOptions o = in_pixels();
  o.augment.time_shift = 3;
  const Transform t({8, 2, 1}, o, ElementType::real);
  bool moved = false;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Transform::View v = t.view(1, 0, i);
    CHECK((v.left == 0 && v.top >= -3 && v.top <= 3));
    moved = moved || v.top == 3;
  }
  CHECK(moved);
  const Dataset d = random_dataset(1, 8, 2, 1, 1, 3);
  const std::vector<real> numbers = pixels_of(d);
  const Transform of_pixels({8, 2, 1}, in_pixels());
  for (const Transform::View& v :
       {Transform::View{2, 0}, {-3, 1, true}, {0, 0, false, true, 0.7, 1.3}}) {
    std::vector<real> out(16);
    t.apply(numbers.data(), v, out.data());
    const std::vector<real> expected = applied(of_pixels, d, v);
    for (std::size_t i = 0; i < 16; ++i) CHECK(out[i] == doctest::Approx(expected[i]));
  }
}

TEST_CASE("augment: masks move with their pictures") {
  const Dataset d = random_dataset(1, 7, 9, 1, 1, 3);
  TransformOptions o = in_pixels();
  o.crop_h = 5;
  const Transform t({7, 9, 1}, o);
  std::vector<std::uint8_t> mask;
  for (const std::uint8_t p : d.images.span<std::uint8_t>()) mask.push_back(p / 2);
  const std::vector<std::int32_t> wide(mask.begin(), mask.end());
  for (const Transform::View& v : {Transform::View{1, 0},
                                   {-2, 3, true},
                                   {3, -4, false, true},
                                   {1, 0, true, true, std::numbers::pi}}) {
    const std::vector<real> picture = applied(t, d, v);
    std::vector<std::int32_t> out(45), out_wide(45);
    t.apply_mask(mask.data(), v, out.data());
    t.apply_mask(wide.data(), v, out_wide.data());
    CHECK(out == out_wide);
    for (std::size_t i = 0; i < 45; ++i) {
      const bool outside = out[i] == ignored_class;
      CHECK(picture[i] == (outside ? 0 : doctest::Approx(picture[i])));
      if (!outside) CHECK(out[i] == std::lround(picture[i]) / 2);
    }
  }
}

TEST_CASE("augment: noise has its deviation and is keyed by the sample") {
  const Dataset d = random_dataset(4, 32, 32, 1, 2, 3);
  LoaderOptions o;
  o.batch = 4;
  o.seed = 5;
  const Tensor plain = Loader(d, o).next().x;
  o.transform.augment.noise = 0.5;
  const Tensor noisy = Loader(d, o).next().x;
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < 4096; ++i) {
    const double off = double(noisy.r()[i]) - double(plain.r()[i]);
    sum += off;
    squares += off * off;
  }
  CHECK(std::abs(sum / 4096) < 0.04);
  CHECK(std::sqrt(squares / 4096) == doctest::Approx(0.5).epsilon(0.05));
  o.batch = 1;
  Loader one(d, o);
  one.seek(0, 2);
  const Tensor third = one.next().x;
  CHECK(std::equal(third.r(), third.r() + 1024, noisy.r() + 2048));
  one.seek(1, 2);
  CHECK_FALSE(std::equal(third.r(), third.r() + 1024, one.next().x.r()));
}

TEST_CASE("augment: mixup blends neighbours of a batch and says by how much") {
  const Dataset d = random_dataset(10, 3, 2, 1, 5, 3);
  LoaderOptions o;
  o.batch = 4;
  o.shuffle = true;
  Loader plain(d, o);
  o.transform.augment.mixup = 0.4;
  Loader mixed(d, o);
  std::vector<double> shares;
  for (int b = 0; b < 900; ++b) {
    const Batch p = plain.next(), m = mixed.next();
    CHECK((m.share >= 0.5 && m.share <= 1));
    shares.push_back(m.share);
    if (b >= 30) continue;
    const std::int64_t n = p.y.numel();
    const auto s = static_cast<real>(m.share);
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t next = (i + 1) % n;
      CHECK(m.y.data<std::int32_t>()[i] == p.y.data<std::int32_t>()[i]);
      CHECK(m.mixed_y.data<std::int32_t>()[i] == p.y.data<std::int32_t>()[next]);
      for (std::int64_t k = 0; k < 6; ++k) {
        CHECK(m.x.r()[i * 6 + k] ==
              doctest::Approx(s * p.x.r()[i * 6 + k] + (1 - s) * p.x.r()[next * 6 + k]));
      }
    }
  }
  mixed.seek(1, 1);
  CHECK(mixed.next().share == shares[4]);
  // max(v, 1 - v) of Beta(0.4, 0.4): 0.8398.
  double mean = 0;
  for (const double s : shares) mean += s / static_cast<double>(shares.size());
  CHECK(std::abs(mean - 0.8398) < 0.02);
  CHECK_FALSE(plain.next().mixed_y.defined());
}

TEST_CASE("augment: mixup of values blends them") {
  Dataset d = random_dataset(4, 1, 1, 1, 2, 3);
  d = make_dataset(d.images, Tensor::from<real>({4, 1}, std::vector<real>{0, 10, 20, 30}), {}, "v");
  LoaderOptions o;
  o.batch = 4;
  const Batch plain = Loader(d, o).next();
  o.transform.augment.mixup = 1;
  const Batch mixed = Loader(d, o).next();
  CHECK_FALSE(mixed.mixed_y.defined());
  CHECK(mixed.share == 1.0);
  for (std::int64_t i = 0; i < 4; ++i) {
    const real next = plain.y.r()[(i + 1) % 4], own = plain.y.r()[i];
    const real share = (mixed.y.r()[i] - next) / (own - next);
    CHECK((share >= real(0.499) && share <= real(1.001)));
    CHECK(mixed.x.r()[i] ==
          doctest::Approx(share * plain.x.r()[i] + (1 - share) * plain.x.r()[(i + 1) % 4]));
  }
}

TEST_CASE("augment: options out of range are refused by name") {
  CHECK(refused({.rotate = 181}).find("rotate: expected 0 to 180, got 181") != std::string::npos);
  CHECK(refused({.zoom = 1}).find("zoom: expected 0 to 0.9") != std::string::npos);
  CHECK(refused({.brightness = NAN}).find("brightness") != std::string::npos);
  CHECK(refused({.cutout = 15}).find("cutout: expected 0 to 14, got 15") != std::string::npos);
  CHECK(refused({.time_shift = 6}).find("time_shift: expected 0 to 5") != std::string::npos);
  CHECK(refused({.mixup = 2}).find("mixup: expected 0 to 1, got 2") != std::string::npos);
  CHECK(refused({.contrast = 0.5}, ElementType::real)
            .find("brightness and contrast are for pixels of 0 to 255 (u8), the samples are f32") !=
        std::string::npos);
}
