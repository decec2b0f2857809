#include "apps/common/head_targets.h"

#include <algorithm>
#include <charconv>

namespace octet {

std::vector<std::string> head_columns(std::span<const HeadEntry> heads) {
  std::vector<std::string> columns;
  for (const HeadEntry& head : heads) {
    for (const std::string& target : head.targets) {
      if (std::ranges::count(columns, target) == 0) columns.push_back(target);
    }
  }
  return columns;
}

void add_head_columns(std::span<const HeadEntry> heads, DataOptions& options) {
  options.target_columns = head_columns(heads);
  options.target_classes.assign(options.target_columns.size(), {});
  for (const HeadEntry& head : heads) {
    if (head.task != Task::classification || head.labels.empty() || head.targets.empty()) continue;
    const auto at = std::ranges::find(options.target_columns, head.targets[0]);
    options.target_classes[static_cast<std::size_t>(at - options.target_columns.begin())] =
        head.labels;
  }
}

std::vector<std::int64_t> head_places(const HeadEntry& head, std::span<const std::string> columns) {
  std::vector<std::int64_t> places;
  for (const std::string& target : head.targets) {
    std::int64_t at = -1;
    if (!columns.empty()) {
      const auto found = std::ranges::find(columns, target);
      if (found != columns.end()) at = found - columns.begin();
    } else {
      const char* end = target.data() + target.size();
      if (std::from_chars(target.data(), end, at).ptr != end || at < 0) at = -1;
    }
    places.push_back(at);
  }
  return places;
}

}  // namespace octet
