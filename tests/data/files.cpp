#include "tests/data/files.h"

#include <fcntl.h>
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace octet::test {

namespace {

/// Redirects stderr to a file while it lives.
class CapturedStderr {
 public:
  explicit CapturedStderr(const std::filesystem::path& path) : saved_(dup(2)) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, 2);
    ::close(file);
  }
  ~CapturedStderr() {
    dup2(saved_, 2);
    ::close(saved_);
  }

 private:
  int saved_;
};

void append_png(png_structp png, png_bytep data, std::size_t count) {
  auto* out = static_cast<Bytes*>(png_get_io_ptr(png));
  out->insert(out->end(), data, data + count);
}

}  // namespace

Dataset random_dataset(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, int classes,
                       std::uint64_t seed) {
  auto random = rng(seed);
  Tensor images = Tensor::empty({n, h, w, c}, ElementType::u8);
  for (std::uint8_t& p : images.span<std::uint8_t>()) p = static_cast<std::uint8_t>(random());
  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < n; ++i) {
    labels.push_back(
        i < classes ? i : static_cast<std::int64_t>(random() % static_cast<unsigned>(classes)));
  }
  return make_dataset(images, labels, {}, "random");
}

Image random_image(std::int64_t h, std::int64_t w, int c, std::uint64_t seed) {
  auto random = rng(seed);
  Image image{h, w, c, {}};
  std::vector<double> phase;
  for (int i = 0; i < 3 * c; ++i) phase.push_back(static_cast<double>(random() % 1000) / 1000);
  for (std::int64_t y = 0; y < h; ++y) {
    for (std::int64_t x = 0; x < w; ++x) {
      for (int k = 0; k < c; ++k) {
        const double* p = &phase[static_cast<std::size_t>(3 * k)];
        const double v = std::sin(6 * p[0] + 0.3 * p[1] * double(y) + 0.4 * p[2] * double(x));
        image.pixels.push_back(static_cast<std::uint8_t>(std::lround(127.5 + 120 * v)));
      }
    }
  }
  return image;
}

Bytes idx_bytes(const std::vector<std::int64_t>& dims, const std::uint8_t* elements) {
  Bytes out{0, 0, 8, static_cast<char>(dims.size())};
  std::int64_t count = 1;
  for (const std::int64_t d : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(d >> shift));
    count *= d;
  }
  out.insert(out.end(), elements, elements + count);
  return out;
}

Bytes gzip(const Bytes& bytes) {
  z_stream z{};
  REQUIRE(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<unsigned char> in(bytes.begin(), bytes.end());
  std::vector<unsigned char> out(deflateBound(&z, in.size()));
  z.next_in = in.data();
  z.avail_in = static_cast<unsigned>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<unsigned>(out.size());
  REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return {out.begin(), out.end()};
}

Bytes png_bytes(const Image& image, const PngKind& kind) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append_png, nullptr);
  int type = image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
  if (kind.alpha) type |= PNG_COLOR_MASK_ALPHA;
  if (kind.palette) type = PNG_COLOR_TYPE_PALETTE;
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), kind.bit_depth, type,
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  for (int v = 0; v < (1 << std::min(kind.bit_depth, 8)); ++v) {
    const auto b = static_cast<png_byte>(v);
    palette.push_back({b, b, b});
  }
  if (kind.palette) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(png, info);
  // Rows of the kind: samples of 1, 8 or 16 bits, alpha after each pixel.
  const std::size_t channels = static_cast<std::size_t>(image.channels);
  std::vector<Bytes> rows;
  for (std::int64_t y = 0; y < image.height; ++y) {
    Bytes row((static_cast<std::size_t>(image.width) * 8 + 8));
    row.clear();
    const std::uint8_t* p = &image.pixels[static_cast<std::size_t>(y * image.width) * channels];
    int bits = 0, filled = 0;
    for (std::int64_t x = 0; x < image.width; ++x) {
      for (std::size_t c = 0; c < channels + (kind.alpha ? 1 : 0); ++c) {
        const std::uint8_t v = c < channels ? *p++ : 77;
        if (kind.bit_depth >= 8) {
          row.push_back(static_cast<char>(v));
          if (kind.bit_depth == 16) row.push_back(static_cast<char>(v));
        } else {
          bits = (bits << kind.bit_depth) | (v >> (8 - kind.bit_depth));
          if ((filled += kind.bit_depth) == 8) {
            row.push_back(static_cast<char>(bits));
            bits = filled = 0;
          }
        }
      }
    }
    if (filled) row.push_back(static_cast<char>(bits << (8 - filled)));
    rows.push_back(std::move(row));
  }
  std::vector<png_bytep> pointers;
  for (Bytes& row : rows) pointers.push_back(reinterpret_cast<png_bytep>(row.data()));
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

namespace {

Bytes jpeg(const Image& image, J_COLOR_SPACE space, bool progressive) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  Image copy = image;
  const auto stride = static_cast<std::size_t>(image.width * image.channels);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = &copy.pixels[stride * info.next_scanline];
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  Bytes out(buffer, buffer + size);
  std::free(buffer);
  jpeg_destroy_compress(&info);
  return out;
}

}  // namespace

Bytes jpeg_bytes(const Image& image, bool progressive) {
  return jpeg(image, image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB, progressive);
}

Bytes jpeg_cmyk_bytes() {
  return jpeg({8, 8, 4, std::vector<std::uint8_t>(256, 90)}, JCS_CMYK, false);
}

bool same_contents(const Dataset& a, const Dataset& b) {
  return a.images.shape() == b.images.shape() &&
         std::ranges::equal(a.images.span<std::uint8_t>(), b.images.span<std::uint8_t>()) &&
         std::ranges::equal(a.labels.span<std::int32_t>(), b.labels.span<std::int32_t>());
}

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  FAIL_CHECK("expected an Error, nothing was thrown");
  return "";
}

Sweep damage(const std::filesystem::path& path, const Bytes& bytes, int step, int flips, int slack,
             const std::function<void()>& read) {
  Sweep sweep;
  const std::filesystem::path log = path.string() + ".stderr";
  const auto attempt = [&](const Bytes& damaged) {
    // A new file each time: overwriting makes some file systems wait for the disk.
    std::filesystem::remove(path);
    write_file(path, damaged);
    try {
      read();
      ++sweep.valid;
      return true;
    } catch (const Error& error) {
      ++sweep.errors;
      CHECK_MESSAGE(std::string(error.what()).find(path.filename().string()) != std::string::npos,
                    "the error does not name the file: ", error.what());
      return false;
    }
  };
  {
    const CapturedStderr captured(log);
    for (std::size_t n = 0; n < bytes.size(); n += n < 600 ? 1 : static_cast<std::size_t>(step)) {
      CAPTURE(n);
      const bool ok = attempt(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(n)));
      CHECK_FALSE((ok && n + static_cast<std::size_t>(slack) <= bytes.size()));
    }
    auto random = rng(bytes.size());
    std::vector<std::size_t> places(std::min<std::size_t>(bytes.size(), 300));
    std::iota(places.begin(), places.end(), 0u);
    for (std::size_t i = 1; i <= std::min<std::size_t>(bytes.size(), 300); ++i) {
      places.push_back(bytes.size() - i);
    }
    for (int i = 0; i < flips; ++i) places.push_back(random() % bytes.size());
    for (const std::size_t at : places) {
      for (int bit = 0; bit < 8; ++bit) {
        CAPTURE(at);
        CAPTURE(bit);
        Bytes flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
        attempt(flipped);
      }
    }
  }
  const Bytes printed = read_file(log);
  CHECK_MESSAGE(printed.empty(),
                "printed to stderr: ", std::string(printed.begin(), printed.end()));
  write_file(path, bytes);
  CHECK_NOTHROW(read());
  return sweep;
}

}  // namespace octet::test
