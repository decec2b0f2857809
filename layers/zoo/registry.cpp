#include <cmath>

#include "base/nearest.h"
#include "layers/zoo/zoo.h"

namespace octet::zoo {
namespace {

struct Entry {
  std::string_view name;
  ModulePtr (*make)(const NetworkOptions&);
  int classes, in_h, in_w, in_c;  // the model's own; 0 classes: it has none
  int output_stride = 0;          // 0: always the model's own
  OutputKind output = OutputKind::row;
};

constexpr Entry entries[] = {
    {"lenet", lenet, 10, 28, 28, 1},
    {"resnet8", resnet8, 10, 32, 32, 3},
    {"resnet20", resnet20, 10, 32, 32, 3},
    {"resnet18", resnet18, 1000, 224, 224, 3, 32},
    {"resnet34", resnet34, 1000, 224, 224, 3, 32},
    {"resnet50", resnet50, 1000, 224, 224, 3, 32},
    {"mobilenet_v1", mobilenet_v1, 1000, 224, 224, 3, 32},
    {"mobilenet_v2", mobilenet_v2, 1000, 224, 224, 3, 32},
    {"mobilenet_v3_small", mobilenet_v3_small, 1000, 224, 224, 3, 32},
    {"mobilenet_v3_large", mobilenet_v3_large, 1000, 224, 224, 3, 32},
    {"squeezenet1_1", squeezenet1_1, 1000, 224, 224, 3},
    {"vgg11_bn", vgg11_bn, 1000, 224, 224, 3},
    {"ds_cnn", ds_cnn, 12, 49, 10, 1},
    {"mlp", mlp, 2, 1, 1, 16},
    {"unet", unet, 2, 64, 64, 3, OutputKind::pixels},
    {"autoencoder", autoencoder, 0, 1, 1, 640, OutputKind::input},
};

const Entry& find(std::string_view name) {
  for (const Entry& e : entries) {
    if (e.name == name) return e;
  }
  const std::vector<std::string> names = model_names();
  std::string known;
  for (const std::string& n : names) known += (known.empty() ? "" : ", ") + n;
  fail("unknown model '", name, "': did you mean '", nearest(name, names), "'? Known: ", known);
}

}  // namespace

ModulePtr make_model(std::string_view name, const NetworkOptions& options) {
  return find(name).make(options);
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries) names.emplace_back(e.name);
  return names;
}

OutputKind output_kind(std::string_view name) {
  return find(name).output;
}

bool is_classifier(std::string_view name) {
  return output_kind(name) == OutputKind::row;
}

NetworkOptions resolve_options(std::string_view name, const NetworkOptions& options) {
  const Entry& e = find(name);
  NetworkOptions o = options;
  auto fill = [&](int& value, int own, const char* what) {
    OCTET_CHECK(value >= 0, "model ", name, ": expected ", what, " >= 0 (0: the model's own), got ",
                value);
    if (value == 0) value = own;
  };
  OCTET_CHECK(e.classes > 0 || o.classes == 0, "model ", name,
              ": it reconstructs its input and has no classes, got ", o.classes);
  fill(o.classes, e.classes, "classes");
  fill(o.in_h, e.in_h, "in_h");
  fill(o.in_w, e.in_w, "in_w");
  fill(o.in_c, e.in_c, "in_c");
  OCTET_CHECK(e.output_stride > 0 || o.output_stride == 0, "model ", name,
              ": expected output_stride 0 (its own), got ", o.output_stride);
  fill(o.output_stride, e.output_stride, "output_stride");
  OCTET_CHECK(o.output_stride == 0 || e.output_stride % o.output_stride == 0, "model ", name,
              ": expected an output_stride that is a power of two up to ", e.output_stride,
              ", got ", o.output_stride);
  OCTET_CHECK(std::isfinite(o.width) && o.width > 0 && o.width <= 64, "model ", name,
              ": expected a width in (0, 64], got ", o.width);
  return o;
}

}  // namespace octet::zoo
