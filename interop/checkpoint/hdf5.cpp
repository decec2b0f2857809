// write_checkpoint and read_checkpoint: the HDF5 side.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/atomic_file.h"
#include "data/hdf5_handle.h"
#include "interop/checkpoint/checkpoint.h"
#include "interop/checkpoint/seal.h"
#include "interop/hdf5/read_file.h"

namespace octet {
namespace {

using data_detail::h5_check;
using data_detail::H5Id;
using data_detail::silence_hdf5;

static_assert(sizeof(real) == 4, "checkpoints hold float32");

constexpr const char* tensor_group = "tensors";
constexpr const char* integer_group = "integers";
constexpr const char* number_group = "numbers";
constexpr const char* text_group = "texts";

/// Types in the file, little-endian, and in memory.
struct Types {
  hid_t file, memory;
};
Types types_of(ElementType type) {
  switch (type) {
    case ElementType::real:
      return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT};
    case ElementType::i8:
      return {H5T_STD_I8LE, H5T_NATIVE_INT8};
    case ElementType::u8:
      return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
    case ElementType::i32:
      return {H5T_STD_I32LE, H5T_NATIVE_INT32};
  }
  fail("checkpoint: unknown element type ", static_cast<int>(type));
}

/// The number of the system's error in a message of HDF5, 0 if there is none.
int system_error_in(std::string_view message) {
  constexpr std::string_view before = "errno = ";
  const auto at = message.find(before);
  return at == message.npos ? 0 : std::atoi(message.substr(at + before.size()).data());
}

void check_name(const std::string& name) {
  bool good = !name.empty() && name.back() != '/';
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size() && good; ++i) {
    if (i < name.size() && name[i] != '/') {
      good = name[i] > ' ' && name[i] <= '~';
      continue;
    }
    const std::string part = name.substr(begin, i - begin);
    good = !part.empty() && part != "." && part != "..";
    begin = i + 1;
  }
  OCTET_CHECK(good, "checkpoint: '", name, "' cannot be a name");
}

class Writer {
 public:
  /// Writes to `file`, in messages `path`.
  Writer(const std::filesystem::path& file, const std::filesystem::path& path)
      : what_("cannot write " + path.string()), file_(create(file)) {
    for (const char* g : {tensor_group, integer_group, number_group, text_group}) {
      H5Id(H5Gcreate2(file_, g, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, what_);
    }
  }

  void tensor(const std::string& name, const Tensor& t) {
    OCTET_CHECK(t.defined(), "checkpoint: the tensor '", name, "' is undefined");
    std::vector<hsize_t> dims;
    for (std::int64_t d : t.shape().dims()) dims.push_back(static_cast<hsize_t>(d));
    const H5Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                     H5Sclose, what_);
    const Types types = types_of(t.dtype());
    write(tensor_group, name, types.file, types.memory, space, t.raw());
  }
  void integer(const std::string& name, std::int64_t v) {
    write(integer_group, name, H5T_STD_I64LE, H5T_NATIVE_INT64, scalar(), &v);
  }
  void number(const std::string& name, double v) {
    write(number_group, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar(), &v);
  }
  void text(const std::string& name, const std::string& v) {
    OCTET_CHECK(v.find('\0') == v.npos, "checkpoint: the text '", name, "' holds a NUL byte");
    const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose, what_);
    h5_check(H5Tset_size(type, v.size() + 1), what_);
    h5_check(H5Tset_cset(type, H5T_CSET_UTF8), what_);
    write(text_group, name, type, type, scalar(), v.c_str());
  }
  void close() { file_.close(what_); }

 private:
  H5Id create(const std::filesystem::path& path) const {
    const H5Id properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose, what_);
    h5_check(H5Pset_userblock(properties, seal_bytes), what_);
    h5_check(H5Pset_obj_track_times(properties, false), what_);
    return H5Id(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties, H5P_DEFAULT), H5Fclose, what_);
  }
  H5Id scalar() const { return H5Id(H5Screate(H5S_SCALAR), H5Sclose, what_); }

  void write(const char* group, const std::string& name, hid_t file_type, hid_t memory_type,
             hid_t space, const void* data) {
    check_name(name);
    const H5Id links(H5Pcreate(H5P_LINK_CREATE), H5Pclose, what_);
    h5_check(H5Pset_create_intermediate_group(links, 1), what_);
    const H5Id creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, what_);
    h5_check(H5Pset_obj_track_times(creation, false), what_);
    H5Id dataset(H5Dcreate2(file_, (std::string(group) + "/" + name).c_str(), file_type, space,
                            links, creation, H5P_DEFAULT),
                 H5Dclose, what_);
    h5_check(H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), what_);
    dataset.close(what_);
  }

  std::string what_;
  H5Id file_;
};

/// The seal can be forged: the file is not trusted.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path) {}

  template <class F>
  void each(const char* group, const F& f) {
    file_.each(group, f);
  }

  Tensor tensor(hid_t dataset, const std::string& place) {
    file_.claim(dataset, place);
    const H5Id space(H5Dget_space(dataset), H5Sclose, place);
    const int rank = H5Sget_simple_extent_ndims(space);
    OCTET_CHECK(rank >= 0 && rank <= Shape::max_rank, place, ": expected at most ", Shape::max_rank,
                " dimensions, got ", rank);
    hsize_t dims[Shape::max_rank] = {};
    H5Sget_simple_extent_dims(space, dims, nullptr);
    std::vector<std::int64_t> extents(dims, dims + rank);
    const H5Id type(H5Dget_type(dataset), H5Tclose, place);
    for (ElementType t : {ElementType::real, ElementType::i8, ElementType::u8, ElementType::i32}) {
      if (H5Tequal(type, types_of(t).file) <= 0) continue;
      Tensor value = Tensor::empty(Shape(extents), t);
      h5_check(H5Dread(dataset, types_of(t).memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.raw()),
               place);
      return value;
    }
    fail(place, ": expected elements of type f32, i8, u8 or i32");
  }

  template <class T>
  T scalar(hid_t dataset, hid_t file_type, hid_t memory_type, const std::string& place) {
    file_.claim(dataset, place);
    check_scalar(dataset, place);
    const H5Id type(H5Dget_type(dataset), H5Tclose, place);
    OCTET_CHECK(H5Tequal(type, file_type) > 0, place, ": expected a number of ", sizeof(T),
                " bytes");
    T value{};
    h5_check(H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), place);
    return value;
  }

  std::string text(hid_t dataset, const std::string& place) {
    file_.claim(dataset, place);
    check_scalar(dataset, place);
    const H5Id type(H5Dget_type(dataset), H5Tclose, place);
    OCTET_CHECK(H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0, place,
                ": expected a text of fixed length");
    std::string value(H5Tget_size(type), '\0');
    h5_check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()), place);
    value.resize(std::min(value.find('\0'), value.size()));
    return value;
  }

 private:
  static void check_scalar(hid_t dataset, const std::string& place) {
    const H5Id space(H5Dget_space(dataset), H5Sclose, place);
    OCTET_CHECK(H5Sget_simple_extent_npoints(space) == 1, place, ": expected one value");
  }

  H5ReadFile file_;
};

}  // namespace

void write_checkpoint(const Checkpoint& c, const std::filesystem::path& path) {
  silence_hdf5();
  AtomicFile file(path);
  try {
    Writer writer(file.temporary(), path);
    for (const auto& [name, v] : c.tensors) writer.tensor(name, v);
    for (const auto& [name, v] : c.integers) writer.integer(name, v);
    for (const auto& [name, v] : c.numbers) writer.number(name, v);
    for (const auto& [name, v] : c.texts) writer.text(name, v);
    writer.close();
  } catch (const Error& e) {
    if (const int error = system_error_in(e.what())) fail_to_write(path, error);
    throw;
  }
  seal_checkpoint(file.temporary(), path);
  file.commit();
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  check_seal(path);
  silence_hdf5();
  Reader reader(path);
  Checkpoint c;
  c.origin = path.string();
  reader.each(tensor_group, [&](const std::string& name, hid_t d, const std::string& place) {
    c.tensors[name] = reader.tensor(d, place);
  });
  reader.each(integer_group, [&](const std::string& name, hid_t d, const std::string& place) {
    c.integers[name] = reader.scalar<std::int64_t>(d, H5T_STD_I64LE, H5T_NATIVE_INT64, place);
  });
  reader.each(number_group, [&](const std::string& name, hid_t d, const std::string& place) {
    c.numbers[name] = reader.scalar<double>(d, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, place);
  });
  reader.each(text_group, [&](const std::string& name, hid_t d, const std::string& place) {
    c.texts[name] = reader.text(d, place);
  });
  return c;
}

}  // namespace octet
