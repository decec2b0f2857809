#include "data/hold_out.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "data/random_key.h"

namespace octet {
namespace {

/// What is held out of alike: the samples of each class, or all.
std::vector<std::vector<std::int64_t>> strata(const Dataset& d) {
  const bool by_class = d.labels.defined() && d.target() == TargetKind::classes;
  std::vector<std::vector<std::int64_t>> list(by_class ? static_cast<std::size_t>(d.classes) : 1);
  for (std::int64_t i = 0; i < d.size(); ++i) {
    const int stratum = by_class ? d.labels.data<std::int32_t>()[i] : 0;
    list[static_cast<std::size_t>(stratum)].push_back(i);
  }
  return list;
}

}  // namespace

DataSource hold_out(DataSource source, double fraction) {
  OCTET_CHECK(fraction > 0 && fraction < 1,
              "validation split: expected a fraction above 0 and below 1, got ", fraction);
  OCTET_CHECK(source.val.size() == 0, source.train.name,
              ": has a validation split already: leave out the fraction");
  const Dataset& all = source.train;
  std::vector<bool> held(static_cast<std::size_t>(all.size()), false);
  for (const std::vector<std::int64_t>& stratum : strata(all)) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> order;  // by a random number for each
    for (const std::int64_t i : stratum) {
      Random random(data_detail::data_key, static_cast<std::uint64_t>(i), 0);
      order.emplace_back(random.next_u64(), i);
    }
    std::sort(order.begin(), order.end());
    const auto count =
        static_cast<std::size_t>(std::llround(fraction * static_cast<double>(order.size())));
    for (std::size_t i = 0; i < count; ++i) held[static_cast<std::size_t>(order[i].second)] = true;
  }
  std::vector<std::int64_t> train, val;
  for (std::int64_t i = 0; i < all.size(); ++i) {
    (held[static_cast<std::size_t>(i)] ? val : train).push_back(i);
  }
  OCTET_CHECK(!train.empty() && !val.empty(), all.name, ": a validation split of ", fraction,
              " of its ", all.size(), " samples leaves ", val.size(),
              " of them for validation and ", train.size(), " to train on: expected some of both");
  source.val = subset(all, val);
  source.train = subset(all, train);
  return source;
}

}  // namespace octet
