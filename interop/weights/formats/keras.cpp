#include "interop/weights/formats/keras.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "interop/hdf5/read_file.h"

namespace octet {
namespace {

using data_detail::h5_check;
using data_detail::H5Id;

constexpr std::string_view variables = "vars";

/// The tensor in a data set, without a name. Floats are read as such, of 64 bits as doubles.
StoredTensor read_tensor(H5ReadFile& file, hid_t dataset, const std::string& place,
                         WeightFile& out) {
  constexpr int most_axes = 8;
  StoredTensor t;
  const H5Id space(H5Dget_space(dataset), H5Sclose, place);
  const int rank = H5Sget_simple_extent_ndims(space);
  OCTET_CHECK(rank >= 0 && rank <= most_axes, place, ": expected at most ", most_axes,
              " axes, got ", rank);
  hsize_t extents[most_axes] = {};
  H5Sget_simple_extent_dims(space, extents, nullptr);
  for (int i = 0; i < rank; ++i) t.shape.push_back(static_cast<std::int64_t>(extents[i]));
  const H5Id type(H5Dget_type(dataset), H5Tclose, place);
  const std::size_t size = H5Tget_size(type);
  if (H5Tget_class(type) != H5T_FLOAT || size > sizeof(double)) {
    t.type = "no float of at most 64 bits";
    return t;
  }
  file.claim(dataset, place);
  const bool wide = size > sizeof(float);
  t.format = wide ? NumberFormat::f64 : NumberFormat::f32;
  t.type = wide ? "f64" : "f32";
  const std::int64_t bytes = checked_tensor_bytes(t.shape, wide ? 64 : 32, place);
  const auto buffer = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(bytes));
  if (bytes > 0) {
    h5_check(H5Dread(dataset, wide ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                     H5P_DEFAULT, buffer->data()),
             place);
  }
  t.data = *buffer;
  out.owners.push_back(buffer);
  return t;
}

/// A text attribute of the group at `path`; empty if there is no group or none.
std::string text_attribute(const H5ReadFile& file, const std::string& path, const char* name) {
  constexpr std::size_t most_bytes = 1 << 16;
  if (H5Aexists_by_name(file.id(), path.c_str(), name, H5P_DEFAULT) <= 0) return {};
  const std::string where = file.name() + ": " + one_line(path) + ": attribute " + name;
  const H5Id attribute(H5Aopen_by_name(file.id(), path.c_str(), name, H5P_DEFAULT, H5P_DEFAULT),
                       H5Aclose, where);
  const H5Id type(H5Aget_type(attribute), H5Tclose, where);
  const H5Id space(H5Aget_space(attribute), H5Sclose, where);
  OCTET_CHECK(H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1, where,
              ": expected a text");
  if (H5Tis_variable_str(type) > 0) {
    const H5Id memory(H5Tcopy(H5T_C_S1), H5Tclose, where);
    h5_check(H5Tset_size(memory, H5T_VARIABLE), where);
    h5_check(H5Tset_cset(memory, H5Tget_cset(type)), where);
    char* text = nullptr;
    h5_check(H5Aread(attribute, memory, &text), where);
    std::string value(text ? text : "");
    H5free_memory(text);
    return value;
  }
  const std::size_t size = H5Tget_size(type);
  OCTET_CHECK(size <= most_bytes, where, ": expected at most ", most_bytes, " bytes, got ", size);
  std::string value(size, '\0');
  h5_check(H5Aread(attribute, type, value.data()), where);
  return value.substr(0, value.find('\0'));
}

/// The true path of the layer whose variables are in `group` ("layers/conv2d_1/vars"): the names
/// of it and of the models around it.
std::string layer_path(const H5ReadFile& file, const std::string& group) {
  std::string path;
  for (std::size_t slash = group.find('/'); slash != group.npos;
       slash = group.find('/', slash + 1)) {
    const std::string vars = group.substr(0, slash + 1) + std::string(variables);
    if (H5Lexists(file.id(), vars.c_str(), H5P_DEFAULT) <= 0) continue;
    const std::string name = text_attribute(file, vars, "name");
    if (!name.empty()) path += (path.empty() ? "" : "/") + name;
  }
  return path;
}

/// Names of a layer's variables by their order and shapes.
std::vector<std::string> variable_names(const std::vector<StoredTensor>& all) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i) names.push_back(std::to_string(i));
  const auto rank = [&](std::size_t i) { return i < all.size() ? all[i].shape.size() : 0; };
  if (rank(0) == 4 && rank(1) == 4) {
    names[0] = "depthwise_kernel";
    names[1] = "pointwise_kernel";
    if (rank(2) == 1) names[2] = "bias";
  } else if (rank(0) >= 2) {
    names[0] = "kernel";
    if (rank(1) == 1) names[1] = "bias";
  } else if (all.size() == 4 && rank(0) == 1 &&
             std::all_of(all.begin(), all.end(),
                         [&](const StoredTensor& t) { return t.shape == all[0].shape; })) {
    names = {"gamma", "beta", "moving_mean", "moving_variance"};
  }
  return names;
}

void read_keras_3(H5ReadFile& file, WeightFile& out) {
  struct Layer {
    std::map<std::size_t, StoredTensor> variables;  // "10" is behind "9"
  };
  std::map<std::string, Layer> layers;  // by their groups
  file.each("", [&](const std::string& path, hid_t dataset, const std::string& place) {
    const std::size_t slash = path.rfind('/');
    const std::string group = slash == path.npos ? "" : path.substr(0, slash);
    const std::string number = path.substr(slash + 1);
    if (path.starts_with("optimizer/") || !("/" + group).ends_with("/" + std::string(variables)) ||
        number.empty() || number.size() > 6 ||
        number.find_first_not_of("0123456789") != number.npos) {
      return;
    }
    layers[group].variables[std::stoul(number)] = read_tensor(file, dataset, place, out);
  });
  for (auto& [group, layer] : layers) {
    const std::string path = layer_path(file, group);
    std::vector<StoredTensor> all;
    for (auto& [number, tensor] : layer.variables) all.push_back(std::move(tensor));
    const std::vector<std::string> names = variable_names(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].name = (path.empty() ? "" : path + "/") + names[i];
      out.tensors.push_back(std::move(all[i]));
    }
  }
}

/// Keras 2 lists a model's layers in an attribute, beside a group for each.
void read_by_path(H5ReadFile& file, WeightFile& out) {
  const bool whole_model = H5Lexists(file.id(), "model_weights", H5P_DEFAULT) > 0;
  const std::string root = whole_model ? "/model_weights" : "";
  const bool keras_2 =
      H5Aexists_by_name(file.id(), (root + "/").c_str(), "layer_names", H5P_DEFAULT) > 0;
  file.each(root, [&](const std::string& path, hid_t dataset, const std::string& place) {
    StoredTensor t = read_tensor(file, dataset, place, out);
    t.name = keras_2 ? path.substr(path.find('/') + 1) : path;
    out.tensors.push_back(std::move(t));
  });
}

WeightFile read(H5ReadFile file) {
  WeightFile out{.path = file.name(), .kind = "keras", .tensors = {}, .owners = {}};
  read_keras_3(file, out);
  if (out.tensors.empty()) read_by_path(file, out);
  return out;
}

}  // namespace

bool looks_like_hdf5(std::span<const std::byte> file) noexcept {
  constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
  return file.size() >= signature.size() &&
         std::memcmp(file.data(), signature.data(), signature.size()) == 0;
}

WeightFile read_keras_weights(const std::filesystem::path& path) {
  return read(H5ReadFile(path));
}

WeightFile read_keras_image(std::span<const std::byte> image, const std::string& name) {
  return read(H5ReadFile(image, name));
}

}  // namespace octet
