#include "apps/common/setup/heads.h"

#include <algorithm>
#include <cmath>

#include "apps/common/head_targets.h"
#include "apps/common/setup/loss_setup.h"
#include "base/error.h"
#include "data/dataset_report.h"

namespace octet::setup {
namespace {

using config::HeadConfig;

std::string pointer_to(std::size_t head) {
  return "/heads/" + std::to_string(head);
}

bool is_csv(const config::Config& c) {
  return parse_data_format(c.data.format) == DataFormat::csv;
}

/// Places of each head's targets among a sample's numbers.
std::vector<std::vector<std::int64_t>> places_of_heads(const config::Config& c) {
  const std::vector<HeadEntry> entries = head_entries(c);
  const std::vector<std::string> columns =
      is_csv(c) ? head_columns(entries) : std::vector<std::string>();
  std::vector<std::vector<std::int64_t>> places;
  for (const HeadEntry& head : entries) places.push_back(head_places(head, columns));
  return places;
}

/// Calls f(sample, value) for each value of a column.
template <class F>
void for_each_value(const Dataset& d, std::int64_t column, const F& f) {
  const std::int64_t each = d.labels.shape()[1];
  for (std::int64_t i = 0; i < d.labels.shape()[0]; ++i) f(i, d.labels.r()[i * each + column]);
}

int classes_in(const Dataset& train, std::int64_t column) {
  real most = 0;
  for_each_value(train, column, [&](std::int64_t, real value) { most = std::max(most, value); });
  return static_cast<int>(std::min<real>(most, max_classes - 1)) + 1;
}

void check_classes(const config::Config& c, std::size_t head, const Dataset& d) {
  const HeadConfig& h = c.heads[head];
  for_each_value(d, places_of_heads(c)[head][0], [&](std::int64_t sample, real k) {
    OCTET_CHECK(k >= 0 && k < static_cast<real>(h.classes) && k == std::floor(k),
                c.where(pointer_to(head)), ": ", d.name, ": sample ", sample,
                ": expected a class of head '", h.name, "', 0 to ", h.classes - 1, ", got ", k);
  });
}

void resolve_classes(const config::Config& c, std::size_t i, HeadConfig& head,
                     const Dataset& train) {
  const std::string where = c.where(pointer_to(i));
  OCTET_CHECK(head.targets.size() == 1, where, "/targets: expected one, the class, got ",
              head.targets.size());
  const auto names = static_cast<int>(head.class_names.size());
  const std::int64_t column = places_of_heads(c)[i][0];
  OCTET_CHECK(names == 0 || head.classes == 0 || names == head.classes, where,
              "/class_names: expected ", head.classes, ", as classes says, got ", names);
  if (head.classes == 0) head.classes = names > 0 ? names : classes_in(train, column);
  OCTET_CHECK(head.classes >= 2, where, ": expected at least 2 classes, got ", head.classes);
  if (!head.loss.balanced) return;
  check_classes(c, i, train);
  std::vector<std::int64_t> counts(static_cast<std::size_t>(head.classes));
  for_each_value(train, column,
                 [&](std::int64_t, real k) { ++counts[static_cast<std::size_t>(k)]; });
  head.loss.class_weights = balanced_class_weights(counts);
  head.loss.balanced = false;
}

}  // namespace

std::vector<HeadEntry> head_entries(const config::Config& c) {
  std::vector<HeadEntry> entries;
  for (const HeadConfig& head : c.heads) {
    const Task task = parse_task(head.task);
    entries.push_back({.name = head.name,
                       .task = task,
                       .targets = head.targets,
                       .labels = task == Task::regression ? head.targets : head.class_names});
  }
  return entries;
}

void add_head_columns(const config::Config& c, DataOptions& options) {
  if (c.heads.empty() || !is_csv(c)) return;
  OCTET_CHECK(c.data.target_columns.empty(), c.where("/data/target_columns"),
              ": of several outputs each has its own, /heads/0/targets ...");
  octet::add_head_columns(head_entries(c), options);
}

void resolve_heads(config::Config& c, const Dataset& train) {
  OCTET_CHECK(!c.heads.empty(), c.where("/heads"), ": multi_task needs heads, got none");
  const std::int64_t values = train.target_shape()[0];
  for (std::size_t i = 0; i < c.heads.size(); ++i) {
    HeadConfig& head = c.heads[i];
    const std::string where = c.where(pointer_to(i));
    OCTET_CHECK(std::ranges::count(c.heads, head.name, &HeadConfig::name) == 1, where,
                "/name: another head is called '", head.name, "', too");
    OCTET_CHECK(!head.targets.empty(), where, "/targets: expected at least one");
    const std::vector<std::int64_t> columns = places_of_heads(c)[i];
    for (std::size_t t = 0; t < columns.size(); ++t) {
      OCTET_CHECK(columns[t] >= 0 && columns[t] < values, where, "/targets/", t,
                  ": expected a place among the ", values, " targets of ", train.name, ", 0 to ",
                  values - 1, ", got '", one_line(head.targets[t]), "'");
    }
    const Task task = parse_task(head.task);
    resolve_loss(c, task, head.loss, pointer_to(i) + "/loss");
    if (task == Task::classification) {
      resolve_classes(c, i, head, train);
      OCTET_CHECK(c.data.augment.mixup == 0, c.where("/data/augment/mixup"), ": head '", head.name,
                  "' has classes, which of several outputs cannot be blended");
    } else {
      OCTET_CHECK(head.classes == 0 && head.class_names.empty(), where,
                  ": classes are for classification, but the head's task is ", head.task);
    }
  }
  make_heads(c, /*training=*/true);
  check_head_targets(c, train);
}

void check_head_targets(const config::Config& c, const Dataset& split) {
  for (std::size_t i = 0; i < c.heads.size(); ++i) {
    if (parse_task(c.heads[i].task) == Task::classification) check_classes(c, i, split);
  }
}

std::vector<TaskHead> make_heads(const config::Config& c, bool training) {
  const std::vector<std::vector<std::int64_t>> places = places_of_heads(c);
  std::vector<TaskHead> heads;
  for (std::size_t i = 0; i < c.heads.size(); ++i) {
    const HeadConfig& from = c.heads[i];
    TaskHead head{.name = from.name,
                  .task = parse_task(from.task),
                  .columns = places[i],
                  .classes = from.classes,
                  .weight = from.weight};
    if (head.task == Task::regression) {
      head.loss = [loss = from.loss](const Var& output, const Tensor& target) {
        return number_loss(loss, output, target);
      };
    } else if (training) {
      const CrossEntropyOptions options = cross_entropy_options(
          from.loss, from.classes, c.where(pointer_to(i) + "/loss/class_weights"));
      head.loss = [options](const Var& output, const Tensor& target) {
        return cross_entropy(output, target, options);
      };
    }
    heads.push_back(std::move(head));
  }
  return heads;
}

}  // namespace octet::setup
