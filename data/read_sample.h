// Private to data/*.cpp: samples of a data set one after the other, wherever they are.
#pragma once

#include <algorithm>

#include "data/dataset.h"

namespace octet::data_detail {

/// Calls f(tensor) with the samples of a data set: all at once if they are in memory, else up to
/// `most` evenly spread ones, each [H, W, C].
template <class F>
void each_sample(const Dataset& d, std::int64_t most, const F& f) {
  if (!d.source) return f(d.images);
  const std::int64_t count = std::min(most, d.size());
  for (std::int64_t i = 0; i < count; ++i) f(sample_at(d, i * d.size() / count));
}

}  // namespace octet::data_detail
