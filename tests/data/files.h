// Data files that the tests of data/ write by the format's own library or by hand, and the sweep
// that damages them.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image.h"
#include "tests/support.h"

namespace octet::test {

using Bytes = std::vector<char>;

/// Random pixels, every class present if n >= classes.
Dataset random_dataset(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, int classes,
                       std::uint64_t seed);
/// Smooth random pixels.
Image random_image(std::int64_t h, std::int64_t w, int c, std::uint64_t seed);

/// An IDX file with u8 elements.
Bytes idx_bytes(const std::vector<std::int64_t>& dims, const std::uint8_t* elements);
Bytes gzip(const Bytes& bytes);

struct PngKind {
  int bit_depth = 8;
  bool interlaced = false;
  bool alpha = false;
  bool palette = false;
};
/// By libpng; the pixels of `image` scaled to the kind's depth; palette: entry v is (v, v, v).
Bytes png_bytes(const Image& image, const PngKind& kind = {});
/// By libjpeg, quality 95, no chroma subsampling.
Bytes jpeg_bytes(const Image& image, bool progressive = false);
/// A CMYK picture.
Bytes jpeg_cmyk_bytes();

bool same_contents(const Dataset& a, const Dataset& b);

/// The message of the Error that `f` throws; fails the test if it throws none.
std::string error_of(const std::function<void()>& f);

struct Sweep {
  int errors = 0, valid = 0;
};
/// Cuts the file short at every length (every `step`th beyond 600 bytes), then flips each bit of
/// the first and last 300 bytes and of `flips` bytes elsewhere. Each time `read` must return (what
/// it returns is its own check) or throw an Error that names the file; nothing may be printed to
/// stderr. Truncated files must fail unless cut by fewer than `slack` bytes.
Sweep damage(const std::filesystem::path& path, const Bytes& bytes, int step, int flips, int slack,
             const std::function<void()>& read);

}  // namespace octet::test
