// IDX: 0, 0, element type, rank; the extents as big-endian u32; the elements.
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "data/file.h"
#include "data/readers.h"

namespace octet {

namespace {

/// A plain or gzipped file, read from front to back.
class GzipFile {
 public:
  explicit GzipFile(const std::filesystem::path& path) : path_(path.string()) {
    size_ = data_detail::size_of_file(path);
    file_ = gzopen(path_.c_str(), "rb");
    OCTET_CHECK(file_, path_, ": cannot be opened: ", std::strerror(errno));
  }
  ~GzipFile() {
    if (file_) gzclose_r(file_);
  }
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// The most bytes that can come out.
  std::int64_t capacity() const noexcept { return size_ * data_detail::max_deflate_ratio; }

  /// Number of bytes read: `count`, or less at the end of the file.
  std::size_t read(std::uint8_t* to, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      const auto piece = static_cast<unsigned>(std::min<std::size_t>(count - done, 1 << 24));
      const int got = gzread(file_, to + done, piece);
      if (got < 0) fail_read();
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  /// Throws Error unless the contents end here, with the check sum right.
  void expect_end() {
    std::uint8_t byte;
    OCTET_CHECK(read(&byte, 1) == 0, path_, ": expected the end of the file after the elements");
    const int status = gzclose_r(file_);
    file_ = nullptr;
    OCTET_CHECK(status == Z_OK, path_, ": the compressed data end early");
  }

 private:
  [[noreturn]] void fail_read() {
    int code = 0;
    const char* message = gzerror(file_, &code);
    fail(path_, ": cannot be read: ", code == Z_ERRNO ? std::strerror(errno) : message);
  }

  std::string path_;
  std::int64_t size_ = 0;
  gzFile file_ = nullptr;
};

/// An IDX file of u8 whose header was read and can be true: the file could hold so many elements.
class IdxFile {
 public:
  /// Requires min_rank <= rank <= max_rank.
  IdxFile(const std::filesystem::path& path, int min_rank, int max_rank) : file_(path) {
    std::uint8_t head[4] = {};
    OCTET_CHECK(file_.read(head, 4) == 4 && head[0] == 0 && head[1] == 0, name(),
                ": expected an IDX file (it begins with two zero bytes)");
    OCTET_CHECK(head[2] == 8, name(), ": element type: expected 8 (u8), got ", int{head[2]});
    OCTET_CHECK(head[3] >= min_rank && head[3] <= max_rank, name(), ": dimensions: expected ",
                min_rank, min_rank < max_rank ? " or more" : "", ", got ", int{head[3]});
    std::int64_t count = 1;
    for (int i = 0; i < head[3]; ++i) {
      std::uint8_t b[4];
      OCTET_CHECK(file_.read(b, 4) == 4, name(), ": the file ends in the header");
      const std::int64_t d = (std::int64_t{b[0]} << 24) | (b[1] << 16) | (b[2] << 8) | b[3];
      OCTET_CHECK(d >= 1, name(), ": extent ", i, ": expected at least 1, got ", d);
      OCTET_CHECK(d <= std::min(file_.capacity(), max_dataset_bytes) / count, name(),
                  ": the header declares more elements than the file can hold (extent ", i, " is ",
                  d, ")");
      dims_.push_back(d);
      count *= d;
    }
  }

  const std::string& name() const noexcept { return file_.path(); }
  const std::vector<std::int64_t>& dims() const noexcept { return dims_; }

  /// The elements; nothing may follow them. Only memory that is written to is the process's, so it
  /// follows what is really there, not what the header declares.
  Tensor read() {
    Tensor elements = Tensor::empty(Shape(std::span<const std::int64_t>(dims_)), ElementType::u8);
    const std::size_t got = file_.read(elements.data<std::uint8_t>(), elements.bytes());
    OCTET_CHECK(got == elements.bytes(), name(), ": expected ", elements.bytes(), " elements, got ",
                got);
    file_.expect_end();
    return elements;
  }

 private:
  GzipFile file_;
  std::vector<std::int64_t> dims_;
};

}  // namespace

Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels) {
  IdxFile label(labels, 1, 1), image(images, 3, 4);
  OCTET_CHECK(image.dims()[0] == label.dims()[0], image.name(), ": expected ", label.dims()[0],
              " images (the labels in ", label.name(), "), got ", image.dims()[0]);
  const Tensor label_bytes = label.read();
  Tensor pixels = image.read();
  const Shape& s = pixels.shape();
  if (s.rank() == 3) pixels = pixels.reshape({s[0], s[1], s[2], 1});
  const auto values = label_bytes.span<std::uint8_t>();
  return make_dataset(std::move(pixels), std::vector<std::int64_t>(values.begin(), values.end()),
                      {}, image.name());
}

}  // namespace octet
