#include <algorithm>

#include "data/hdf5_handle.h"
#include "data/readers.h"

namespace octet {

using data_detail::h5_check;
using data_detail::H5Id;

namespace {

H5Id untimed(hid_t property_class, const std::string& where) {
  H5Id list(H5Pcreate(property_class), H5Pclose, where);
  h5_check(H5Pset_obj_track_times(list, false), where);
  return list;
}

void write_strings(hid_t object, const char* name, const std::vector<std::string>& strings,
                   const std::string& where) {
  if (strings.empty()) return;
  std::size_t length = 1;
  for (const std::string& s : strings) length = std::max(length, s.size());
  std::vector<char> bytes(strings.size() * length);
  for (std::size_t i = 0; i < strings.size(); ++i) {
    std::copy(strings[i].begin(), strings[i].end(), bytes.begin() + static_cast<long>(i * length));
  }
  const H5Id type(H5Tcopy(H5T_C_S1), H5Tclose, where);
  h5_check(H5Tset_size(type, length), where);
  h5_check(H5Tset_strpad(type, H5T_STR_NULLPAD), where);
  h5_check(H5Tset_cset(type, H5T_CSET_UTF8), where);
  const hsize_t count = strings.size();
  const H5Id space(H5Screate_simple(1, &count, nullptr), H5Sclose, where);
  const H5Id id(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, where);
  h5_check(H5Awrite(id, type, bytes.data()), where);
}

struct FileType {
  hid_t file, memory;
};

FileType type_of(const Tensor& t) {
  if (t.dtype() == ElementType::u8) return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
  if (t.dtype() == ElementType::i32) return {H5T_STD_I32LE, H5T_NATIVE_INT32};
  return {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT};
}

void write_array(hid_t group, const char* name, const Tensor& tensor, const std::string& where) {
  // About a megabyte a chunk, whole samples.
  static constexpr std::int64_t chunk_bytes = 1 << 20;
  const Shape& shape = tensor.shape();
  const auto sample = static_cast<std::int64_t>(tensor.bytes()) / shape[0];
  std::vector<hsize_t> dims, chunk;
  for (const std::int64_t d : shape.dims()) dims.push_back(static_cast<hsize_t>(d));
  chunk = dims;
  chunk[0] = static_cast<hsize_t>(
      std::clamp<std::int64_t>(chunk_bytes / std::max<std::int64_t>(sample, 1), 1, shape[0]));
  const H5Id create = untimed(H5P_DATASET_CREATE, where);
  h5_check(H5Pset_chunk(create, static_cast<int>(chunk.size()), chunk.data()), where);
  h5_check(H5Pset_deflate(create, 9), where);
  // A check sum on the pixels; the metadata have theirs in the file format used.
  h5_check(H5Pset_fletcher32(create), where);
  const H5Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose,
                   where);
  const FileType type = type_of(tensor);
  H5Id id(H5Dcreate2(group, name, type.file, space, H5P_DEFAULT, create, H5P_DEFAULT), H5Dclose,
          where);
  h5_check(H5Dwrite(id, type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.raw()), where);
  id.close(where);
}

void write_dataset(hid_t group, const Dataset& d, const std::string& where) {
  write_array(group, "images", d.images, where);
  write_array(group, "labels", d.labels, where);
  write_strings(group, "name", {d.name}, where);
  write_strings(group, "class_names", d.class_names, where);
}

void write_file(const std::string& path,
                const std::vector<std::pair<std::string, Dataset>>& groups) {
  const H5Id create = untimed(H5P_FILE_CREATE, path);
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, path);
  // The format of HDF5 1.10: its metadata carry check sums.
  h5_check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), path);
  H5Id file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, create, access), H5Fclose,
            path + ": cannot be written");
  for (const auto& [name, dataset] : groups) {
    if (name.empty()) {
      write_dataset(file, dataset, path);
      continue;
    }
    const H5Id group_create = untimed(H5P_GROUP_CREATE, path);
    const H5Id group(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, group_create, H5P_DEFAULT),
                     H5Gclose, path + ": group " + name);
    write_dataset(group, dataset, path + ": " + name);
  }
  h5_check(H5Fflush(file, H5F_SCOPE_GLOBAL), path);
  file.close(path);
}

}  // namespace

void write_hdf5(const std::filesystem::path& path,
                const std::vector<std::pair<std::string, Dataset>>& groups) {
  OCTET_CHECK(!groups.empty(), path.string(), ": expected data sets to write, got none");
  for (const auto& [name, dataset] : groups) {
    dataset.validate();
    OCTET_CHECK(!dataset.source, path.string(), ": ", dataset.name,
                ": expected samples in memory, not such as are made when they are asked for");
  }
  data_detail::silence_hdf5();
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  std::error_code error;
  try {
    write_file(temporary.string(), groups);
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
  std::filesystem::rename(temporary, path, error);
  OCTET_CHECK(!error, path.string(), ": cannot be written: ", error.message());
}

}  // namespace octet
