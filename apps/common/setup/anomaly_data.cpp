#include "apps/common/setup/anomaly_data.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/dataset_report.h"

namespace octet::setup {
namespace {

bool has_classes(const Dataset& d) {
  return d.target() == TargetKind::classes && d.labels.defined();
}

std::string class_name(const Dataset& d, std::size_t k) {
  return d.class_names.empty() ? std::to_string(k) : d.class_names[k];
}

/// Which classes are normal.
std::vector<bool> normal_classes(const config::Config& c, const Dataset& train) {
  std::vector<bool> normal(static_cast<std::size_t>(train.classes), false);
  const std::vector<std::string>& names = c.anomaly.normal;
  if (names.empty()) {
    const std::vector<std::int64_t> counts = class_counts(train);
    for (std::size_t k = 0; k < normal.size(); ++k) normal[k] = counts[k] > 0;
    return normal;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::size_t k = 0;
    while (k < normal.size() && names[i] != class_name(train, k)) ++k;
    OCTET_CHECK(k < normal.size(), c.where("/anomaly/normal/" + std::to_string(i)), ": '",
                one_line(names[i]), "' is no class of ", train.name,
                train.class_names.empty() ? ", whose classes have numbers" : "");
    normal[k] = true;
  }
  return normal;
}

/// The data set with other targets.
Dataset relabelled(Dataset d, const std::vector<std::int32_t>& labels, int classes) {
  d.labels = Tensor::from<std::int32_t>({d.size()}, labels);
  d.classes = classes;
  d.class_names = {"normal"};
  if (classes == 2) d.class_names.emplace_back("anomaly");
  return d;
}

}  // namespace

DataSource anomaly_data(config::Config& c, DataSource data) {
  const bool by_class = has_classes(data.train) && has_classes(data.test);
  OCTET_CHECK(by_class || c.anomaly.normal.empty(), c.where("/anomaly/normal"),
              ": names classes, but ", data.train.name, " has none");
  const std::vector<bool> normal =
      by_class ? normal_classes(c, data.train) : std::vector<bool>{true};
  const bool all_normal = std::ranges::count(normal, false) == 0;
  const int classes = all_normal ? 1 : 2;
  if (c.anomaly.normal.empty() && !all_normal) {
    for (std::size_t k = 0; k < normal.size(); ++k) {
      if (normal[k]) c.anomaly.normal.push_back(class_name(data.train, k));
    }
  }
  const auto of = [&](Dataset d, bool normal_only) {
    if (d.size() == 0) return d;
    std::vector<std::int32_t> labels(static_cast<std::size_t>(d.size()), 0);
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (by_class) {
        const auto k = static_cast<std::size_t>(d.labels.data<std::int32_t>()[i]);
        labels[i] = k < normal.size() && normal[k] ? 0 : 1;
      }
      if (labels[i] == 0) kept.push_back(static_cast<std::int64_t>(i));
    }
    d = relabelled(std::move(d), labels, classes);
    if (!normal_only || std::ssize(kept) == d.size()) return d;
    OCTET_CHECK(!kept.empty(), c.where("/anomaly/normal"), ": ", d.name,
                " has no normal samples to train on");
    return subset(d, kept);
  };
  data.train = of(std::move(data.train), true);
  data.val = of(std::move(data.val), true);
  data.test = of(std::move(data.test), false);
  return data;
}

}  // namespace octet::setup
