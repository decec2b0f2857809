// Pictures brought to the size of a network's input.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "data/resize_image.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

/// A ramp along x.
Image ramp(std::int64_t h, std::int64_t w) {
  Image image{h, w, 1, {}};
  for (std::int64_t i = 0; i < h * w; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(255 * (i % w) / (w - 1)));
  }
  return image;
}

}  // namespace

TEST_CASE("resize: names") {
  for (const std::string_view name : resize_filter_names())
    CHECK_NOTHROW(parse_resize_filter(name));
  for (const std::string_view name : keep_aspect_names()) CHECK_NOTHROW(parse_keep_aspect(name));
  CHECK(error_of([] { parse_resize_filter("lanczos"); }) ==
        "resize: expected one of bilinear, cubic, area, nearest; got \"lanczos\"");
}

TEST_CASE("resize: each filter by what defines it") {
  // Pairs of 0 and 100: their mean where a pixel covers two.
  Image pairs{1, 8, 1, {0, 100, 0, 100, 0, 100, 0, 100}};
  const Image area = resize_image(pairs, 1, 4, ResizeFilter::area);
  CHECK(area.pixels == std::vector<std::uint8_t>{50, 50, 50, 50});
  const Image nearest = resize_image(pairs, 1, 4, ResizeFilter::nearest);
  CHECK(nearest.pixels == std::vector<std::uint8_t>{100, 100, 100, 100});
  CHECK(resize_image({1, 2, 1, {10, 20}}, 1, 4, ResizeFilter::nearest).pixels ==
        std::vector<std::uint8_t>{10, 10, 20, 20});
  // Twice as wide: quarters between neighbours.
  CHECK(resize_image({1, 3, 1, {0, 100, 200}}, 1, 6, ResizeFilter::bilinear).pixels ==
        std::vector<std::uint8_t>{0, 25, 75, 125, 175, 200});
  // Where it grows, Catmull-Rom overshoots at an edge; the others do not.
  const Image edge{1, 4, 1, {50, 50, 150, 150}};
  const Image cubic = resize_image(edge, 1, 8);
  CHECK(*std::ranges::min_element(cubic.pixels) < 50);
  CHECK(cubic.pixels == resize_image(edge, 1, 8, ResizeFilter::cubic).pixels);
  const Image bilinear = resize_image(edge, 1, 8, ResizeFilter::bilinear);
  CHECK(*std::ranges::min_element(bilinear.pixels) == 50);
}

TEST_CASE("resize: a constant stays one at any ratio, in a debug build too") {
  for (const ResizeFilter f :
       {ResizeFilter::bilinear, ResizeFilter::cubic, ResizeFilter::area, ResizeFilter::nearest}) {
    for (std::int64_t from = 1; from < 20; ++from) {
      for (std::int64_t to = 1; to < 20; ++to) {
        const Image image{from, 1, 1,
                          std::vector<std::uint8_t>(static_cast<std::size_t>(from), 93)};
        const Image other = resize_image(image, to, 2, f);
        CHECK(other.pixels == std::vector<std::uint8_t>(static_cast<std::size_t>(2 * to), 93));
      }
    }
  }
}

TEST_CASE("resize: stretched, padded and cropped") {
  const Image wide = ramp(10, 40);
  const InputSize stretch{8, 8};
  CHECK(fit_image(wide, stretch).pixels == resize_image(wide, 8, 8, ResizeFilter::bilinear).pixels);
  const Image pad = fit_image(wide, {.h = 8, .w = 8, .keep_aspect = KeepAspect::pad}, 77);
  CHECK((pad.height == 8 && pad.width == 8));
  for (std::size_t y = 0; y < 8; ++y) {  // two rows of the picture in the middle
    const bool inside = y == 3 || y == 4;
    CHECK((pad.pixels[y * 8] == 77) != inside);
    if (inside) CHECK((pad.pixels[y * 8] < 20 && pad.pixels[y * 8 + 7] > 235));
  }
  const Image crop = fit_image(wide, {.h = 8, .w = 8, .keep_aspect = KeepAspect::crop});
  CHECK((crop.height == 8 && crop.width == 8));
  // Columns 15 to 24 of 40 are shown.
  CHECK(std::abs(crop.pixels[0] - 255 * 15 / 39) < 5);
  CHECK(std::abs(crop.pixels[7] - 255 * 24 / 39) < 5);
  const Image tall = fit_image({40, 10, 1, std::vector<std::uint8_t>(400, 9)},
                               {.h = 8, .w = 8, .keep_aspect = KeepAspect::pad}, 1);
  CHECK((tall.pixels[0] == 1 && tall.pixels[3] == 9 && tall.pixels[4] == 9 && tall.pixels[5] == 1));
  for (const KeepAspect k : {KeepAspect::no, KeepAspect::pad, KeepAspect::crop}) {
    for (const auto& [h, w] : {std::pair{1, 300}, {300, 1}, {7, 7}, {1, 1}}) {
      const Image image{h, w, 3, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * h * w), 5)};
      const Image fitted = fit_image(image, {.h = 5, .w = 9, .keep_aspect = k}, 5);
      CHECK(fitted.pixels == std::vector<std::uint8_t>(135, 5));
    }
  }
  CHECK(fit_image(wide, {}).pixels == wide.pixels);
  CHECK(error_of([&] { fit_image(wide, {.h = 3}); }).find("both a height and a width") !=
        std::string::npos);
}
