#include "data/hold_out.h"

#include <doctest/doctest.h>

#include <set>

#include "data/dataset_report.h"
#include "tests/support.h"

using namespace octet;

namespace {

/// `counts` samples of each class, in turns; a pixel is the sample's number.
DataSource numbered(std::vector<int> counts) {
  std::vector<std::int64_t> labels;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      if (counts[k]-- <= 0) continue;
      labels.push_back(static_cast<std::int64_t>(k));
      more = true;
    }
  }
  const auto n = static_cast<std::int64_t>(labels.size());
  Tensor images = Tensor::empty({n, 1, 1, 1}, ElementType::u8);
  for (std::int64_t i = 0; i < n; ++i)
    images.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
  const Dataset d = make_dataset(images, labels, {}, "numbered");
  return {d, d};
}

std::vector<int> numbers(const Dataset& d) {
  const auto pixels = d.images.span<std::uint8_t>();
  return {pixels.begin(), pixels.end()};
}

}  // namespace

TEST_CASE("a validation split has the same share of every class") {
  const DataSource whole = numbered({100, 40, 7});
  const DataSource s = hold_out(whole, 0.1);
  CHECK(class_counts(s.val) == std::vector<std::int64_t>{10, 4, 1});
  CHECK(class_counts(s.train) == std::vector<std::int64_t>{90, 36, 6});
  CHECK(s.val.classes == 3);
  // Each sample is in one part, in the order it had.
  const std::vector<int> train = numbers(s.train), val = numbers(s.val);
  CHECK(std::is_sorted(train.begin(), train.end()));
  CHECK(std::is_sorted(val.begin(), val.end()));
  std::set<int> all(train.begin(), train.end());
  all.insert(val.begin(), val.end());
  CHECK(all.size() == 147);
  CHECK(s.test.size() == whole.test.size());
  // Not simply the first or the last ones.
  CHECK(val.front() != 0);
  CHECK(val.back() - val.front() > 70);
}

TEST_CASE("what is held out depends on the data alone, and grows with the fraction") {
  const DataSource whole = numbered({50, 50});
  const std::vector<int> a = numbers(hold_out(whole, 0.2).val);
  CHECK(a == numbers(hold_out(whole, 0.2).val));
  const std::vector<int> more = numbers(hold_out(whole, 0.4).val);
  CHECK(std::includes(more.begin(), more.end(), a.begin(), a.end()));
}

TEST_CASE("a validation split that cannot be is refused") {
  CHECK_THROWS_WITH_AS(hold_out(numbered({3, 3}), 0.05),
                       doctest::Contains("leaves 0 of them for validation and 6 to train on"),
                       Error);
  CHECK_THROWS_WITH_AS(hold_out(numbered({2}), 0.9), doctest::Contains("and 0 to train on"), Error);
  CHECK_THROWS_WITH_AS(hold_out(numbered({9}), 1.5), doctest::Contains("below 1, got 1.5"), Error);
  DataSource both = hold_out(numbered({20}), 0.5);
  CHECK_THROWS_WITH_AS(hold_out(both, 0.5), doctest::Contains("has a validation split already"),
                       Error);
}
