// Which of a data set's numbers the outputs of a network are for.
#include "apps/common/head_targets.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace octet;

namespace {

using Places = std::vector<std::int64_t>;

const std::vector<HeadEntry> machine{
    {.name = "state", .task = Task::classification, .targets = {"state"}, .labels = {"off", "on"}},
    {.name = "motion", .task = Task::regression, .targets = {"speed", "state"}}};

}  // namespace

TEST_CASE("heads: a table's columns, each once, and their classes") {
  DataOptions options;
  add_head_columns(machine, options);
  CHECK(options.target_columns == std::vector<std::string>{"state", "speed"});
  CHECK(options.target_classes == std::vector<std::vector<std::string>>{{"off", "on"}, {}});
  CHECK(head_places(machine[1], options.target_columns) == Places{1, 0});
  CHECK(head_places({.name = "x", .targets = {"sped"}}, options.target_columns) == Places{-1});
}

TEST_CASE("heads: places are numbers from 0 on") {
  const HeadEntry head{.name = "x",
                       .targets = {"0", "17", "-5", "", "x", "1x", " 1", "9223372036854775808"}};
  CHECK(head_places(head, {}) == Places{0, 17, -1, -1, -1, -1, -1, -1});
}

TEST_CASE("heads: what a file says is read back; files may not say the targets") {
  const auto read = parse_task_entry(task_entry_text({.task = Task::multi_task, .heads = machine}));
  REQUIRE(read);
  CHECK(read->heads[1].targets == machine[1].targets);
  const auto without = parse_task_entry(
      R"({"version": 1, "task": "multi_task",
          "heads": [{"name": "a", "task": "regression", "labels": []}]})");
  REQUIRE(without);
  CHECK(without->heads[0].targets.empty());
}
