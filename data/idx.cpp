// IDX: 0, 0, element type, rank; the extents as big-endian u32; the elements.
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
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

struct IdxArray {
  std::vector<std::int64_t> dims;
  std::vector<std::uint8_t> elements;
};

/// Requires u8 elements and min_rank <= rank <= max_rank.
IdxArray read_idx_array(const std::filesystem::path& path, int min_rank, int max_rank) {
  GzipFile file(path);
  std::uint8_t head[4] = {};
  OCTET_CHECK(file.read(head, 4) == 4 && head[0] == 0 && head[1] == 0, file.path(),
              ": expected an IDX file (it begins with two zero bytes)");
  OCTET_CHECK(head[2] == 8, file.path(), ": element type: expected 8 (u8), got ", int{head[2]});
  OCTET_CHECK(head[3] >= min_rank && head[3] <= max_rank, file.path(), ": dimensions: expected ",
              min_rank, min_rank < max_rank ? " or more" : "", ", got ", int{head[3]});
  IdxArray array;
  std::int64_t count = 1;
  for (int i = 0; i < head[3]; ++i) {
    std::uint8_t b[4];
    OCTET_CHECK(file.read(b, 4) == 4, file.path(), ": the file ends in the header");
    const std::int64_t d = (std::int64_t{b[0]} << 24) | (b[1] << 16) | (b[2] << 8) | b[3];
    OCTET_CHECK(d >= 1, file.path(), ": extent ", i, ": expected at least 1, got ", d);
    OCTET_CHECK(d <= std::min(file.capacity(), max_dataset_bytes) / count, file.path(),
                ": the header declares more elements than the file can hold (extent ", i, " is ", d,
                ")");
    array.dims.push_back(d);
    count *= d;
  }
  // In steps: memory follows what is really there, not what the header declares.
  const auto wanted = static_cast<std::size_t>(count);
  std::size_t done = 0;
  while (done < wanted) {
    array.elements.resize(std::min(wanted, std::max<std::size_t>(2 * done, 1 << 20)));
    const std::size_t piece = array.elements.size() - done;
    const std::size_t got = file.read(array.elements.data() + done, piece);
    done += got;
    OCTET_CHECK(got == piece, file.path(), ": expected ", count, " elements, got ", done);
  }
  file.expect_end();
  return array;
}

}  // namespace

Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels) {
  const IdxArray label = read_idx_array(labels, 1, 1);
  IdxArray image = read_idx_array(images, 3, 4);
  OCTET_CHECK(image.dims[0] == label.dims[0], images.string(), ": expected ", label.dims[0],
              " images (the labels in ", labels.string(), "), got ", image.dims[0]);
  if (image.dims.size() == 3) image.dims.push_back(1);
  return make_dataset(
      Tensor::from<std::uint8_t>(Shape(std::span<const std::int64_t>(image.dims)), image.elements),
      std::vector<std::int64_t>(label.elements.begin(), label.elements.end()), {}, images.string());
}

}  // namespace octet
