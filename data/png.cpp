// PNG by libpng. Its errors come back by longjmp: each step that calls it is a function without
// C++ objects of its own, and reports failure by its result.
#include <png.h>

#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "data/file.h"
#include "data/image.h"

namespace octet {

namespace {

class PngReader {
 public:
  explicit PngReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() noexcept;
  /// After read_header(): the transformations that make it 8-bit grey or RGB, or of one channel
  /// as it is stored, a byte a pixel.
  bool set_up_output(bool indices) noexcept;
  /// Rows of width * channels bytes, then the rest of the file up to its end chunk.
  bool read_rows(std::uint8_t* pixels) noexcept;

  std::int64_t width() const noexcept { return png_get_image_width(png_, info_); }
  std::int64_t height() const noexcept { return png_get_image_height(png_, info_); }
  bool has_indices() const noexcept {
    const int type = png_get_color_type(png_, info_);
    return (type == PNG_COLOR_TYPE_PALETTE || type == PNG_COLOR_TYPE_GRAY) &&
           png_get_bit_depth(png_, info_) <= 8;
  }
  int channels() const noexcept { return png_get_channels(png_, info_); }
  std::int64_t row_bytes() const noexcept {
    return static_cast<std::int64_t>(png_get_rowbytes(png_, info_));
  }
  const char* message() const noexcept { return message_; }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(self->message_, sizeof self->message_, "%s", message);
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}
  static void on_read(png_structp png, png_bytep to, std::size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->rest_.size()) png_error(png, "the file ends early");
    std::memcpy(to, self->rest_.data(), count);
    self->rest_ = self->rest_.subspan(count);
  }

  std::span<const std::uint8_t> rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  char message_[128] = "out of memory";
};

bool PngReader::read_header() noexcept {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
  if (!png_) return false;
  if (setjmp(png_jmpbuf(png_))) return false;
  info_ = png_create_info_struct(png_);
  if (!info_) return false;
  png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours are checked below
  png_set_chunk_malloc_max(png_, 1 << 20);
  png_set_chunk_cache_max(png_, 128);
  png_set_read_fn(png_, this, on_read);
  png_read_info(png_, info_);
  return true;
}

bool PngReader::set_up_output(bool indices) noexcept {
  if (setjmp(png_jmpbuf(png_))) return false;
  if (indices) {
    png_set_packing(png_);
  } else {
    png_set_expand(png_);
    png_set_scale_16(png_);
    png_set_strip_alpha(png_);
  }
  passes_ = png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  return true;
}

bool PngReader::read_rows(std::uint8_t* pixels) noexcept {
  if (setjmp(png_jmpbuf(png_))) return false;
  const auto stride = static_cast<std::size_t>(row_bytes());
  const auto rows = static_cast<std::size_t>(height());
  for (int pass = 0; pass < passes_; ++pass) {
    for (std::size_t y = 0; y < rows; ++y) png_read_row(png_, pixels + y * stride, nullptr);
  }
  png_read_end(png_, nullptr);
  return true;
}

Image decode(std::span<const std::uint8_t> bytes, const std::string& name, bool indices) {
  PngReader png(bytes);
  OCTET_CHECK(png.read_header(), name, ": PNG header: ", png.message());
  OCTET_CHECK(png.width() <= max_image_side && png.height() <= max_image_side &&
                  png.width() * png.height() <= max_image_pixels,
              name, ": PNG: expected at most ", max_image_side, " pixels a side and ",
              max_image_pixels, " in all, got ", png.width(), " x ", png.height());
  const std::int64_t claimed = png.row_bytes() * png.height();
  OCTET_CHECK(claimed <= static_cast<std::int64_t>(bytes.size()) * data_detail::max_deflate_ratio,
              name, ": PNG: ", png.width(), " x ", png.height(), " pixels cannot come from ",
              bytes.size(), " bytes");
  OCTET_CHECK(!indices || png.has_indices(), name,
              ": expected a mask: a palette or grey values of up to 8 bits, for the class of each "
              "pixel");
  OCTET_CHECK(png.set_up_output(indices), name, ": PNG: ", png.message());
  Image image;
  image.width = png.width();
  image.height = png.height();
  image.channels = png.channels();
  OCTET_CHECK((image.channels == 1 || image.channels == 3) &&
                  png.row_bytes() == image.width * image.channels,
              name, ": PNG: expected 8-bit grey or RGB after expansion, got ", png.row_bytes(),
              " bytes in a row of ", image.width, " pixels");
  image.pixels.resize(static_cast<std::size_t>(png.row_bytes() * image.height));
  OCTET_CHECK(png.read_rows(image.pixels.data()), name, ": PNG: ", png.message());
  return image;
}

}  // namespace

Image decode_png(std::span<const std::uint8_t> bytes, const std::string& name) {
  return decode(bytes, name, /*indices=*/false);
}

Image decode_class_mask(std::span<const std::uint8_t> bytes, const std::string& name) {
  return decode(bytes, name, /*indices=*/true);
}

}  // namespace octet
