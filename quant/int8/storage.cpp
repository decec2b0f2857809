#include "quant/int8/storage.h"

#include <algorithm>

#include "core/error.h"
#include "quant/int8/node_view.h"

namespace octet::int8 {
namespace {

/// Keeps sums from wrapping; what a context may really take is its memory limit.
constexpr std::size_t max_sum = std::size_t{1} << 60;

/// Last time each tensor is read; 0 if never.
std::vector<int> last_uses(const Model::Impl& model) {
  std::vector<int> last(model.graph.tensors.size(), 0);
  for (std::size_t i = 0; i < model.steps.size(); ++i) {
    for (const int t : model.steps[i]->inputs) {
      last[static_cast<std::size_t>(t)] = static_cast<int>(i) + 1;
    }
  }
  const int end = static_cast<int>(model.steps.size()) + 1;
  for (const int t : model.graph.outputs) last[static_cast<std::size_t>(t)] = end;
  return last;
}

}  // namespace

Storage assign_storage(const Model::Impl& model, int batch, bool share) {
  Storage s;
  s.block_of.assign(model.graph.tensors.size(), -1);
  const std::vector<int> last = last_uses(model);
  const int end = static_cast<int>(model.steps.size()) + 1;
  std::size_t sum = 0;

  const auto new_block = [&](int tensor, int time) {
    const auto t = static_cast<std::size_t>(tensor);
    const std::size_t bytes = model.bytes[t] * static_cast<std::size_t>(batch);
    sum += bytes;  // of less than 2^31 * 2^31: cannot wrap before the check
    if (bytes > max_sum || sum > max_sum) {
      throw MemoryError(text_of("values of ", batch, " samples: more than ", max_sum, " bytes at ",
                                quoted(model.graph.tensors[t])));
    }
    s.block_of[t] = static_cast<int>(s.blocks.size());
    s.blocks.push_back({bytes, share ? time : 0, share ? std::max(time, last[t]) : end});
  };
  const auto block_of = [&](int tensor) -> MemoryBlock& {
    return s.blocks[static_cast<std::size_t>(s.block_of[static_cast<std::size_t>(tensor)])];
  };
  const auto join = [&](int input, int output) {
    const auto out = static_cast<std::size_t>(output);
    s.block_of[out] = s.block_of[static_cast<std::size_t>(input)];
    block_of(input).last = std::max(block_of(input).last, last[out]);
  };

  for (const int t : model.graph.inputs) new_block(t, 0);
  for (std::size_t i = 0; i < model.steps.size(); ++i) {
    const Step& step = *model.steps[i];
    const int time = static_cast<int>(i) + 1;
    bool joined = false;
    if (share && step.alias) {
      join(step.inputs[0], step.outputs[0]);
      joined = true;
    } else if (share) {
      for (const int position : step.in_place) {
        const int input = step.inputs[static_cast<std::size_t>(position)];
        if (block_of(input).last != time) continue;
        join(input, step.outputs[0]);
        joined = true;
        break;
      }
    }
    for (std::size_t k = joined ? 1 : 0; k < step.outputs.size(); ++k) {
      new_block(step.outputs[k], time);
    }
  }
  return s;
}

}  // namespace octet::int8
