#include "data/digits.h"

#include <cstring>

#include "data/image.h"

namespace octet {

namespace {

constexpr std::int64_t side = 20, classes = 10, columns = 100, rows_per_class = 5;
constexpr std::int64_t picture_h = classes * rows_per_class * side, picture_w = columns * side;
constexpr std::int64_t test_every = 5;

/// The samples whose column says `test`, in the order (row within the class, column, class).
Dataset cut(const Image& picture, bool test, const char* name) {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < rows_per_class * columns; ++i) {
    if ((i % test_every == test_every - 1) != test) continue;
    for (std::int64_t c = 0; c < classes; ++c) {
      const std::int64_t top = (c * rows_per_class + i / columns) * side;
      const std::int64_t left = i % columns * side;
      for (std::int64_t y = 0; y < side; ++y) {
        const auto row = picture.pixels.begin() + (top + y) * picture_w + left;
        pixels.insert(pixels.end(), row, row + side);
      }
      labels.push_back(c);
    }
  }
  const auto n = static_cast<std::int64_t>(labels.size());
  return make_dataset(Tensor::from<std::uint8_t>({n, side, side, 1}, pixels), labels,
                      {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, name);
}

}  // namespace

DataSource make_digits(const std::filesystem::path& path) {
  const Image picture = read_image(path);
  OCTET_CHECK(picture.height == picture_h && picture.width == picture_w && picture.channels == 1,
              path.string(), ": expected ", picture_w, " x ", picture_h, " grey pixels, got ",
              picture.width, " x ", picture.height, " of ", picture.channels, " channels");
  return {cut(picture, false, "OpenCV digits, train"), cut(picture, true, "OpenCV digits, test")};
}

}  // namespace octet
