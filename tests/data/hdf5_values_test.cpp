// HDF5 files with real numbers, values and masks.
#include <doctest/doctest.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>

#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

std::vector<real> numbers(const Tensor& t) {
  return {t.span<real>().begin(), t.span<real>().end()};
}

/// A file with these arrays, of doubles, as other programs write it.
void write_arrays(const std::filesystem::path& path,
                  const std::vector<std::tuple<const char*, std::vector<hsize_t>, hid_t>>& arrays,
                  const std::vector<double>& values) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  for (const auto& [name, dims, type] : arrays) {
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Fclose(file);
}

}  // namespace

TEST_CASE("hdf5: reals, values and masks are read back as they were written") {
  const TempDir dir;
  const Dataset reals = make_dataset(
      Tensor::from<real>({2, 3, 1, 2}, std::vector<real>{1, -2, 3, 4, 5.5, 6, 7, 8, 9, 10, 11, 12}),
      Tensor::from<real>({2, 2}, std::vector<real>{0.5, -1, 2, 3}), {}, "reals");
  Dataset masks = random_dataset(3, 2, 2, 1, 1, 1);
  masks =
      make_dataset(masks.images,
                   Tensor::from<std::uint8_t>(
                       {3, 2, 2}, std::vector<std::uint8_t>{0, 1, 2, 255, 0, 0, 1, 1, 2, 2, 0, 0}),
                   {"a", "b", "c"}, "masks");
  write_hdf5(dir / "d.h5", {{"reals", reals}, {"masks", masks}});
  const Dataset r = read_hdf5(dir / "d.h5", "reals");
  CHECK(r.images.shape() == reals.images.shape());
  CHECK(numbers(r.images) == numbers(reals.images));
  CHECK(numbers(r.labels) == numbers(reals.labels));
  CHECK(content_hash(r) == content_hash(reals));
  const Dataset m = read_hdf5(dir / "d.h5", "masks");
  CHECK(m.target() == TargetKind::masks);
  CHECK(m.class_names == masks.class_names);
  CHECK(std::ranges::equal(m.labels.span<std::int32_t>(), masks.labels.span<std::uint8_t>()));
}

TEST_CASE("hdf5: files of other programs, x and y, fewer extents, other types") {
  const TempDir dir;
  const auto path = dir / "f.h5";
  const std::vector<double> v{0, 1, 2, 3, 4, 5, 6, 7};
  write_arrays(path, {{"x", {2, 4}, H5T_IEEE_F64BE}, {"y", {2}, H5T_IEEE_F32LE}}, v);
  Dataset d = read_hdf5(path);
  CHECK(d.images.shape() == Shape{2, 1, 1, 4});
  CHECK(numbers(d.images) == std::vector<real>(v.begin(), v.end()));
  CHECK(d.target() == TargetKind::values);
  d = read_hdf5(path, "", {.targets = TargetChoice::classes});
  CHECK(d.target() == TargetKind::classes);
  CHECK(d.classes == 2);
  d = read_hdf5(path, "", {.input = {.h = 2, .w = 1}});
  CHECK(d.image_shape() == Shape{2, 1, 2});
  write_arrays(path, {{"x", {2, 2, 2}, H5T_STD_I16LE}, {"y", {2}, H5T_STD_I32LE}}, v);
  d = read_hdf5(path, "", {.class_names = {"a", "b"}});
  CHECK(d.images.shape() == Shape{2, 2, 2, 1});
  CHECK(d.images.dtype() == ElementType::real);
  CHECK(d.class_names[1] == "b");
  CHECK(read_hdf5(path, "", {.targets = TargetChoice::values}).target() == TargetKind::values);
  write_arrays(path, {{"x", {2, 2, 2}, H5T_STD_I16LE}, {"masks", {2, 2, 2}, H5T_STD_I64LE}}, v);
  CHECK(read_hdf5(path).classes == 8);
}

TEST_CASE("hdf5: numbers and masks that cannot be are refused") {
  const TempDir dir;
  const auto path = dir / "f.h5";
  const auto refused = [&] { return error_of([&] { read_hdf5(path); }); };
  write_arrays(path, {{"x", {2, 2}, H5T_IEEE_F64LE}, {"y", {2}, H5T_STD_I32LE}}, {0, 1, NAN, 0});
  CHECK(refused().find("numbers of sample 1: expected finite numbers, got nan") !=
        std::string::npos);
  write_arrays(path, {{"x", {2, 2}, H5T_IEEE_F64LE}, {"y", {3, 1}, H5T_IEEE_F32LE}}, {0, 1, 2, 3});
  CHECK(refused().find("y: expected 2 (the images), got 3") != std::string::npos);
  write_arrays(path, {{"x", {2, 1, 2}, H5T_STD_U8LE}, {"masks", {2, 2, 1}, H5T_STD_U8LE}},
               {0, 1, 2, 3});
  CHECK(refused().find("labels: expected i32 [2], real [2, K], or u8 or i32 [2, 1, 2], got i32 "
                       "[2, 2, 1]") != std::string::npos);
  write_arrays(path, {{"x", {2, 1, 2}, H5T_STD_U8LE}, {"masks", {2, 1, 2}, H5T_STD_I32LE}},
               {0, 1, 2, 256});
  CHECK(refused().find("classes: expected 1 to 255, got 257") != std::string::npos);
}

TEST_CASE("hdf5: classes as values lose their names") {
  const TempDir dir;
  const Dataset named = make_dataset(
      Tensor::zeros({2, 1, 1, 1}, ElementType::u8),
      Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{1, 0}), {"a", "b"}, "named");
  write_hdf5(dir / "n.h5", {{"", named}});
  const Dataset values = read_hdf5(dir / "n.h5", "", {.targets = TargetChoice::values});
  CHECK(values.target() == TargetKind::values);
  CHECK(numbers(values.labels) == std::vector<real>{1, 0});
  CHECK(values.class_names.empty());
}
