#include "eval/worst_outputs.h"

#include <algorithm>
#include <tuple>

namespace octet {

void WorstOutputs::add(std::int64_t index, double error, std::span<const real> output,
                       std::span<const real> target) {
  const auto place = std::ranges::find_if(samples_, [&](const JudgedOutput& s) {
    return std::tuple(-error, index) < std::tuple(-s.error, s.index);
  });
  if (place == samples_.end() && samples_.size() >= most_) return;
  samples_.insert(place,
                  {index, error, {output.begin(), output.end()}, {target.begin(), target.end()}});
  if (samples_.size() > most_) samples_.pop_back();
}

}  // namespace octet
