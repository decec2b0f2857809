#include <algorithm>
#include <cmath>
#include <numeric>

#include "layers/zoo/zoo.h"

namespace octet::zoo {
namespace {

struct Entry {
  std::string_view name;
  ModulePtr (*make)(const ModelOptions&);
  int classes, in_h, in_w, in_c;  // the model's own
};

constexpr Entry entries[] = {
    {"lenet", lenet, 10, 28, 28, 1},
    {"resnet8", resnet8, 10, 32, 32, 3},
    {"resnet20", resnet20, 10, 32, 32, 3},
    {"resnet18", resnet18, 1000, 224, 224, 3},
    {"mobilenet_v1", mobilenet_v1, 1000, 224, 224, 3},
    {"mobilenet_v2", mobilenet_v2, 1000, 224, 224, 3},
    {"ds_cnn", ds_cnn, 12, 49, 10, 1},
};

/// Insertions, deletions and substitutions that turn a into b (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

const Entry& find(std::string_view name) {
  const Entry* nearest = nullptr;
  std::size_t best = 0;
  for (const Entry& e : entries) {
    const std::size_t d = edit_distance(name, e.name);
    if (d == 0) return e;
    if (!nearest || d < best) {
      nearest = &e;
      best = d;
    }
  }
  std::string known;
  for (const Entry& e : entries) known += (known.empty() ? "" : ", ") + std::string(e.name);
  fail("unknown model '", name, "': did you mean '", nearest->name, "'? Known: ", known);
}

}  // namespace

ModulePtr make_model(std::string_view name, const ModelOptions& options) {
  return find(name).make(options);
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Entry& e : entries) names.emplace_back(e.name);
  return names;
}

ModelOptions resolve_options(std::string_view name, const ModelOptions& options) {
  const Entry& e = find(name);
  ModelOptions o = options;
  auto fill = [&](int& value, int own, const char* what) {
    OCTET_CHECK(value >= 0, "model ", name, ": expected ", what, " >= 0 (0: the model's own), got ",
                value);
    if (value == 0) value = own;
  };
  fill(o.classes, e.classes, "classes");
  fill(o.in_h, e.in_h, "in_h");
  fill(o.in_w, e.in_w, "in_w");
  fill(o.in_c, e.in_c, "in_c");
  OCTET_CHECK(std::isfinite(o.width) && o.width > 0 && o.width <= 64, "model ", name,
              ": expected a width in (0, 64], got ", o.width);
  return o;
}

}  // namespace octet::zoo
