// What is said of a data set before training.
#include <doctest/doctest.h>

#include "data/dataset_report.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

Dataset labelled(const std::vector<std::int64_t>& labels) {
  return make_dataset(
      random_dataset(static_cast<std::int64_t>(labels.size()), 1, 1, 1, 1, 1).images, labels, {},
      "d");
}

Dataset of_values() {
  return make_dataset(Tensor::from<real>({2, 1, 1, 2}, std::vector<real>{0, 1000, 2, 3000}),
                      Tensor::from<real>({2, 1}, std::vector<real>{1, 2}), {}, "v");
}

}  // namespace

TEST_CASE("report: one line of a data set") {
  CHECK(describe_dataset(random_dataset(1200, 3, 4, 2, 10, 1)) ==
        "1,200 pictures: 10 classes, 3x4x2");
  CHECK(describe_dataset(labelled({0})) == "1 picture: 1 class, 1x1x1");
  CHECK(describe_dataset(of_values()) == "2 samples: 1 value each, 1x1x2");
  const Dataset d = random_dataset(2, 1, 2, 1, 1, 1);
  CHECK(
      describe_dataset(make_dataset(
          d.images, Tensor::from<std::uint8_t>({2, 1, 2}, std::vector<std::uint8_t>{0, 2, 255, 1}),
          {}, "m")) == "2 pictures: masks of 3 classes, 1x2x1");
  CHECK(count_text(1234567, "class") == "1,234,567 classes");
  CHECK(count_text(999, "picture") == "999 pictures");
}

TEST_CASE("report: counts and balanced weights") {
  const Dataset d = labelled({0, 0, 0, 2, 0, 2});
  CHECK(class_counts(d) == std::vector<std::int64_t>{4, 0, 2});
  CHECK(balanced_class_weights(d) == std::vector<double>{6.0 / (2 * 4), 0, 6.0 / (2 * 2)});
  const Dataset p = random_dataset(1, 1, 4, 1, 1, 1);
  const Dataset masks = make_dataset(
      p.images, Tensor::from<std::int32_t>({1, 1, 4}, std::vector<std::int32_t>{1, 1, 255, 0}), {},
      "m");
  CHECK(class_counts(masks) == std::vector<std::int64_t>{1, 2});
  CHECK(class_counts(of_values()).empty());
  CHECK(error_of([] { balanced_class_weights(of_values()); }).find("expected classes in memory") !=
        std::string::npos);
}

TEST_CASE("report: a warning where inputs are far from what networks expect") {
  Dataset d = random_dataset(20, 8, 8, 1, 2, 1);
  CHECK(normalization_warning(d, {{128}, {128}}).empty());
  CHECK(normalization_warning(d, {{0}, {255}}).empty());
  CHECK(normalization_warning(d, {{0.5}, {0.5}}) ==
        "inputs are -1 to 509 after normalization, networks expect about -3 to 3: mean and std are "
        "in units of the pixels (0 to 255), or \"normalize\": \"auto\" measures them");
  CHECK(normalization_warning(d, {{0}, {65535}}).find("inputs are 0 to 0.00389") == 0);
  CHECK(normalization_warning(of_values(), {{1, 2000}, {1, 1000}}).empty());
  CHECK(normalization_warning(of_values(), {{0}, {1}}).find("units of the samples") !=
        std::string::npos);
}

TEST_CASE("report: measured normalization of real numbers fits") {
  const Dataset d = of_values();
  const Normalization n = measure_normalization(d);
  CHECK(n.mean == std::vector<double>{1, 2000});
  CHECK(n.std == std::vector<double>{1, 1000});
  CHECK(normalization_warning(d, n).empty());
  // A large mean loses nothing.
  const Dataset far =
      make_dataset(Tensor::from<real>({2, 1, 1, 1}, std::vector<real>{16777214, 16777216}),
                   Tensor::from<real>({2, 1}, std::vector<real>{1, 2}), {}, "v");
  CHECK(measure_normalization(far).std == std::vector<double>{1});
}

TEST_CASE("numbers that are hard to learn are named") {
  const auto warning = [](std::vector<real> values) {
    return targets_warning(
        make_dataset(Tensor::zeros({2, 1, 1, 1}), Tensor::from<real>({2, 2}, values), {}, "d"));
  };
  CHECK(warning({1, -2, 3, 30}) == "");
  CHECK(warning({1, 5, 1, 6}) == "");  // does not vary at all
  CHECK(warning({1, 100, 3, 5000}) ==
        "target 1 is 100 to 5e+03, networks learn numbers of about -3 to 3: divide it by a number "
        "that makes it so");
  CHECK(warning({1, 2, 1.001F, 3}).find("target 0 is 1 to 1") == 0);
}
