// Pictures at another size, and to PNG files.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "data/image.h"
#include "data/mask_colors.h"
#include "data/resize_image.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

TEST_CASE("write_png: pixels come back; what cannot be written leaves no file") {
  const TempDir dir;
  for (const int channels : {1, 3}) {
    const Image image = random_image(7, 13, channels, 5);
    write_png(image, dir / "a.png");
    const Image back = read_image(dir / "a.png");
    CHECK(back.channels == channels);
    CHECK(back.width == 13);
    CHECK(back.pixels == image.pixels);
  }
  Image bad = random_image(7, 13, 3, 5);
  bad.pixels.pop_back();
  CHECK(error_of([&] { write_png(bad, dir / "b.png"); }).find("b.png: PNG: expected 1 or 3") !=
        std::string::npos);
  CHECK_THROWS_AS(write_png({}, dir / "b.png"), Error);
  CHECK_FALSE(std::filesystem::exists(dir / "b.png"));
  CHECK_THROWS_AS(write_png(random_image(7, 13, 3, 5), dir / "none" / "c.png"), Error);
}

TEST_CASE("masks: what is written is read back, in colours for people") {
  std::vector<std::uint8_t> classes(6);
  for (std::size_t i = 0; i < 6; ++i) classes[i] = static_cast<std::uint8_t>(i == 5 ? 255 : 40 * i);
  const std::vector<std::byte> png = encode_mask_png(classes, 2, 3);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(png.data()), png.size());
  const Image mask = decode_class_mask(bytes, "m");
  CHECK(mask.height == 2);
  CHECK(mask.pixels == classes);
  const Image seen = decode_png(bytes, "m");
  const std::vector<real> numbers(classes.begin(), classes.end());
  CHECK(seen.pixels == mask_image(numbers, 2, 3).pixels);
  CHECK(seen.pixels[0] == 0);
  CHECK(seen.pixels[15] == 128);  // of no class
  CHECK_THROWS_AS(encode_mask_png(classes, 3, 3), Error);
}

TEST_CASE("resize_image: larger, smaller, the same") {
  for (const int channels : {1, 3}) {
    CAPTURE(channels);
    const Image image = random_image(20, 30, channels, 5);
    CHECK(resize_image(image, 20, 30).pixels == image.pixels);
    const Image flat{5, 9, channels, std::vector<std::uint8_t>(std::size_t(45 * channels), 87)};
    for (const auto& [height, width] : {std::pair{3, 4}, {50, 7}, {1, 1}}) {
      const Image other = resize_image(flat, height, width);
      CHECK(other.height == height);
      CHECK(other.width == width);
      CHECK(other.channels == channels);
      CHECK(other.pixels == std::vector<std::uint8_t>(std::size_t(height * width * channels), 87));
    }
    // There and back: smooth pictures hardly change.
    const Image back = resize_image(resize_image(image, 60, 90), 20, 30);
    int worst = 0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      worst = std::max(worst, std::abs(int{image.pixels[i]} - int{back.pixels[i]}));
    CHECK(worst <= 12);
  }
}

TEST_CASE("resize_image: sizes that cannot be are refused") {
  const Image image = random_image(4, 4, 1, 5);
  for (const auto& [height, width] : {std::pair<std::int64_t, std::int64_t>{0, 4},
                                      {4, -1},
                                      {max_image_side + 1, 1},
                                      {max_image_side, max_image_side}}) {
    CHECK(error_of([&, h = height, w = width] {
            resize_image(image, h, w);
          }).find("resize: expected a size of 1 to 16384 a side") == 0);
  }
  CHECK_THROWS_AS(resize_image({}, 4, 4), Error);
}
