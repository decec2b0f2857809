#include "apps/octet/kernel_table.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/text_table.h"
#include "int8/engine/every_op.h"
#include "int8/engine/model.h"

namespace octet::app {
namespace {

using Kernels = std::map<int8::OpCode, std::vector<std::string>>;

/// Kernels of each operator in order of first use (a grouped convolution may have another one).
Kernels kernels_of(int8::Isa isa) {
  const int8::Model model(int8::every_op_graph(), {.isa = isa, .fuse = false});
  Kernels kernels;
  for (const int8::StepInfo& step : model.steps()) {
    const auto op = model.graph().nodes[static_cast<std::size_t>(step.node)].op;
    std::vector<std::string>& names = kernels[op];
    if (std::find(names.begin(), names.end(), step.kernel) == names.end())
      names.emplace_back(step.kernel);
  }
  return kernels;
}

}  // namespace

void print_kernel_table(std::ostream& out) {
  std::vector<std::string> header = {"op"};
  std::vector<Kernels> columns;
  for (const int8::Isa isa : int8::available_isas()) {
    header.emplace_back(int8::isa_name(isa));
    columns.push_back(kernels_of(isa));
  }
  TextTable table(header);
  for (const auto& [op, unused] : columns[0]) {
    std::vector<std::string> row = {std::string(int8::op_name(op))};
    for (const Kernels& kernels : columns) {
      std::string cell;
      for (const std::string& name : kernels.at(op)) cell += (cell.empty() ? "" : ", ") + name;
      row.push_back(cell);
    }
    table.add(std::move(row));
  }
  table.print_markdown(out);
}

}  // namespace octet::app
