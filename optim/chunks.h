// Lists of tensors cut into tasks by shape alone, so that results do not depend on the threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace octet::optim {

/// Elements [begin, begin + size) of the index-th tensor.
struct Chunk {
  std::size_t index;
  std::int64_t begin, size;
};

/// Elements a task; the four arrays of Adam then fit the second-level cache.
inline constexpr std::int64_t chunk_size = 8192;

/// Appends the chunks of a tensor of `elements`.
template <class Chunks>
void cut(std::size_t index, std::int64_t elements, Chunks& chunks) {
  for (std::int64_t begin = 0; begin < elements; begin += chunk_size) {
    chunks.push_back({index, begin, std::min(chunk_size, elements - begin)});
  }
}

}  // namespace octet::optim
