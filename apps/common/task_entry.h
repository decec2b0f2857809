// What a network is for, as its file says it; files of classifiers do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/task.h"

namespace octet {

/// Of an entry of int8::Graph::metadata.
inline constexpr const char* task_entry = "octet.task";

/// One of several outputs, in their order.
struct HeadEntry {
  std::string name;
  Task task = Task::classification;  ///< or regression
  /// Of a sample's numbers: columns of a table by their names, or places; empty: not said.
  std::vector<std::string> targets = {};
  std::vector<std::string> labels = {};  ///< of its classes or numbers; or none
};

struct TaskEntry {
  Task task = Task::classification;
  /// Of an autoencoder: samples with mean((output - input)^2) above it are anomalies.
  std::optional<double> threshold = {};
  std::vector<std::string> normal = {};  ///< its normal classes, by name or number; empty: not said
  std::vector<HeadEntry> heads = {};     ///< of multi_task
};

/// The entry: JSON.
std::string task_entry_text(const TaskEntry& entry);
/// Nothing if `text` is of another version or damaged.
std::optional<TaskEntry> parse_task_entry(std::string_view text);

}  // namespace octet
