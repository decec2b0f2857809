// HDF5 files in Keras's form that are odd or lie: what our code behind libhdf5 makes of them.
#include <doctest/doctest.h>
#include <hdf5.h>

#include "base/error.h"
#include "interop/weights/formats/keras.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::test;

namespace {

/// A file being made; paths are made with the groups above them.
class H5Builder {
 public:
  H5Builder() : file_(H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
    links_ = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links_, 1);
  }
  std::filesystem::path path() const { return dir_ / "x.weights.h5"; }
  hid_t file() const { return file_; }
  hid_t links() const { return links_; }

  H5Builder& data(const std::string& name, const std::vector<hsize_t>& shape,
                  hid_t type = H5T_IEEE_F32LE, hid_t creation = H5P_DEFAULT) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file_, name.c_str(), type, space, links_, creation, H5P_DEFAULT);
    REQUIRE(set >= 0);
    H5Dclose(set);
    H5Sclose(space);
    return *this;
  }
  H5Builder& name(const std::string& group, const std::string& text) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, text.size());
    attribute(group, type, text.data());
    H5Tclose(type);
    return *this;
  }
  H5Builder& attribute(const std::string& group, hid_t type, const void* value) {
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t a = H5Acreate_by_name(file_, group.c_str(), "name", type, space, H5P_DEFAULT,
                                      H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(a >= 0);
    H5Awrite(a, type, value);
    H5Aclose(a);
    H5Sclose(space);
    return *this;
  }
  WeightFile read() {
    if (file_ >= 0) {
      H5Pclose(links_);
      H5Fclose(file_);
      file_ = -1;
    }
    return read_keras_weights(path());
  }
  std::string refusal() {
    try {
      read();
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const StoredTensor& t : read().tensors) names.push_back(t.name);
    return names;
  }

 private:
  TempDir dir_;
  hid_t file_ = -1, links_ = -1;
};

using Names = std::vector<std::string>;

bool says(const std::string& message, const char* part) {
  CAPTURE(message);
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Keras: a layer is called what its attribute says, its variables by shapes and order") {
  H5Builder f;
  f.data("layers/conv2d/vars/0", {3, 3, 1, 2}).name("layers/conv2d/vars", "stem");
  f.data("layers/conv2d_1/vars/0", {3, 3, 1, 2}).name("layers/conv2d_1/vars", "conv2d");
  f.data("layers/conv2d_1/vars/1", {2});
  f.data("layers/sequential/layers/bn/vars/0", {2}).data("layers/sequential/layers/bn/vars/1", {2});
  f.data("layers/sequential/layers/bn/vars/2", {2}).data("layers/sequential/layers/bn/vars/3", {2});
  f.name("layers/sequential/layers/bn/vars", "norm");
  f.data("layers/sequential/vars/10", {1}).name("layers/sequential/vars", "block");
  f.data("layers/sequential/vars/9", {2});
  f.data("layers/separable/vars/0", {3, 3, 2, 1}).data("layers/separable/vars/1", {1, 1, 2, 2});
  f.data("layers/unnamed/vars/0", {2}).data("optimizer/vars/0", {2});
  f.name("layers/separable/vars", "sep");
  CHECK(f.names() == Names{"stem/kernel", "conv2d/kernel", "conv2d/bias", "sep/depthwise_kernel",
                           "sep/pointwise_kernel", "block/norm/gamma", "block/norm/beta",
                           "block/norm/moving_mean", "block/norm/moving_variance", "block/0",
                           "block/1", "0"});
}

TEST_CASE("Keras: other HDF5 files give paths; what is no float is known by name") {
  H5Builder f;
  f.data("conv/weight", {2, 1}).data("count", {}, H5T_STD_I64LE).data("wide", {2}, H5T_IEEE_F64BE);
  const WeightFile file = f.read();
  REQUIRE(file.tensors.size() == 3);
  CHECK(file.tensors[0].name == "conv/weight");
  CHECK(file.tensors[1].format == NumberFormat::other);
  CHECK(file.tensors[2].format == NumberFormat::f64);
}

TEST_CASE("Keras: values that are not in the file, odd names and loops are refused") {
  SUBCASE("more elements than bytes") {
    H5Builder f;
    f.data("layers/a/vars/0", {1u << 20, 1u << 20});
    CHECK(says(f.refusal(), "layers/a/vars/0: 1099511627776 elements of 4 bytes: more than"));
  }
  SUBCASE("too many axes") {
    H5Builder f;
    f.data("layers/a/vars/0", {1, 1, 1, 1, 1, 1, 1, 1, 1});
    CHECK(says(f.refusal(), "expected at most 8 axes, got 9"));
  }
  SUBCASE("in other pieces") {
    H5Builder f;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 2;
    H5Pset_chunk(creation, 1, &chunk);
    f.data("layers/a/vars/0", {4}, H5T_IEEE_F32LE, creation);
    H5Pclose(creation);
    CHECK(says(f.refusal(), "layers/a/vars/0: expected values in one piece inside the file"));
  }
  SUBCASE("in another file") {
    H5Builder f;
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 16);
    f.data("layers/a/vars/0", {4}, H5T_IEEE_F32LE, creation);
    H5Pclose(creation);
    CHECK(says(f.refusal(), "expected values in one piece inside the file"));
  }
  SUBCASE("a name that is no text") {
    H5Builder f;
    const std::int32_t number = 3;
    f.data("layers/a/vars/0", {1}).attribute("layers/a/vars", H5T_NATIVE_INT32, &number);
    CHECK(says(f.refusal(), "layers/a/vars: attribute name: expected a text"));
  }
  SUBCASE("a group inside itself") {
    H5Builder f;
    f.data("layers/a/vars/0", {1});
    H5Lcreate_hard(f.file(), "layers", f.file(), "layers/a/again", f.links(), H5P_DEFAULT);
    CHECK(says(f.refusal(), "more than 64 groups in each other"));
  }
  SUBCASE("a link elsewhere is not followed") {
    H5Builder f;
    f.data("layers/a/vars/0", {1});
    H5Lcreate_external("/none.h5", "/x", f.file(), "layers/a/vars/1", f.links(), H5P_DEFAULT);
    H5Lcreate_soft("/layers/a/vars/0", f.file(), "layers/a/vars/2", f.links(), H5P_DEFAULT);
    CHECK(f.names() == Names{"0"});
  }
}
