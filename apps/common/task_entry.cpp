#include "apps/common/task_entry.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace octet {

std::string task_entry_text(const TaskEntry& entry) {
  nlohmann::ordered_json j{{"version", 1}, {"task", task_name(entry.task)}};
  if (entry.threshold) {
    j["score"] = "mean((output - input)^2)";
    j["threshold"] = *entry.threshold;
  }
  if (!entry.normal.empty()) j["normal"] = entry.normal;
  for (const HeadEntry& head : entry.heads) {
    j["heads"].push_back({{"name", head.name},
                          {"task", task_name(head.task)},
                          {"targets", head.targets},
                          {"labels", head.labels}});
  }
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<TaskEntry> parse_task_entry(std::string_view text) {
  try {
    const auto j = nlohmann::json::parse(text);
    if (j.at("version") != 1) return std::nullopt;
    TaskEntry entry{.task = parse_task(j.at("task").get<std::string>())};
    if (j.contains("threshold")) entry.threshold = j.at("threshold").get<double>();
    if (j.contains("normal")) j.at("normal").get_to(entry.normal);
    if (j.contains("heads")) {
      for (const auto& head : j.at("heads")) {
        entry.heads.push_back({.name = head.at("name"),
                               .task = parse_task(head.at("task").get<std::string>()),
                               .targets = head.value("targets", std::vector<std::string>()),
                               .labels = head.at("labels")});
      }
    }
    if (entry.threshold && !std::isfinite(*entry.threshold)) return std::nullopt;
    return entry;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace octet
