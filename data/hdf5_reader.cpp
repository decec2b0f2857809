// HDF5 files as data sets. The file is not trusted: only plain links, plain storage, extents that
// the file's size can back, and numbers are accepted.
#include <algorithm>
#include <memory>

#include "data/array_dataset.h"
#include "data/file.h"
#include "data/hdf5_handle.h"
#include "data/readers.h"

namespace octet {

using data_detail::h5_check;
using data_detail::H5Id;

namespace {

struct File {
  H5Id id;
  std::string path;
  std::int64_t size;
};

File open_file(const std::filesystem::path& path) {
  const std::string name = path.string();
  const std::int64_t size = data_detail::size_of_file(path);
  OCTET_CHECK(H5Fis_hdf5(name.c_str()) > 0, name, ": expected an HDF5 file");
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, name);
  // A shared lock where the file system has locks (a running training may write the same file).
  h5_check(H5Pset_file_locking(access, true, true), name);
  return {H5Id(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access), H5Fclose, name + ": HDF5"), name,
          size};
}

/// Opens a direct child; soft and external links could lead anywhere.
H5Id open_child(const File& file, hid_t parent, const std::string& child, H5I_type_t type) {
  const std::string where = file.path + ": " + child;
  const char* expected = type == H5I_GROUP ? "group" : "data set";
  OCTET_CHECK(H5Lexists(parent, child.c_str(), H5P_DEFAULT) > 0, where, ": expected a ", expected,
              ", there is nothing of that name");
  H5L_info_t link{};
  h5_check(H5Lget_info(parent, child.c_str(), &link, H5P_DEFAULT), where);
  OCTET_CHECK(link.type == H5L_TYPE_HARD, where, ": expected a ", expected, ", got a link");
  H5Id id(H5Oopen(parent, child.c_str(), H5P_DEFAULT), H5Oclose, where);
  OCTET_CHECK(H5Iget_type(id) == type, where, ": expected a ", expected, ", got another object");
  return id;
}

/// Extents; each at least 1. Throws Error unless min_rank <= rank <= max_rank.
std::vector<std::int64_t> extents(hid_t space, int min_rank, int max_rank,
                                  const std::string& where) {
  OCTET_CHECK(H5Sget_simple_extent_type(space) == H5S_SIMPLE, where, ": expected an array");
  const int rank = H5Sget_simple_extent_ndims(space);
  OCTET_CHECK(rank >= min_rank && rank <= max_rank, where, ": dimensions: expected ", min_rank,
              " to ", max_rank, ", got ", rank);
  hsize_t dims[Shape::max_rank] = {};
  h5_check(H5Sget_simple_extent_dims(space, dims, nullptr), where);
  std::vector<std::int64_t> out;
  for (int i = 0; i < rank; ++i) {
    OCTET_CHECK(dims[i] >= 1 && dims[i] <= hsize_t{max_dataset_bytes}, where, ": extent ", i,
                ": expected at least 1 and at most ", max_dataset_bytes, ", got ", dims[i]);
    out.push_back(static_cast<std::int64_t>(dims[i]));
  }
  return out;
}

/// Product of extents times `element` bytes, if at most `limit`; else throws Error.
std::int64_t bounded_bytes(const std::vector<std::int64_t>& dims, std::int64_t element,
                           std::int64_t limit, const std::string& where) {
  std::int64_t bytes = element;
  for (const std::int64_t d : dims) {
    OCTET_CHECK(d <= limit / bytes, where, ": extents ", Shape(std::span<const std::int64_t>(dims)),
                ": more than the file can hold (at most ", limit, " bytes)");
    bytes *= d;
  }
  return bytes;
}

/// Whether the values are deflated. Throws Error for a filter that is not known.
bool deflated(hid_t create, const std::string& where) {
  bool found = false;
  for (int i = 0; i < H5Pget_nfilters(create); ++i) {
    unsigned flags = 0, config = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(create, static_cast<unsigned>(i), &flags, &values,
                                               nullptr, 0, nullptr, &config);
    OCTET_CHECK(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                    filter == H5Z_FILTER_FLETCHER32,
                where, ": filters: expected deflate, shuffle or fletcher32, got number ", filter);
    found = found || filter == H5Z_FILTER_DEFLATE;
  }
  return found;
}

/// What the file says that the values take in it, as far as it has so many bytes.
std::int64_t stored_bytes(const File& file, hid_t dataset) {
  return static_cast<std::int64_t>(
      std::min<hsize_t>(H5Dget_storage_size(dataset), static_cast<hsize_t>(file.size)));
}

/// The storage must be inside the file, written, and expand no further than its filters can.
void check_storage(const File& file, hid_t dataset, const std::vector<std::int64_t>& dims,
                   std::int64_t element, const std::string& where) {
  const std::int64_t limit =
      std::min(file.size * data_detail::max_deflate_ratio, max_dataset_bytes);
  bounded_bytes(dims, element, limit, where);
  const H5Id create(H5Dget_create_plist(dataset), H5Pclose, where);
  OCTET_CHECK(H5Pget_external_count(create) == 0, where,
              ": expected the data inside the file, got a reference to other files");
  const H5D_layout_t layout = H5Pget_layout(create);
  OCTET_CHECK(layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, where,
              ": layout: expected compact, contiguous or chunked, got ", int{layout});
  if (layout != H5D_CHUNKED) {
    H5D_space_status_t allocated{};
    h5_check(H5Dget_space_status(dataset, &allocated), where);
    OCTET_CHECK(allocated == H5D_SPACE_STATUS_ALLOCATED, where,
                ": expected all elements to be written, got part of them or none");
    bounded_bytes(dims, element, stored_bytes(file, dataset), where);
    return;
  }
  hsize_t chunk[Shape::max_rank] = {};
  const int rank = H5Pget_chunk(create, Shape::max_rank, chunk);
  OCTET_CHECK(rank == static_cast<int>(dims.size()), where, ": chunk dimensions: expected ",
              dims.size(), ", got ", rank);
  std::vector<std::int64_t> chunk_dims;
  hsize_t chunks = 1;
  for (int i = 0; i < rank; ++i) {
    OCTET_CHECK(chunk[i] >= 1 && chunk[i] <= hsize_t{UINT32_MAX}, where, ": chunk extent ", i,
                ": expected 1 to ", UINT32_MAX, ", got ", chunk[i]);
    chunk_dims.push_back(static_cast<std::int64_t>(chunk[i]));
    chunks *= (static_cast<hsize_t>(dims[static_cast<std::size_t>(i)]) - 1) / chunk[i] + 1;
  }
  bounded_bytes(chunk_dims, element, std::min(limit, std::int64_t{1} << 30), where + ": chunk");
  hsize_t written = 0;
  const H5Id space(H5Dget_space(dataset), H5Sclose, where);
  h5_check(H5Dget_num_chunks(dataset, space, &written), where);
  OCTET_CHECK(written == chunks, where, ": expected ", chunks, " chunks to be written, got ",
              written);
  bounded_bytes(
      dims, element,
      stored_bytes(file, dataset) * (deflated(create, where) ? data_detail::max_deflate_ratio : 1),
      where);
}

/// A data set that is as it should be and that the file can hold; nothing is read yet.
struct Array {
  H5Id id;
  std::vector<std::int64_t> dims;
  std::string where;
  bool whole, pixels;  ///< integers; u8
};

bool has_child(hid_t group, const char* name) {
  return H5Lexists(group, name, H5P_DEFAULT) > 0;
}

/// The first of the names that is there; else the first.
const char* name_in(hid_t group, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (has_child(group, name)) return name;
  }
  return *names.begin();
}

/// Numbers of `min_rank` to `max_rank` extents.
Array open_numbers(const File& file, hid_t group, const char* name, int min_rank, int max_rank,
                   const char* expected) {
  const std::string where = file.path + ": " + name;
  H5Id dataset = open_child(file, group, name, H5I_DATASET);
  const H5Id type(H5Dget_type(dataset), H5Tclose, where);
  const std::size_t size = H5Tget_size(type);
  const H5T_class_t kind = H5Tget_class(type);
  OCTET_CHECK((kind == H5T_INTEGER || kind == H5T_FLOAT) && size >= 1 && size <= 8, where,
              ": element type: expected ", expected, ", got another one of ", size, " bytes");
  const H5Id space(H5Dget_space(dataset), H5Sclose, where);
  std::vector<std::int64_t> dims = extents(space, min_rank, max_rank, where);
  check_storage(file, dataset, dims, static_cast<std::int64_t>(size), where);
  const bool pixels = kind == H5T_INTEGER && size == 1 && H5Tget_sign(type) == H5T_SGN_NONE;
  return {std::move(dataset), std::move(dims), where, kind == H5T_INTEGER, pixels};
}

void read_all(const Array& a, hid_t type, void* to) {
  h5_check(H5Dread(a.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to), a.where);
}

/// Pixels as u8, other numbers as real. Throws Error if these would be more than max_dataset_bytes.
Tensor read_samples(const Array& a) {
  const Shape shape = data_detail::sample_extents(a.dims);
  if (!a.pixels) bounded_bytes(a.dims, sizeof(real), max_dataset_bytes, a.where);
  Tensor samples = Tensor::empty(shape, a.pixels ? ElementType::u8 : ElementType::real);
  read_all(a, a.pixels ? H5T_NATIVE_UINT8 : H5T_NATIVE_FLOAT, samples.raw());
  return samples;
}

/// dims[0] labels, in memory that is not the process's before it is written to.
std::unique_ptr<std::int64_t[]> read_labels(const Array& a) {
  auto labels = std::make_unique_for_overwrite<std::int64_t[]>(static_cast<std::size_t>(a.dims[0]));
  read_all(a, H5T_NATIVE_INT64, labels.get());
  return labels;
}

Tensor read_targets(const Array& a, TargetChoice choice) {
  bounded_bytes(a.dims, 4, max_dataset_bytes, a.where);
  Tensor numbers = Tensor::empty(Shape(std::span<const std::int64_t>(a.dims)),
                                 a.whole ? ElementType::i32 : ElementType::real);
  read_all(a, a.whole ? H5T_NATIVE_INT32 : H5T_NATIVE_FLOAT, numbers.raw());
  return data_detail::to_targets({std::move(numbers), a.whole}, choice, a.where);
}

/// A fixed-length string attribute, scalar or 1-D; empty if there is none of that name.
std::vector<std::string> read_strings(const File& file, hid_t object, const char* attribute) {
  const std::string where = file.path + ": attribute " + attribute;
  const htri_t there = H5Aexists(object, attribute);
  OCTET_CHECK(there >= 0, where, ": ", data_detail::hdf5_message());
  if (there == 0) return {};
  const H5Id id(H5Aopen(object, attribute, H5P_DEFAULT), H5Aclose, where);
  const H5Id type(H5Aget_type(id), H5Tclose, where);
  const std::size_t length = H5Tget_size(type);
  OCTET_CHECK(H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 && length >= 1 &&
                  length <= 4096,
              where, ": expected strings of fixed length up to 4096");
  const H5Id space(H5Aget_space(id), H5Sclose, where);
  const bool scalar = H5Sget_simple_extent_type(space) == H5S_SCALAR;
  const std::int64_t count = scalar ? 1 : extents(space, 1, 1, where)[0];
  OCTET_CHECK(count <= max_classes, where, ": expected at most ", max_classes, " strings, got ",
              count);
  bounded_bytes({count}, static_cast<std::int64_t>(length), file.size, where);
  std::vector<char> bytes(static_cast<std::size_t>(count) * length);
  const H5Id memory_type(H5Tcopy(H5T_C_S1), H5Tclose, where);
  h5_check(H5Tset_size(memory_type, length), where);
  h5_check(H5Tset_strpad(memory_type, H5T_STR_NULLPAD), where);
  h5_check(H5Tset_cset(memory_type, H5Tget_cset(type)), where);
  h5_check(H5Aread(id, memory_type, bytes.data()), where);
  std::vector<std::string> strings;
  for (std::size_t i = 0; i < bytes.size(); i += length) {
    const auto* begin = bytes.data() + i;
    strings.emplace_back(begin, std::find(begin, begin + length, '\0'));
  }
  return strings;
}

}  // namespace

Dataset read_hdf5(const std::filesystem::path& path, const std::string& group,
                  const DataOptions& options) {
  data_detail::silence_hdf5();
  const File file = open_file(path);
  const H5Id root(H5Gopen2(file.id, "/", H5P_DEFAULT), H5Gclose, file.path + ": root group");
  const auto read_group = [&](hid_t id) {
    const std::vector<std::string> names = read_strings(file, id, "name");
    std::string name = file.path + (group.empty() ? "" : ": " + group);
    if (!names.empty() && !names[0].empty()) name = names[0];
    const Array images = open_numbers(file, id, name_in(id, {"images", "x"}), 2, 4, "numbers");
    const Array labels =
        open_numbers(file, id, name_in(id, {"labels", "y", "masks"}), 1, 3, "numbers");
    OCTET_CHECK(labels.dims[0] == images.dims[0], labels.where, ": expected ", images.dims[0],
                " (the images), got ", labels.dims[0]);
    std::vector<std::string> class_names = read_strings(file, id, "class_names");
    if (class_names.empty()) class_names = options.class_names;
    const auto samples = [&] {
      return data_detail::to_input_size(read_samples(images), options.input, images.where);
    };
    if (!labels.whole || labels.dims.size() > 1 || options.targets == TargetChoice::values) {
      Tensor targets = read_targets(labels, options.targets);
      // Classes of a file, as numbers.
      if (targets.dtype() == ElementType::real) class_names = options.class_names;
      return make_dataset(samples(), std::move(targets), std::move(class_names), std::move(name));
    }
    const auto label_values = read_labels(labels);
    return make_dataset(samples(), {label_values.get(), static_cast<std::size_t>(labels.dims[0])},
                        std::move(class_names), std::move(name));
  };
  if (group.empty()) return read_group(root);
  OCTET_CHECK(group.find('/') == std::string::npos, file.path, ": ", group,
              ": expected the name of a group at the root");
  return read_group(open_child(file, root, group, H5I_GROUP));
}

std::vector<std::string> hdf5_groups(const std::filesystem::path& path) {
  data_detail::silence_hdf5();
  const File file = open_file(path);
  struct Visit {
    std::vector<std::string> names;
    static herr_t child(hid_t parent, const char* name, const H5L_info_t* link, void* to) {
      if (link->type != H5L_TYPE_HARD) return 0;
      const hid_t object = H5Oopen(parent, name, H5P_DEFAULT);
      if (object < 0) return -1;
      if (H5Iget_type(object) == H5I_GROUP) static_cast<Visit*>(to)->names.emplace_back(name);
      return H5Oclose(object);
    }
  } visit;
  h5_check(H5Literate(file.id, H5_INDEX_NAME, H5_ITER_INC, nullptr, Visit::child, &visit),
           file.path);
  return std::move(visit.names);
}

}  // namespace octet
