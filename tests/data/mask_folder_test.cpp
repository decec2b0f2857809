// Folders of pictures with masks.
#include <doctest/doctest.h>

#include <algorithm>

#include "data/loader.h"
#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

struct Folder {
  TempDir dir;
  Folder() {
    std::filesystem::create_directory(dir / "images");
    std::filesystem::create_directory(dir / "masks");
  }
  void add(const std::string& name, const Image& picture, const Image& mask,
           const PngKind& kind = {}) {
    write_file(dir / "images" / (name + ".jpg"), jpeg_bytes(picture));
    write_file(dir / "masks" / (name + ".png"), png_bytes(mask, kind));
  }
  std::string refused(const DataOptions& o = {}) {
    return error_of([&] { read_mask_folder(dir.path(), o); });
  }
};

Image mask_of(std::int64_t h, std::int64_t w, std::vector<std::uint8_t> classes) {
  return {h, w, 1, std::move(classes)};
}

}  // namespace

TEST_CASE_FIXTURE(Folder, "mask folder: grey values and palette indices of any depth are classes") {
  add("a", random_image(2, 3, 3, 1), mask_of(2, 3, {0, 1, 2, 255, 0, 1}));
  PngKind kind;
  kind.palette = true;
  add("b", random_image(2, 3, 3, 2), mask_of(2, 3, {2, 2, 1, 0, 0, 255}), kind);
  kind.bit_depth = 2;
  const Image two_bits = mask_of(2, 3, {192, 128, 64, 0, 0, 192});  // stored as 3, 2, 1, ...
  add("c", random_image(2, 3, 3, 3), two_bits, kind);
  kind.palette = false;
  add("d", random_image(2, 3, 3, 4), two_bits, kind);
  const Dataset d = read_mask_folder(dir.path());
  CHECK(d.images.shape() == Shape{4, 2, 3, 3});
  CHECK(d.labels.shape() == Shape{4, 2, 3});
  CHECK(d.target() == TargetKind::masks);
  CHECK(d.classes == 4);
  const std::vector<std::uint8_t> expected{0, 1, 2, 255, 0, 1, 2, 2, 1, 0, 0, 255,
                                           3, 2, 1, 0,   0, 3, 3, 2, 1, 0, 0, 3};
  CHECK(std::ranges::equal(d.labels.span<std::uint8_t>(), expected));
}

TEST_CASE_FIXTURE(Folder, "mask folder: batches, in memory and from the disk") {
  for (int i = 0; i < 5; ++i) {
    std::vector<std::uint8_t> classes(48);
    for (std::size_t k = 0; k < 48; ++k)
      classes[k] = static_cast<std::uint8_t>((k + std::size_t(i)) % 3);
    add(std::to_string(i), random_image(6, 8, 3, std::uint64_t(i)), mask_of(6, 8, classes));
  }
  DataOptions o{.class_names = {"x", "y", "z"}};
  const Dataset memory = read_mask_folder(dir.path(), o);
  o.stream = true;
  const Dataset disk = read_mask_folder(dir.path(), o);
  CHECK(disk.target() == TargetKind::masks);
  CHECK(disk.classes == 3);
  LoaderOptions l;
  l.batch = 3;
  l.shuffle = true;
  l.transform.augment = {2, true, false, 0, 0};
  l.transform.augment.rotate = 20;
  Loader a(memory, l);
  l.threads = 3;
  Loader b(disk, l);
  for (int i = 0; i < 6; ++i) {
    const Batch p = a.next(), q = b.next();
    CHECK(p.y.shape() == Shape{p.x.shape()[0], 6, 8});
    CHECK(std::ranges::equal(p.y.span<std::int32_t>(), q.y.span<std::int32_t>()));
    CHECK(std::ranges::equal(p.x.span<real>(), q.x.span<real>()));
  }
}

TEST_CASE_FIXTURE(Folder, "mask folder: masks are resized by the nearest pixel, bars are ignored") {
  add("a", random_image(2, 4, 1, 1), mask_of(2, 4, {0, 1, 2, 3, 3, 2, 1, 0}));
  const Dataset d =
      read_mask_folder(dir.path(), {.input = {.h = 8, .w = 8, .keep_aspect = KeepAspect::pad}});
  const auto m = d.labels.span<std::uint8_t>();
  CHECK(m[0] == 255);
  CHECK(m[8 * 2] == 0);
  CHECK(m[8 * 2 + 3] == 1);
  CHECK(m[8 * 5 + 7] == 0);
  CHECK(m[8 * 6] == 255);
  CHECK(d.classes == 4);
}

TEST_CASE_FIXTURE(Folder, "mask folder: every mistake has its message") {
  CHECK(refused().find("expected pictures in images/, got none") != std::string::npos);
  write_file(dir / "images" / "a.png", png_bytes(random_image(2, 2, 1, 1)));
  CHECK(refused().find("a.png: expected its mask, masks/a.png, got no such file") !=
        std::string::npos);
  write_file(dir / "masks" / "a.png", png_bytes(random_image(2, 2, 3, 1)));
  CHECK(refused().find("expected a mask: a palette or grey values of up to 8 bits") !=
        std::string::npos);
  PngKind deep;
  deep.bit_depth = 16;
  write_file(dir / "masks" / "a.png", png_bytes(random_image(2, 2, 1, 1), deep));
  CHECK(refused().find("expected a mask") != std::string::npos);
  write_file(dir / "masks" / "a.png", png_bytes(mask_of(2, 3, std::vector<std::uint8_t>(6, 0))));
  CHECK(refused().find("expected 2 x 2 pixels, as the picture, got 3 x 2") != std::string::npos);
  write_file(dir / "masks" / "a.png", png_bytes(mask_of(2, 2, {0, 1, 2, 3})));
  CHECK_NOTHROW(read_mask_folder(dir.path()));
  CHECK(refused({.class_names = {"a", "b"}})
            .find("a.png: pixel (0, 1): expected a class of 0 to 1 (class_names has 2), or 255 "
                  "(ignored), got 2") != std::string::npos);
  CHECK(refused({.stream = true}).find("expected the classes' names") != std::string::npos);
  write_file(dir / "masks" / "b.png", png_bytes(mask_of(2, 2, {0, 1, 2, 3})));
  CHECK(refused().find("b.png: a mask without a picture") != std::string::npos);
}

TEST_CASE("mask folder: damaged masks give an error or a mask") {
  const TempDir dir;
  PngKind kind;
  kind.palette = true;
  const Bytes mask = png_bytes(mask_of(6, 5, std::vector<std::uint8_t>(30, 3)), kind);
  const Sweep sweep = damage(dir / "m.png", mask, 50, 20, 12, [&] {
    const Image m = read_class_mask(dir / "m.png");
    CHECK(m.pixels.size() == static_cast<std::size_t>(m.height * m.width));
  });
  CHECK(sweep.errors > 1000);
}
