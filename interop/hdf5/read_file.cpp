#include "interop/hdf5/read_file.h"

namespace octet {
namespace {

using data_detail::h5_check;
using data_detail::H5Id;

H5Id open_image(std::span<const std::byte> image, const std::string& name) {
  constexpr std::size_t growth = std::size_t{1} << 20;
  const H5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, name);
  h5_check(H5Pset_fapl_core(access, growth, /*backing_store=*/false), name);
  // It is copied, not changed.
  h5_check(H5Pset_file_image(access, const_cast<std::byte*>(image.data()), image.size()), name);
  return H5Id(H5Fopen(name.c_str(), H5F_ACC_RDONLY, access), H5Fclose, name);
}

}  // namespace

H5ReadFile::H5ReadFile(const std::filesystem::path& path)
    : name_(path.string()),
      file_((data_detail::silence_hdf5(), H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT)),
            H5Fclose, name_),
      bytes_left_(std::filesystem::file_size(path)),
      names_left_(bytes_left_ / bytes_per_name) {}

H5ReadFile::H5ReadFile(std::span<const std::byte> image, std::string name)
    : name_(std::move(name)),
      file_((data_detail::silence_hdf5(), open_image(image, name_))),
      bytes_left_(image.size()),
      names_left_(bytes_left_ / bytes_per_name) {}

std::vector<H5ReadFile::Child> H5ReadFile::children(const std::string& path, int depth,
                                                    const std::string& where) {
  OCTET_CHECK(depth <= most_groups, where, ": more than ", most_groups, " groups in each other");
  const H5Id group(H5Gopen2(file_, path.c_str(), H5P_DEFAULT), H5Gclose, where);
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t* info, void* to) -> herr_t {
    if (info->type == H5L_TYPE_HARD) static_cast<std::vector<std::string>*>(to)->push_back(name);
    return 0;
  };
  h5_check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), where);
  std::vector<Child> out;
  for (std::string& name : names) {
    OCTET_CHECK(names_left_-- > 0, where, ": more names than the file can hold");
    H5O_info_t info;
    h5_check(H5Oget_info_by_name(group, name.c_str(), &info, H5P_DEFAULT), where + one_line(name));
    if (info.type != H5O_TYPE_GROUP && info.type != H5O_TYPE_DATASET) continue;
    out.push_back({std::move(name), info.type == H5O_TYPE_GROUP});
  }
  return out;
}

void H5ReadFile::claim(hid_t dataset, const std::string& place) {
  const H5Id create(H5Dget_create_plist(dataset), H5Pclose, place);
  const H5D_layout_t layout = H5Pget_layout(create);
  OCTET_CHECK(
      (layout == H5D_CONTIGUOUS || layout == H5D_COMPACT) && H5Pget_external_count(create) == 0,
      place, ": expected values in one piece inside the file");
  const H5Id space(H5Dget_space(dataset), H5Sclose, place);
  const H5Id type(H5Dget_type(dataset), H5Tclose, place);
  OCTET_CHECK(H5Sget_simple_extent_type(space) != H5S_NULL, place, ": expected values");
  // The number of elements wraps around; so large a tensor cannot be made either.
  const auto elements = static_cast<std::uint64_t>(H5Sget_simple_extent_npoints(space));
  const std::uint64_t size = H5Tget_size(type);
  OCTET_CHECK(elements == 0 || size <= bytes_left_ / elements, place, ": ", elements,
              " elements of ", size, " bytes: more than the file can hold");
  bytes_left_ -= elements * size;
}

}  // namespace octet
