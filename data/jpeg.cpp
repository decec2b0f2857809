// JPEG by libjpeg-turbo. Its errors come back by longjmp: each step that calls it is a function
// without C++ objects of its own, and reports failure by its result.
#include <csetjmp>
#include <cstdint>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

#include "base/error.h"
#include "data/image.h"

namespace octet {

namespace {

class JpegReader {
 public:
  explicit JpegReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&info_);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool read_header() noexcept;
  /// Rows of width * channels() bytes, up to the end marker.
  bool read_rows(std::uint8_t* pixels) noexcept;

  std::int64_t width() const noexcept { return info_.image_width; }
  std::int64_t height() const noexcept { return info_.image_height; }
  /// Of the output: 1 or 3; 0 for a colour space that cannot be converted to RGB.
  int channels() const noexcept {
    if (info_.jpeg_color_space == JCS_GRAYSCALE) return 1;
    return info_.jpeg_color_space == JCS_YCbCr || info_.jpeg_color_space == JCS_RGB ? 3 : 0;
  }
  int components() const noexcept { return info_.num_components; }
  /// Each block of 8 x 8 pixels takes a bit at least; arithmetic coding may take less.
  bool can_come_from(std::size_t bytes) const noexcept {
    return info_.arith_code || width() * height() <= 64 * 8 * static_cast<std::int64_t>(bytes);
  }
  const char* message() const noexcept { return errors_.message; }

 private:
  struct Errors {
    jpeg_error_mgr base;  // first: libjpeg knows only this part
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
  };
  static Errors* errors_of(j_common_ptr info) { return reinterpret_cast<Errors*>(info->err); }
  [[noreturn]] static void on_error(j_common_ptr info) {
    Errors* errors = errors_of(info);
    errors->base.format_message(info, errors->message);
    std::longjmp(errors->jump, 1);
  }
  static void on_message(j_common_ptr info, int level) {
    if (level < 0) on_error(info);  // a warning: data are missing or corrupt
  }
  static void on_output(j_common_ptr) {}
  /// A progressive file may name any number of scans, each as dear as a whole picture.
  static void on_progress(j_common_ptr info) {
    if (!info->is_decompressor) return;
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= max_scans) return;
    std::snprintf(errors_of(info)->message, JMSG_LENGTH_MAX, "more than %d scans", max_scans);
    std::longjmp(errors_of(info)->jump, 1);
  }

  static constexpr int max_scans = 100;

  std::span<const std::uint8_t> bytes_;
  jpeg_decompress_struct info_{};
  Errors errors_{};
  jpeg_progress_mgr progress_{};
  bool created_ = false;
};

bool JpegReader::read_header() noexcept {
  info_.err = jpeg_std_error(&errors_.base);
  errors_.base.error_exit = on_error;
  errors_.base.emit_message = on_message;
  errors_.base.output_message = on_output;
  if (setjmp(errors_.jump)) return false;
  jpeg_create_decompress(&info_);
  created_ = true;
  progress_.progress_monitor = on_progress;
  info_.progress = &progress_;
  jpeg_mem_src(&info_, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
  jpeg_read_header(&info_, TRUE);
  return true;
}

bool JpegReader::read_rows(std::uint8_t* pixels) noexcept {
  if (setjmp(errors_.jump)) return false;
  info_.out_color_space = channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
  info_.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info_);
  const auto stride = static_cast<std::size_t>(width()) * static_cast<std::size_t>(channels());
  while (info_.output_scanline < info_.output_height) {
    JSAMPROW row = pixels + stride * info_.output_scanline;
    jpeg_read_scanlines(&info_, &row, 1);
  }
  jpeg_finish_decompress(&info_);
  return true;
}

}  // namespace

Image decode_jpeg(std::span<const std::uint8_t> bytes, const std::string& name) {
  JpegReader jpeg(bytes);
  OCTET_CHECK(jpeg.read_header(), name, ": JPEG header: ", jpeg.message());
  OCTET_CHECK(jpeg.width() <= max_image_side && jpeg.height() <= max_image_side &&
                  jpeg.width() * jpeg.height() <= max_image_pixels,
              name, ": JPEG: expected at most ", max_image_side, " pixels a side and ",
              max_image_pixels, " in all, got ", jpeg.width(), " x ", jpeg.height());
  OCTET_CHECK(jpeg.can_come_from(bytes.size()), name, ": JPEG: ", jpeg.width(), " x ",
              jpeg.height(), " pixels cannot come from ", bytes.size(), " bytes");
  OCTET_CHECK(jpeg.channels() != 0, name, ": JPEG: expected grey, YCbCr or RGB, got ",
              jpeg.components(), " components of another colour space");
  Image image;
  image.width = jpeg.width();
  image.height = jpeg.height();
  image.channels = jpeg.channels();
  image.pixels.resize(static_cast<std::size_t>(image.width * image.height * image.channels));
  OCTET_CHECK(jpeg.read_rows(image.pixels.data()), name, ": JPEG: ", jpeg.message());
  return image;
}

}  // namespace octet
