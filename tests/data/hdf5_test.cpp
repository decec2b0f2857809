#include <doctest/doctest.h>
#include <hdf5.h>

#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

/// libhdf5 1.10 itself loses memory when an object header is damaged; that nothing of ours stays
/// open is checked below by its own count.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}

namespace {

/// A file made by plain HDF5 calls, in the library's oldest format: what other programs write.
class ForeignFile {
 public:
  explicit ForeignFile(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~ForeignFile() { H5Fclose(file_); }
  hid_t id() const { return file_; }

  void write(const char* name, hid_t type, const std::vector<hsize_t>& dims, const void* data,
             hid_t memory_type, hid_t create = H5P_DEFAULT) {
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t set = H5Dcreate2(file_, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    REQUIRE(set >= 0);
    if (data) H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    H5Dclose(set);
    H5Sclose(space);
  }
  void images(const Dataset& d) {
    const Shape& s = d.images.shape();
    std::vector<hsize_t> dims;
    for (const std::int64_t e : s.dims()) dims.push_back(static_cast<hsize_t>(e));
    write("images", H5T_NATIVE_UINT8, dims, d.images.raw(), H5T_NATIVE_UINT8);
  }
  void labels(const Dataset& d, hid_t type = H5T_NATIVE_INT32) {
    write("labels", type, {static_cast<hsize_t>(d.size())}, d.labels.raw(), H5T_NATIVE_INT32);
  }

 private:
  hid_t file_;
};

std::string read_error(const std::filesystem::path& path) {
  return error_of([&] { read_hdf5(path); });
}

bool contains(const std::string& text, const char* part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE(text);
  return found;
}

}  // namespace

TEST_CASE("hdf5: what was written is read back") {
  TempDir dir;
  Dataset train = random_dataset(50, 4, 3, 2, 5, 1), test = random_dataset(20, 4, 3, 2, 5, 2);
  train.class_names = test.class_names = {"a", "bb", "ccc", "d", "\xc3\xa9"};
  write_hdf5(dir / "d.h5", {{"train", train}, {"test", test}});
  const Dataset t = read_hdf5(dir / "d.h5", "test");
  CHECK(same_contents(t, test));
  CHECK(t.class_names == test.class_names);
  CHECK(t.name == "random");
  CHECK(same_contents(read_hdf5(dir / "d.h5", "train"), train));
  CHECK(hdf5_groups(dir / "d.h5") == std::vector<std::string>{"test", "train"});
  CHECK_FALSE(std::filesystem::exists(dir / "d.h5.tmp"));
  CHECK(contains(read_error(dir / "d.h5"), "images: expected a data set, there is nothing"));
  CHECK(contains(error_of([&] { read_hdf5(dir / "d.h5", "val"); }), "val: expected a group"));
  CHECK(contains(error_of([&] { read_hdf5(dir / "d.h5", "train/images"); }), "at the root"));
}

TEST_CASE("hdf5: the bytes depend on the contents alone") {
  TempDir dir;
  const Dataset d = random_dataset(30, 8, 8, 1, 3, 4);
  write_hdf5(dir / "a.h5", {{"", d}});
  write_hdf5(dir / "b.h5", {{"", d}});
  CHECK(read_file(dir / "a.h5") == read_file(dir / "b.h5"));
  CHECK(same_contents(read_hdf5(dir / "a.h5"), d));
}

TEST_CASE("hdf5: files of other programs, three dimensions, other label types") {
  TempDir dir;
  const Dataset d = random_dataset(9, 4, 3, 1, 3, 1);
  for (const hid_t type : {H5T_STD_U8LE, H5T_STD_I64BE, H5T_STD_U64LE}) {
    {
      ForeignFile f(dir / "f.h5");
      f.write("images", H5T_NATIVE_UINT8, {9, 4, 3}, d.images.raw(), H5T_NATIVE_UINT8);
      f.labels(d, type);
    }
    CHECK(same_contents(read_hdf5(dir / "f.h5"), d));
  }
}

TEST_CASE("hdf5: extents are compared, with each other and with the storage, before it is read") {
  TempDir dir;
  const auto path = dir / "f.h5";
  const Dataset d = random_dataset(9, 4, 3, 1, 3, 1);
  const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[] = {9, 4, 3, 1};
  H5Pset_chunk(create, 4, chunk);
  const auto write_images = [&](ForeignFile& f, bool damaged) {
    f.write("images", H5T_NATIVE_UINT8, {9, 4, 3, 1}, damaged ? nullptr : d.images.raw(),
            H5T_NATIVE_UINT8, create);
    if (!damaged) return;
    const hid_t set = H5Dopen2(f.id(), "images", H5P_DEFAULT);
    const hsize_t first[] = {0, 0, 0, 0};
    CHECK(H5Dwrite_chunk(set, H5P_DEFAULT, 0, first, 5, "junk!") >= 0);
    H5Dclose(set);
  };
  {  // one chunk of 5 bytes, not deflated
    ForeignFile f(path);
    write_images(f, true);
    f.labels(d);
  }
  CHECK(contains(read_error(path), "more than the file can hold (at most 5 bytes)"));
  H5Pset_deflate(create, 1);
  {
    ForeignFile f(path);
    write_images(f, true);
    f.write("labels", H5T_NATIVE_INT32, {8}, d.labels.raw(), H5T_NATIVE_INT32);
  }
  CHECK(contains(read_error(path), "labels: expected 9 (the images), got 8"));
  {
    ForeignFile f(path);
    write_images(f, true);
    f.labels(d);
  }
  CHECK(contains(read_error(path), "images: "));
  H5Pclose(create);
}

TEST_CASE("hdf5: a name in another encoding is readable text") {
  const TempDir dir;
  const Dataset d = random_dataset(3, 2, 2, 1, 2, 7);
  {
    ForeignFile file(dir / "latin.h5");
    file.images(d);
    file.labels(d);
    const char name[] = "caf\xe9\n\xc3\xa9";
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, sizeof name);
    const hid_t attribute = H5Acreate2(file.id(), "name", type, space, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(H5Awrite(attribute, type, name) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }
  CHECK(read_hdf5(dir / "latin.h5").name == "caf??\xc3\xa9");
}

TEST_CASE("hdf5: types, ranks, sizes and labels are checked") {
  TempDir dir;
  const Dataset d = random_dataset(9, 4, 3, 1, 3, 1);
  const auto path = dir / "f.h5";
  { ForeignFile(path).labels(d); }
  CHECK(contains(read_error(path), "images: expected a data set, there is nothing"));
  {
    ForeignFile f(path);
    f.images(d);
    f.write("labels", H5T_NATIVE_INT32, {8}, d.labels.raw(), H5T_NATIVE_INT32);
  }
  CHECK(contains(read_error(path), "labels: expected 9 (the images), got 8"));
  {
    ForeignFile f(path);
    f.images(d);
    f.write("labels", H5T_NATIVE_INT32, {9, 1, 1, 1}, d.labels.raw(), H5T_NATIVE_INT32);
  }
  CHECK(contains(read_error(path), "labels: dimensions: expected 1 to 3, got 4"));
  {
    ForeignFile f(path);
    f.images(d);
    f.write("labels", H5T_STD_B8LE, {9}, d.labels.raw(), H5T_STD_B8LE);
  }
  CHECK(contains(read_error(path), "labels: element type: expected numbers"));
  {
    ForeignFile f(path);
    f.write("images", H5T_STD_B8LE, {9, 4, 3, 1}, d.images.raw(), H5T_STD_B8LE);
  }
  CHECK(contains(read_error(path), "images: element type: expected numbers"));
  {
    ForeignFile f(path);
    f.write("images", H5T_NATIVE_UINT8, {108}, d.images.raw(), H5T_NATIVE_UINT8);
  }
  CHECK(contains(read_error(path), "images: dimensions: expected 2 to 4, got 1"));
  for (const std::int32_t bad : {-1, 70000}) {
    Dataset e = d;
    e.labels = d.labels.clone();
    e.labels.data<std::int32_t>()[4] = bad;
    ForeignFile f(path);
    f.images(e);
    f.labels(e);
    H5Fflush(f.id(), H5F_SCOPE_GLOBAL);
    CHECK(contains(read_error(path), "label of sample 4: expected 0 to"));
  }
  {
    ForeignFile f(path);
    const hid_t group = H5Gcreate2(f.id(), "images", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
  }
  CHECK(contains(read_error(path), "images: expected a data set, got another object"));
  write_file(path, {'x', 'y'});
  CHECK(contains(read_error(path), "expected an HDF5 file"));
  CHECK(contains(read_error(dir / "none.h5"), "nothing there"));
}

TEST_CASE("hdf5: links, outside data and missing data are refused") {
  TempDir dir;
  const Dataset d = random_dataset(9, 4, 3, 1, 3, 1);
  const auto path = dir / "f.h5";
  write_hdf5(dir / "other.h5", {{"", d}});
  {
    ForeignFile f(path);
    f.labels(d);
    H5Lcreate_external((dir / "other.h5").c_str(), "/images", f.id(), "images", H5P_DEFAULT,
                       H5P_DEFAULT);
  }
  CHECK(contains(read_error(path), "images: expected a data set, got a link"));
  write_file(dir / "raw", Bytes(108, 'x'));
  const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(create, (dir / "raw").c_str(), 0, 108);
  {
    ForeignFile f(path);
    f.write("images", H5T_NATIVE_UINT8, {9, 4, 3, 1}, nullptr, H5T_NATIVE_UINT8, create);
  }
  H5Pclose(create);
  CHECK(contains(read_error(path), "expected the data inside the file"));
  {
    ForeignFile f(path);
    f.write("images", H5T_NATIVE_UINT8, {9, 4, 3, 1}, nullptr, H5T_NATIVE_UINT8);
  }
  CHECK(contains(read_error(path), "expected all elements to be written"));
  const hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[4] = {4, 4, 3, 1}, start[4] = {}, first[4] = {4, 4, 3, 1};
  H5Pset_chunk(chunked, 4, chunk);
  H5Pset_deflate(chunked, 6);
  {
    ForeignFile f(path);
    f.write("images", H5T_NATIVE_UINT8, {9, 4, 3, 1}, nullptr, H5T_NATIVE_UINT8, chunked);
    const hid_t set = H5Dopen2(f.id(), "images", H5P_DEFAULT);
    const hid_t file_space = H5Dget_space(set);
    const hid_t memory_space = H5Screate_simple(4, first, nullptr);
    H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, nullptr, first, nullptr);
    REQUIRE(H5Dwrite(set, H5T_NATIVE_UINT8, memory_space, file_space, H5P_DEFAULT,
                     d.images.raw()) >= 0);
    H5Sclose(memory_space);
    H5Sclose(file_space);
    H5Dclose(set);
  }
  H5Pclose(chunked);
  CHECK(contains(read_error(path), "images: expected 3 chunks to be written, got 1"));
}

TEST_CASE("hdf5: extents and chunks that the file cannot hold are refused before allocating") {
  TempDir dir;
  const auto path = dir / "f.h5";
  const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[4] = {1, 64, 64, 1};
  H5Pset_chunk(create, 4, chunk);
  {
    ForeignFile f(path);
    f.write("images", H5T_NATIVE_UINT8, {1 << 20, 64, 64, 1}, nullptr, H5T_NATIVE_UINT8, create);
  }
  CHECK(contains(read_error(path), "more than the file can hold"));
  const hsize_t large[4] = {1, 32768, 32768, 1},
                most[4] = {H5S_UNLIMITED, H5S_UNLIMITED, H5S_UNLIMITED, 1};
  H5Pset_chunk(create, 4, large);
  {
    ForeignFile f(path);
    const hsize_t dims[4] = {1, 4, 4, 1};
    const hid_t space = H5Screate_simple(4, dims, most);
    H5Pset_alloc_time(create, H5D_ALLOC_TIME_LATE);
    const hid_t set =
        H5Dcreate2(f.id(), "images", H5T_NATIVE_UINT8, space, H5P_DEFAULT, create, H5P_DEFAULT);
    REQUIRE(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Pclose(create);
  CHECK(contains(read_error(path), "images"));
}

TEST_CASE("hdf5: filters that expand without bound are refused") {
  TempDir dir;
  const Dataset d = random_dataset(9, 4, 3, 1, 3, 1);
  const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[4] = {9, 4, 3, 1};
  H5Pset_chunk(create, 4, chunk);
  H5Pset_scaleoffset(create, H5Z_SO_INT, 0);
  {
    ForeignFile f(dir / "f.h5");
    f.write("images", H5T_NATIVE_UINT8, {9, 4, 3, 1}, d.images.raw(), H5T_NATIVE_UINT8, create);
  }
  H5Pclose(create);
  CHECK(contains(read_error(dir / "f.h5"), "filters: expected deflate, shuffle or fletcher32"));
}

TEST_CASE("hdf5: damaged files give an error or data") {
  TempDir dir;
  Dataset d = random_dataset(40, 4, 3, 1, 3, 1);
  d.class_names = {"x", "y", "z"};
  write_hdf5(dir / "good.h5", {{"test", d}});
  const Sweep sweep = damage(dir / "d.h5", read_file(dir / "good.h5"), 13, 60, 1, [&] {
    const Dataset got = read_hdf5(dir / "d.h5", "test");
    CHECK(same_contents(got, d));  // metadata and pixels carry check sums
  });
  CHECK(sweep.errors > 1000);
  CHECK(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);
}
