// NumPy's arrays as data sets.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/half.h"
#include "base/mapped_file.h"
#include "data/array_dataset.h"
#include "data/readers.h"
#include "interop/arrays/npy.h"
#include "interop/arrays/unzip.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

struct NamedArray {
  StoredTensor tensor;
  std::string where;
  std::shared_ptr<const void> owner;
};

/// Arrays by their names: entries of an .npz file, or files of a folder.
class ArrayFiles {
 public:
  explicit ArrayFiles(const fs::path& path) : path_(path.string()) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return;
    open_archive(map_file(path_));
  }
  ArrayFiles(std::span<const std::byte> archive, const std::string& name) : path_(name) {
    open_archive({std::make_shared<int>(), archive});
  }

  std::optional<NamedArray> find(const std::string& name) const {
    const std::string file = name + ".npy";
    if (!file_.owner) {
      const fs::path path = fs::path(path_) / file;
      std::error_code ignored;
      if (!fs::exists(path, ignored)) return std::nullopt;
      const MappedFile mapped = map_file(path.string());
      return NamedArray{parse_npy(mapped.bytes, path.string()), path.string(), mapped.owner};
    }
    const auto entry = std::ranges::find(entries_, file, &ZipEntry::name);
    if (entry == entries_.end()) return std::nullopt;
    const std::string where = path_ + ": " + file;
    OCTET_CHECK(entry->size <= static_cast<std::uint64_t>(max_dataset_bytes), where,
                ": expected at most ", max_dataset_bytes, " bytes, got ", entry->size);
    const Unpacked unpacked = unpack(*entry, where);
    return NamedArray{parse_npy(unpacked.bytes, where), where,
                      unpacked.owner ? unpacked.owner : file_.owner};
  }

  NamedArray get(std::initializer_list<const char*> names, const std::string& suffix) const {
    for (const char* name : names) {
      if (std::optional<NamedArray> a = find(name + suffix)) return *std::move(a);
    }
    fail(path_, ": expected the array ", *names.begin(), suffix, ", got none of that name");
  }

 private:
  void open_archive(MappedFile file) {
    file_ = std::move(file);
    OCTET_CHECK(looks_like_zip(file_.bytes), path_,
                ": expected an .npz file of NumPy, or a folder with .npy files");
    entries_ = read_zip_directory(file_.bytes, path_);
  }

  std::string path_;
  MappedFile file_;
  std::vector<ZipEntry> entries_;
};

struct HalfNumber {
  std::uint16_t bits;
  operator float() const { return float_of_half(bits); }
};

/// Calls f(T()) with the type of the numbers. Throws Error for others than numbers.
template <class F>
void with_type(const NamedArray& a, const F& f) {
  const std::string& t = a.tensor.type;
  if (t == "|u1" || t == "|b1") return f(std::uint8_t());
  if (t == "|i1") return f(std::int8_t());
  if (t == "<u2") return f(std::uint16_t());
  if (t == "<i2") return f(std::int16_t());
  if (t == "<u4") return f(std::uint32_t());
  if (t == "<i4") return f(std::int32_t());
  if (t == "<u8") return f(std::uint64_t());
  if (t == "<i8") return f(std::int64_t());
  if (t == "<f2") return f(HalfNumber());
  if (t == "<f4") return f(float());
  if (t == "<f8") return f(double());
  fail(a.where, ": expected numbers, got '", one_line(t), "'");
}

bool is_whole(const NamedArray& a) {
  return a.tensor.type[1] != 'f';
}

/// The numbers in row-major order.
template <class T>
void copy_numbers(const NamedArray& a, T* to) {
  const StoredTensor& t = a.tensor;
  const std::vector<std::int64_t> strides = t.strides();
  std::vector<std::int64_t> index(t.shape.size());
  with_type(a, [&](auto type) {
    using Stored = decltype(type);
    const std::int64_t count = t.numel();
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      Stored number;
      std::memcpy(&number, t.data.data() + static_cast<std::size_t>(at) * sizeof number,
                  sizeof number);
      if constexpr (std::is_integral_v<Stored> && std::is_same_v<T, std::int32_t>) {
        OCTET_CHECK(std::in_range<std::int32_t>(number), a.where, ": number ", i,
                    ": expected one of 32 bits, got ", number);
      }
      to[i] = static_cast<T>(number);
      for (std::size_t k = index.size(); k-- > 0;) {
        at += strides[k];
        if (++index[k] < t.shape[k]) break;
        at -= index[k] * strides[k];
        index[k] = 0;
      }
    }
  });
}

Shape checked_shape(const NamedArray& a, std::size_t min_rank, std::size_t max_rank) {
  const std::vector<std::int64_t>& dims = a.tensor.shape;
  OCTET_CHECK(dims.size() >= min_rank && dims.size() <= max_rank, a.where,
              ": dimensions: expected ", min_rank, " to ", max_rank, ", got ", dims.size());
  std::int64_t bytes = sizeof(real);
  for (const std::int64_t d : dims) {
    OCTET_CHECK(d >= 1, a.where, ": expected extents >= 1, got ", shape_text(dims));
    OCTET_CHECK(d <= max_dataset_bytes / bytes, a.where, ": ", shape_text(dims),
                ": expected at most ", max_dataset_bytes, " bytes");
    bytes *= d;
  }
  return Shape(std::span<const std::int64_t>(dims));
}

Tensor samples_of(const NamedArray& a) {
  const Shape shape = checked_shape(a, 2, 4);
  const bool pixels = a.tensor.type == "|u1";
  Tensor samples = Tensor::empty(data_detail::sample_extents(shape.dims()),
                                 pixels ? ElementType::u8 : ElementType::real);
  if (pixels) {
    copy_numbers(a, samples.data<std::uint8_t>());
  } else {
    copy_numbers(a, samples.r());
  }
  return samples;
}

Tensor targets_of(const NamedArray& a, TargetChoice choice) {
  const Shape shape = checked_shape(a, 1, 3);
  with_type(a, [](auto) {});
  const bool whole = is_whole(a);
  Tensor numbers = Tensor::empty(shape, whole ? ElementType::i32 : ElementType::real);
  if (whole) {
    copy_numbers(a, numbers.data<std::int32_t>());
  } else {
    copy_numbers(a, numbers.r());
  }
  return data_detail::to_targets({std::move(numbers), whole}, choice, a.where);
}

constexpr std::initializer_list<const char*> sample_names{"x", "images"};
constexpr std::initializer_list<const char*> target_names{"y", "labels", "masks"};

Dataset read_arrays(const ArrayFiles& files, const std::string& path, const std::string& split,
                    const DataOptions& options) {
  const std::string suffix = split.empty() ? "" : "_" + split;
  const NamedArray x = files.get(sample_names, suffix);
  const NamedArray y = files.get(target_names, suffix);
  Tensor targets = targets_of(y, options.targets);
  Tensor samples = data_detail::to_input_size(samples_of(x), options.input, x.where);
  OCTET_CHECK(samples.shape()[0] == targets.shape()[0], y.where, ": expected ", samples.shape()[0],
              " (the samples of ", x.where, "), got ", targets.shape()[0]);
  return make_dataset(std::move(samples), std::move(targets), options.class_names,
                      path + (split.empty() ? "" : ": " + split));
}

}  // namespace

bool numpy_has_split(const fs::path& path, const std::string& split) {
  const ArrayFiles files(path);
  return std::ranges::any_of(
      sample_names, [&](const char* name) { return files.find(name + ("_" + split)).has_value(); });
}

Dataset read_numpy(const fs::path& path, const std::string& split, const DataOptions& options) {
  return read_arrays(ArrayFiles(path), path.string(), split, options);
}

Dataset parse_npz(std::span<const std::byte> file, const std::string& name,
                  const std::string& split, const DataOptions& options) {
  return read_arrays(ArrayFiles(file, name), name, split, options);
}

}  // namespace octet
