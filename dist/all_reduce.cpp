#include "dist/all_reduce.h"

#include <vector>

#include "dist/combine.h"

namespace octet::dist {
namespace {

void add_received(ReduceKind what, bool peer_is_first, std::span<std::byte> own,
                  std::span<const std::byte> received) {
  if (peer_is_first) {
    combine_into_second(what, received, own);
  } else {
    combine(what, own, received);
  }
}

void reduce_whole(Transport& t, ReduceKind what, std::span<std::byte> values) {
  std::vector<std::byte> received(values.size());
  for (int distance = 1; distance < t.size(); distance *= 2) {
    t.exchange(t.rank() ^ distance, values, received);
    add_received(what, (t.rank() & distance) != 0, values, received);
  }
}

/// The halves of a part: the first goes to the lower rank.
struct Halves {
  std::span<std::byte> own, other;
};
Halves halves(std::span<std::byte> part, bool second, std::size_t value) {
  const std::size_t middle = part.size() / value / 2 * value;
  const auto a = part.first(middle), b = part.subspan(middle);
  return second ? Halves{b, a} : Halves{a, b};
}

void reduce_halved(Transport& t, ReduceKind what, std::span<std::byte> values) {
  const std::size_t value = value_size(what);
  std::vector<std::byte> received(values.size());
  std::vector<Halves> levels;
  std::span<std::byte> part = values;
  for (int distance = 1; distance < t.size(); distance *= 2) {
    const bool second = (t.rank() & distance) != 0;
    const Halves h = halves(part, second, value);
    const auto from_peer = std::span(received).first(h.own.size());
    t.exchange(t.rank() ^ distance, h.other, from_peer);
    add_received(what, second, h.own, from_peer);
    levels.push_back(h);
    part = h.own;
  }
  for (int distance = t.size() / 2; distance >= 1; distance /= 2) {
    const Halves h = levels.back();
    levels.pop_back();
    t.exchange(t.rank() ^ distance, h.own, h.other);
  }
}

}  // namespace

void all_reduce(Transport& transport, ReduceKind what, std::span<std::byte> values) {
  if (transport.size() == 1) return;
  if (values.size() <= whole_bytes) {
    reduce_whole(transport, what, values);
  } else {
    reduce_halved(transport, what, values);
  }
}

}  // namespace octet::dist
