// Which of a data set's numbers the outputs of a network are for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/common/task_entry.h"
#include "data/data_options.h"

namespace octet {

/// The targets of all heads, each once: the columns of a table, in the order in which its samples
/// have their numbers.
std::vector<std::string> head_columns(std::span<const HeadEntry> heads);
/// Has a table's targets be these columns, and names of classes in them numbers.
void add_head_columns(std::span<const HeadEntry> heads, DataOptions& options);

/// Places of the head's targets among a sample's numbers: in `columns`; where these are empty, what
/// the target says as a number. -1 for what is none.
std::vector<std::int64_t> head_places(const HeadEntry& head, std::span<const std::string> columns);

}  // namespace octet
