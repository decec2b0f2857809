#include "int8/engine/storage.h"

#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

/// Keeps sums from wrapping; what a context may really take is its memory limit.
constexpr std::size_t max_sum = std::size_t{1} << 60;

/// When each step runs, and, as the last, when outputs are read. A reshape that moves nothing
/// shares the time of what follows.
std::vector<int> times_of(const Model::Impl& model, bool share) {
  std::vector<int> times;
  int time = 1;
  for (const auto& step : model.steps) {
    times.push_back(time);
    if (!(share && step->alias)) ++time;
  }
  times.push_back(time);
  return times;
}

/// Last time each tensor is read; 0 if never.
std::vector<int> last_uses(const Model::Impl& model, const std::vector<int>& times) {
  std::vector<int> last(model.graph.tensors.size(), 0);
  for (std::size_t i = 0; i < model.steps.size(); ++i) {
    for (const int t : model.steps[i]->inputs) last[static_cast<std::size_t>(t)] = times[i];
  }
  for (const int t : model.graph.outputs) last[static_cast<std::size_t>(t)] = times.back();
  for (const State& s : model.graph.states) last[static_cast<std::size_t>(s.output)] = times.back();
  return last;
}

class Assignment {
 public:
  Assignment(const Model::Impl& model, int batch, bool share, std::span<const int> overlaps)
      : model_(model), batch_(static_cast<std::size_t>(batch)), share_(share), overlaps_(overlaps) {
    s_.block_of.assign(model.graph.tensors.size(), -1);
    s_.times = times_of(model, share);
    last_ = last_uses(model, s_.times);
    end_ = s_.times.back();
    s_.times.pop_back();
  }

  Storage assign() {
    for (const int t : model_.graph.inputs) new_block(t, 0);
    for (const State& s : model_.graph.states) new_block(s.input, 0);
    for (std::size_t i = 0; i < model_.steps.size(); ++i) add(*model_.steps[i], s_.times[i]);
    for (MemoryBlock& b : s_.blocks) b.last = until(b.last);
    return std::move(s_);
  }

 private:
  int until(int time) const {
    return overlaps_.empty() ? time : overlaps_[static_cast<std::size_t>(time)];
  }
  int block_index(int tensor) const { return s_.block_of[static_cast<std::size_t>(tensor)]; }

  void new_block(int tensor, int time) {
    const auto t = static_cast<std::size_t>(tensor);
    const std::size_t bytes = model_.bytes[t] * batch_;
    sum_ += bytes;  // of less than 2^31 * 2^31: cannot wrap before the check
    if (bytes > max_sum || sum_ > max_sum) {
      throw MemoryError(text_of("values of ", batch_, " samples: more than ", max_sum, " bytes at ",
                                quoted(model_.graph.tensors[t])));
    }
    s_.block_of[t] = static_cast<int>(s_.blocks.size());
    s_.blocks.push_back({bytes, share_ ? time : 0, share_ ? std::max(time, last_[t]) : end_,
                         dtype_size(model_.graph.tensors[t].type)});
    read_.push_back(0);
  }

  void join(int input, int output) {
    const auto out = static_cast<std::size_t>(output);
    s_.block_of[out] = block_index(input);
    MemoryBlock& block = s_.blocks[static_cast<std::size_t>(s_.block_of[out])];
    block.last = std::max(block.last, last_[out]);
    block.alignment = std::max(block.alignment, dtype_size(model_.graph.tensors[out].type));
  }

  /// The input that a step may write over: nobody reads it later, and those who have read it before
  /// are done by then. Else -1.
  int taken_over(const Step& step, int time) const {
    if (!share_) return -1;
    for (const int position : step.in_place) {
      const int input = step.inputs[static_cast<std::size_t>(position)];
      const auto block = static_cast<std::size_t>(block_index(input));
      if (s_.blocks[block].last == time && until(read_[block]) < time) return input;
    }
    return -1;
  }

  void add(const Step& step, int time) {
    if (share_ && step.alias) return join(step.inputs[0], step.outputs[0]);
    const int input = taken_over(step, time);
    if (input >= 0) join(input, step.outputs[0]);
    for (std::size_t k = input >= 0 ? 1 : 0; k < step.outputs.size(); ++k) {
      new_block(step.outputs[k], time);
    }
    for (const int t : step.inputs) {  // but what is written over, code by code
      if (block_index(t) != block_index(step.outputs[0])) {
        read_[static_cast<std::size_t>(block_index(t))] = time;
      }
    }
  }

  const Model::Impl& model_;
  const std::size_t batch_;
  const bool share_;
  const std::span<const int> overlaps_;
  Storage s_;
  std::vector<int> last_;  ///< time each tensor is read
  std::vector<int> read_;  ///< last time each block was read so far, 0: never
  int end_ = 0;
  std::size_t sum_ = 0;
};

}  // namespace

Storage assign_storage(const Model::Impl& model, int batch, bool share,
                       std::span<const int> overlaps) {
  return Assignment(model, batch, share, overlaps).assign();
}

}  // namespace octet::int8
