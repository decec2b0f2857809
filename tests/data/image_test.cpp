#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "data/image.h"
#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

Image decode(const Bytes& bytes) {
  const std::vector<std::uint8_t> b(bytes.begin(), bytes.end());
  return decode_image(b, "picture");
}

/// Largest difference of a pixel; -1 if the extents differ.
int difference(const Image& a, const Image& b) {
  if (a.height != b.height || a.width != b.width || a.channels != b.channels) return -1;
  int most = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    most = std::max(most, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return most;
}

}  // namespace

TEST_CASE("png: pixels come back exactly, of every kind") {
  for (const int channels : {1, 3}) {
    const Image image = random_image(7, 13, channels, 5);
    for (const bool interlaced : {false, true}) {
      for (const bool alpha : {false, true}) {
        for (const int depth : {8, 16}) {
          CAPTURE(channels);
          CAPTURE(interlaced);
          CAPTURE(alpha);
          CAPTURE(depth);
          CHECK(difference(decode(png_bytes(image, {depth, interlaced, alpha, false})), image) ==
                0);
        }
      }
    }
  }
}

TEST_CASE("png: fewer bits and palettes are expanded") {
  Image image = random_image(5, 11, 1, 6);
  const Image palette = decode(png_bytes(image, {8, false, false, true}));
  CHECK(difference(palette, convert_channels(image, 3)) == 0);
  for (const int depth : {1, 2, 4}) {
    CAPTURE(depth);
    const Image got = decode(png_bytes(image, {depth, false, false, false}));
    Image expected = image;
    for (std::uint8_t& p : expected.pixels) {
      p = static_cast<std::uint8_t>((p >> (8 - depth)) * 255 / ((1 << depth) - 1));
    }
    CHECK(difference(got, expected) == 0);
  }
}

TEST_CASE("jpeg: grey and colour, baseline and progressive, are close to what was written") {
  for (const int channels : {1, 3}) {
    const Image image = random_image(19, 21, channels, 8);
    const Image baseline = decode(jpeg_bytes(image));
    CHECK(difference(baseline, image) >= 0);
    CHECK(difference(baseline, image) <= 12);
    CHECK(difference(decode(jpeg_bytes(image, true)), baseline) == 0);
  }
}

TEST_CASE("image: what is no picture, too large or CMYK is refused") {
  CHECK(error_of([] { decode({}); }).find("empty file") != std::string::npos);
  CHECK(error_of([] {
          decode({'G', 'I', 'F', '8', '9', 'a'});
        }).find("PNG or JPEG") != std::string::npos);
  CHECK(error_of([] { decode(jpeg_cmyk_bytes()); }).find("4 components") != std::string::npos);
  // A valid header that declares 16384 x 16384 pixels (SOF0 at its marker).
  Bytes jpeg = jpeg_bytes(random_image(8, 8, 1, 1));
  for (std::size_t i = 0; i + 9 < jpeg.size(); ++i) {
    if (jpeg[i] == '\xff' && jpeg[i + 1] == '\xc0') jpeg[i + 5] = jpeg[i + 7] = 0x40;
  }
  CHECK(error_of([&] { decode(jpeg); }).find("pixels a side and 16777216 in all, got") !=
        std::string::npos);
  // 4096 x 4096 pixels are allowed, but not from some hundred bytes of PNG.
  const Bytes large = png_bytes({1, 1, 1, {0}});
  Bytes lying = png_bytes({4096, 4096, 1, std::vector<std::uint8_t>(1 << 24)});
  CHECK(decode(lying).pixels.size() == (1u << 24));
  lying.resize(300);
  CHECK(error_of([&] { decode(lying); }).find("cannot come from 300 bytes") != std::string::npos);
  CHECK(decode(large).pixels.size() == 1);
}

TEST_CASE("image: conversion of channels") {
  const Image colour{1, 2, 3, {255, 0, 0, 10, 20, 30}};
  CHECK(convert_channels(colour, 1).pixels == std::vector<std::uint8_t>{76, 18});
  CHECK(convert_channels(colour, 3).pixels == colour.pixels);
  const Image grey{1, 2, 1, {7, 9}};
  CHECK(convert_channels(grey, 3).pixels == std::vector<std::uint8_t>{7, 7, 7, 9, 9, 9});
  CHECK_THROWS_AS(convert_channels(grey, 2), Error);
}

TEST_CASE("image: damaged files give an error or a picture of sane size") {
  TempDir dir;
  const auto read = [&] {
    const Image image = read_image(dir / "picture");
    CHECK(image.pixels.size() ==
          static_cast<std::size_t>(image.height * image.width * image.channels));
  };
  const Image grey = random_image(20, 20, 1, 2), colour = random_image(16, 17, 3, 3);
  // Every byte of a PNG is under a check sum; its end chunk must be there.
  Sweep sweep = damage(dir / "picture", png_bytes(grey), 7, 20, 1, read);
  CHECK(sweep.errors > sweep.valid);
  sweep = damage(dir / "picture", png_bytes(colour, {8, true, false, false}), 7, 20, 1, read);
  CHECK(sweep.errors > sweep.valid);
  // A JPEG has none: flipped bits mostly give other pixels. Its last two bytes are the end marker.
  sweep = damage(dir / "picture", jpeg_bytes(grey), 7, 20, 1, read);
  CHECK(sweep.errors > 300);
  sweep = damage(dir / "picture", jpeg_bytes(colour, true), 7, 20, 1, read);
  CHECK(sweep.errors > 300);
}

TEST_CASE("image folder: classes and files sorted by name") {
  TempDir dir;
  const Image a = random_image(6, 5, 1, 1), b = random_image(6, 5, 1, 2),
              c = random_image(6, 5, 1, 3);
  std::filesystem::create_directories(dir / "zebra");
  std::filesystem::create_directories(dir / "ape");
  write_file(dir / "zebra" / "10.png", png_bytes(b));
  write_file(dir / "zebra" / "09.PNG", png_bytes(a));
  write_file(dir / "ape" / "x.png", png_bytes(c));
  write_file(dir / "ape" / ".hidden", {'x'});
  write_file(dir / "LICENSE", {'x'});
  const Dataset d = read_image_folder(dir.path());
  CHECK(d.class_names == std::vector<std::string>{"ape", "zebra"});
  CHECK(d.images.shape() == Shape{3, 6, 5, 1});
  const std::vector<std::int32_t> labels(d.labels.data<std::int32_t>(),
                                         d.labels.data<std::int32_t>() + 3);
  CHECK(labels == std::vector<std::int32_t>{0, 1, 1});
  std::vector<std::uint8_t> pixels;
  for (const Image& i : {c, a, b}) pixels.insert(pixels.end(), i.pixels.begin(), i.pixels.end());
  CHECK(std::equal(pixels.begin(), pixels.end(), d.images.data<std::uint8_t>()));
  CHECK(read_image_folder(dir.path(), {.channels = 3}).images.shape() == Shape{3, 6, 5, 3});
}

TEST_CASE("image folder: errors name the odd file") {
  TempDir dir;
  CHECK(error_of([&] { read_image_folder(dir.path()); }).find("a sub-folder for each class") !=
        std::string::npos);
  CHECK(error_of([&] { read_image_folder(dir / "none"); }).find("expected a folder") !=
        std::string::npos);
  std::filesystem::create_directories(dir / "a");
  CHECK(error_of([&] { read_image_folder(dir.path()); }).find("expected pictures, got no file") !=
        std::string::npos);
  write_file(dir / "a" / "1.png", png_bytes(random_image(4, 4, 1, 1)));
  write_file(dir / "a" / "2.png", png_bytes(random_image(4, 5, 1, 1)));
  std::string message = error_of([&] { read_image_folder(dir.path()); });
  CHECK(message.find("2.png: expected 4 x 4 pixels of 1 channels") != std::string::npos);
  CHECK(message.find("got 5 x 4 of 1") != std::string::npos);
  write_file(dir / "a" / "2.png", png_bytes(random_image(4, 4, 3, 1)));
  CHECK(error_of([&] { read_image_folder(dir.path()); }).find("got 4 x 4 of 3") !=
        std::string::npos);
  CHECK_NOTHROW(read_image_folder(dir.path(), {.channels = 1}));
  write_file(dir / "a" / "2.txt", {'x'});
  CHECK(error_of([&] { read_image_folder(dir.path()); }).find("2.txt: expected a picture") !=
        std::string::npos);
}
