// Checkpoints: what is written is read; what is damaged is refused.
#include "interop/checkpoint/checkpoint.h"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "interop/checkpoint/seal.h"
#include "tests/support.h"

using namespace octet;
using octet::test::TempDir;

namespace {

Checkpoint sample() {
  Checkpoint c;
  const std::vector<float> weights{1.5f,
                                   -0.0f,
                                   std::numeric_limits<float>::denorm_min(),
                                   std::numeric_limits<float>::infinity(),
                                   3e38f,
                                   -7.25f};
  c.tensors["model/conv1.weight"] = Tensor::from<float>({2, 1, 3}, weights);
  c.tensors["model/conv1.codes"] =
      Tensor::from<std::int8_t>({3}, std::vector<std::int8_t>{-128, 0, 127});
  c.tensors["optimizer/steps"] =
      Tensor::from<std::int32_t>({2}, std::vector<std::int32_t>{-5, 1 << 30});
  c.tensors["pixels"] =
      Tensor::from<std::uint8_t>({2, 2}, std::vector<std::uint8_t>{0, 1, 254, 255});
  c.tensors["scalar"] = Tensor::full({}, 4.0f);
  c.tensors["none"] = Tensor::zeros({0, 3});
  c.integers["epoch"] = -3;
  c.integers["step"] = std::numeric_limits<std::int64_t>::max();
  c.numbers["loss"] = 0.1;
  c.numbers["nan"] = std::numeric_limits<double>::quiet_NaN();
  c.texts["config"] = std::string(100000, 'x') + "\n\"quoted\" \xc3\xa4";
  c.texts["empty"] = "";
  return c;
}

std::string error_of(const std::filesystem::path& path) {
  try {
    read_checkpoint(path);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("checkpoint: everything written is read back, bit for bit") {
  const TempDir dir;
  const Checkpoint a = sample();
  write_checkpoint(a, dir / "c.h5");
  const Checkpoint b = read_checkpoint(dir / "c.h5");
  REQUIRE(b.tensors.size() == a.tensors.size());
  for (const auto& entry : a.tensors) {
    const std::string& name = entry.first;
    const Tensor& t = entry.second;
    CAPTURE(name);
    const Tensor& u = b.tensor(name);
    CHECK(u.shape() == t.shape());
    CHECK(u.dtype() == t.dtype());
    REQUIRE(u.bytes() == t.bytes());
    CHECK(std::memcmp(u.raw(), t.raw(), t.bytes()) == 0);
  }
  CHECK(b.integers == a.integers);
  CHECK(b.number("loss") == 0.1);
  CHECK(std::isnan(b.number("nan")));
  CHECK(b.texts == a.texts);
  CHECK(b.origin == (dir / "c.h5").string());
}

TEST_CASE("checkpoint: the same contents give the same bytes") {
  const TempDir dir;
  write_checkpoint(sample(), dir / "a.h5");
  write_checkpoint(read_checkpoint(dir / "a.h5"), dir / "b.h5");
  CHECK(test::read_file(dir / "a.h5") == test::read_file(dir / "b.h5"));
}

TEST_CASE("checkpoint: groups of tensors come back without their prefix") {
  Checkpoint c;
  const Tensor w = Tensor::full({2}, 1.0f);
  c.put("model", {{"a.weight", w}, {"b", Tensor::full({1}, 2.0f)}});
  c.put("model2", {{"a.weight", Tensor::full({3}, 3.0f)}});
  const auto state = c.group("model");
  REQUIRE(state.size() == 2);
  CHECK(state[0].name == "a.weight");
  CHECK(state[0].value.shares_storage(w));
  CHECK(state[1].name == "b");
}

TEST_CASE("checkpoint: a missing entry is an error naming file and entry") {
  const TempDir dir;
  write_checkpoint({}, dir / "c.h5");
  const Checkpoint c = read_checkpoint(dir / "c.h5");
  CHECK_THROWS_WITH_AS(c.integer("epoch"),
                       ((dir / "c.h5").string() + ": the integer 'epoch' is missing").c_str(),
                       Error);
  CHECK_THROWS_AS(c.tensor("x"), Error);
  CHECK_THROWS_AS(c.number("x"), Error);
  CHECK_THROWS_AS(c.text("x"), Error);
}

TEST_CASE("checkpoint: a file cut anywhere is refused") {
  const TempDir dir;
  write_checkpoint(sample(), dir / "c.h5");
  const auto bytes = test::read_file(dir / "c.h5");
  for (std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{17}, std::size_t{511},
        std::size_t{512}, std::size_t{600}, bytes.size() / 2, bytes.size() - 1}) {
    CAPTURE(size);
    test::write_file(dir / "cut.h5", {bytes.begin(), bytes.begin() + std::ptrdiff_t(size)});
    const std::string error = error_of(dir / "cut.h5");
    CHECK(contains(error, (dir / "cut.h5").string()));
    CHECK((contains(error, "damaged") || contains(error, "not a checkpoint")));
  }
  auto longer = bytes;
  longer.push_back(0);
  test::write_file(dir / "long.h5", longer);
  CHECK(contains(error_of(dir / "long.h5"), "damaged: expected"));
}

TEST_CASE("checkpoint: a flipped bit anywhere is refused") {
  const TempDir dir;
  Checkpoint c = sample();
  c.texts["config"] = "short";
  write_checkpoint(c, dir / "c.h5");
  auto bytes = test::read_file(dir / "c.h5");
  auto random = test::rng(7);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < 512; i += 3) places.push_back(i);
  for (int i = 0; i < 300; ++i) places.push_back(random() % bytes.size());
  for (std::size_t at : places) {
    const int bit = int(random() % 8);
    CAPTURE(at);
    CAPTURE(bit);
    bytes[at] = char(bytes[at] ^ (1 << bit));
    test::write_file(dir / "flipped.h5", bytes);
    CHECK_FALSE(error_of(dir / "flipped.h5").empty());
    bytes[at] = char(bytes[at] ^ (1 << bit));
  }
}

TEST_CASE("checkpoint: foreign files, folders and nothing are refused") {
  const TempDir dir;
  CHECK(contains(error_of(dir / "none.h5"), "no such file"));
  CHECK(contains(error_of(dir.path()), "not a regular file"));
  CHECK(contains(error_of(test::source_dir() / "data" / "digits.h5"), "not a checkpoint"));
  const std::string text = "octet checkpoint\nversion 2\nbytes 600\n";
  std::vector<char> bytes(600, 0);
  std::copy(text.begin(), text.end(), bytes.begin());
  test::write_file(dir / "new.h5", bytes);
  CHECK(contains(error_of(dir / "new.h5"), "expected checkpoint version 1, got 2"));
}

namespace {

/// A sealed file in which `path` is another data set, none of whose values are written.
void forge(const std::filesystem::path& file, const char* path, hid_t type, hid_t space,
           hid_t create = H5P_DEFAULT) {
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(f, path, H5P_DEFAULT);
  const hid_t set = H5Dcreate2(f, path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  CHECK(set >= 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(f);
  seal_checkpoint(file, file);
}

hid_t space_of(const std::vector<hsize_t>& dims) {
  return H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
}

}  // namespace

TEST_CASE("checkpoint: sizes are believed only as far as the file goes, whatever its seal says") {
  const TempDir dir;
  const auto file = dir / "c.h5";
  const auto refused = [&](const char* path, hid_t type, hid_t space, const char* why,
                           hid_t create = H5P_DEFAULT) {
    CAPTURE(path);
    Checkpoint c = sample();
    c.texts["config"] = "short";
    write_checkpoint(c, file);
    forge(file, path, type, space, create);
    const std::string error = error_of(file);
    CAPTURE(error);
    CHECK(contains(error, file.string() + ": "));
    CHECK(contains(error, why));
  };
  const char* too_much = "more than the file can hold";
  constexpr hsize_t tera = hsize_t{1} << 40;
  refused("tensors/scalar", H5T_IEEE_F32LE, space_of({tera}), too_much);
  refused("tensors/scalar", H5T_STD_I8LE, space_of({tera, 1 << 20}), too_much);
  refused("tensors/scalar", H5T_IEEE_F32LE, space_of({100, 100}), too_much);
  refused("tensors/scalar", H5T_IEEE_F32LE, H5Screate(H5S_NULL), "expected values");
  refused("integers/step", H5T_STD_I64LE, space_of({tera}), too_much);
  refused("integers/step", H5T_STD_I32LE, H5Screate(H5S_SCALAR), "expected a number of 8 bytes");
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, std::size_t{1} << 31);
  refused("texts/config", text, H5Screate(H5S_SCALAR), too_much);
  H5Tclose(text);
  const hid_t chunked = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk[] = {1};
  H5Pset_chunk(chunked, 1, chunk);
  refused("tensors/scalar", H5T_STD_U8LE, space_of({1}), "in one piece inside the file", chunked);
  H5Pclose(chunked);
  {  // Each fits, all together do not.
    write_checkpoint(sample(), file);
    const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    for (const char* name : {"tensors/a", "tensors/b"}) {
      const hid_t space = space_of({90000});
      H5Dclose(H5Dcreate2(f, name, H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      H5Sclose(space);
    }
    H5Fclose(f);
    seal_checkpoint(file, file);
    CHECK(contains(error_of(file), too_much));
  }
}

TEST_CASE("checkpoint: a failed write leaves the old file and no other") {
  const TempDir dir;
  write_checkpoint(sample(), dir / "c.h5");
  const auto before = test::read_file(dir / "c.h5");
  Checkpoint bad = sample();
  bad.texts["nul"] = std::string("a\0b", 3);
  CHECK_THROWS_AS(write_checkpoint(bad, dir / "c.h5"), Error);
  for (const char* name : {"", "/a", "a/", "a//b", "a/../b", ".", "a b", "\xc3\xa4"}) {
    CAPTURE(name);
    Checkpoint c;
    c.integers[name] = 1;
    CHECK_THROWS_AS(write_checkpoint(c, dir / "c.h5"), Error);
  }
  Checkpoint undefined;
  undefined.tensors["t"] = Tensor();
  CHECK_THROWS_AS(write_checkpoint(undefined, dir / "c.h5"), Error);
  CHECK(test::read_file(dir / "c.h5") == before);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path()))
    ++files;
  CHECK(files == 1);
  CHECK_THROWS_AS(write_checkpoint(sample(), dir / "no" / "such" / "folder.h5"), Error);
}

TEST_CASE("checkpoint: groups in groups are followed to a depth") {
  const TempDir dir;
  const auto file = dir / "c.h5";
  write_checkpoint(sample(), file);
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  std::string path = "tensors";
  for (int i = 0; i < 300; ++i) {
    path += "/g";
    H5Gclose(H5Gcreate2(f, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  H5Fclose(f);
  seal_checkpoint(file, file);
  CHECK(contains(error_of(file), "groups in each other"));
}

TEST_CASE("checkpoint: groups that hold each other end") {
  const TempDir dir;
  const auto file = dir / "c.h5";
  write_checkpoint(sample(), file);
  const hid_t f = H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t g = H5Gopen2(f, "tensors", H5P_DEFAULT);
  for (const char* name : {"again", "once_more"}) {
    H5Lcreate_hard(f, "tensors", g, name, H5P_DEFAULT, H5P_DEFAULT);
  }
  H5Gclose(g);
  H5Fclose(f);
  seal_checkpoint(file, file);
  CHECK_FALSE(error_of(file).empty());
}
