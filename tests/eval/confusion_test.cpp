#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/text_table.h"
#include "eval/confusion_text.h"

using namespace octet;

namespace {

/// Of 3 classes: 4 of class 0 (3 right, one taken for 2), 2 of class 1 (one taken for 0), none of
/// class 2.
ConfusionMatrix small_matrix() {
  ConfusionMatrix m(3);
  for (int i = 0; i < 3; ++i) m.add(0, 0);
  m.add(0, 2);
  m.add(1, 1);
  m.add(1, 0);
  return m;
}

}  // namespace

TEST_CASE("precision, recall, F1 and support are those by hand") {
  const ConfusionMatrix m = small_matrix();
  CHECK(m.total() == 6);
  CHECK(m.correct() == 4);
  CHECK(m.accuracy() == doctest::Approx(4.0 / 6));
  CHECK(m.count(0, 2) == 1);
  CHECK(m.count(2, 0) == 0);
  const auto zero = m.of_class(0), one = m.of_class(1), two = m.of_class(2);
  CHECK(zero.support == 4);
  CHECK(zero.predicted == 4);
  CHECK(zero.precision == doctest::Approx(3.0 / 4));
  CHECK(zero.recall == doctest::Approx(3.0 / 4));
  CHECK(zero.f1 == doctest::Approx(3.0 / 4));
  CHECK(one.precision == 1);
  CHECK(one.recall == doctest::Approx(0.5));
  CHECK(one.f1 == doctest::Approx(2.0 / 3));
  CHECK(two.support == 0);
  CHECK(two.predicted == 1);
  CHECK(two.precision == 0);
  CHECK(two.recall == 0);  // of none
  CHECK(two.f1 == 0);
}

TEST_CASE("logits count as their largest value, the first of equals; labels below 0 do not") {
  ConfusionMatrix m(3);
  const std::vector<real> logits{0, 1,  1,  //
                                 5, -1, 2,  //
                                 0, 0,  9,  //
                                 1, 2,  3};
  const std::vector<std::int32_t> labels{2, 0, 2, -1};
  m.add(Tensor::from<real>({4, 3}, logits), Tensor::from<std::int32_t>({4}, labels));
  CHECK(m.total() == 3);
  CHECK(m.count(2, 1) == 1);
  CHECK(m.count(0, 0) == 1);
  CHECK(m.count(2, 2) == 1);
  // The same as masks.
  ConfusionMatrix pixels(3);
  pixels.add(Tensor::from<real>({1, 2, 2, 3}, logits),
             Tensor::from<std::int32_t>({1, 2, 2}, labels));
  CHECK(pixels.count(2, 1) == 1);
  CHECK(pixels.correct() == 2);

  CHECK_THROWS_WITH_AS(m.add(0, 3), doctest::Contains("classes 0 to 2"), Error);
  CHECK_THROWS_WITH_AS(m.add(Tensor::zeros({2, 4}), Tensor::zeros({2}, ElementType::i32)),
                       doctest::Contains("logits [..., 3] for each, got i32 [2] and [2, 4]"),
                       Error);
  CHECK_THROWS_AS(ConfusionMatrix(0), Error);
}

TEST_CASE("mean IoU is the mean over the classes that there are") {
  const ConfusionMatrix m = small_matrix();
  // class 0: 3 / (4 + 4 - 3), class 1: 1 / (2 + 1 - 1), class 2: 0 / 1
  CHECK(mean_iou(m) == doctest::Approx((3.0 / 5 + 1.0 / 2 + 0) / 3));
  ConfusionMatrix without(4);
  for (int i = 0; i < 3; ++i) without.add(0, 0);
  without.add(1, 0);
  CHECK(mean_iou(without) == doctest::Approx((3.0 / 4 + 0) / 2));
  CHECK(mean_iou(ConfusionMatrix(2)) == 0);
}

TEST_CASE("the most frequent confusions come first") {
  ConfusionMatrix m(3);
  for (int i = 0; i < 4; ++i) m.add(2, 1);
  m.add(1, 0);
  m.add(0, 1);
  m.add(0, 0);
  const auto all = m.confusions(10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].truth == 2);
  CHECK(all[0].predicted == 1);
  CHECK(all[0].count == 4);
  CHECK(all[1].truth == 0);
  CHECK(m.confusions(1).size() == 1);
}

TEST_CASE("the matrix in text") {
  const std::vector<std::string> names{"cat", "dog\x1b[31m", "bird"};
  CHECK(confusion_text(small_matrix(), names) ==
        "true \\ predicted       cat  dog?[31m      bird\n"
        "cat                      3         .         1\n"
        "dog?[31m                 1         1         .\n"
        "bird                     .         .         .\n");
  CHECK(confusion_text(small_matrix(), {}) ==
        "true \\ predicted  0  1  2\n"
        "0                 3  .  1\n"
        "1                 1  1  .\n"
        "2                 .  .  .\n");
  CHECK(class_table(small_matrix(), names).find("dog?[31m      1.000   0.500  0.667        2\n") !=
        std::string::npos);
  CHECK_THROWS_WITH_AS(confusion_text(small_matrix(), std::vector<std::string>{"a"}),
                       doctest::Contains("expected 3 class names or none, got 1"), Error);
}

TEST_CASE("twelve classes with long names and large counts fit a terminal") {
  ConfusionMatrix m(12);
  std::vector<std::string> names;
  for (int k = 0; k < 12; ++k) {
    names.push_back("a rather long name of class " + std::to_string(k));
    for (int i = 0; i < 2000; ++i) m.add(k, (k + i / 1900) % 12);
  }
  for (const std::size_t width : {80U, 100U}) {
    std::istringstream lines(confusion_text(m, names, width));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      CHECK(text_width(line) <= width);
    }
    CHECK(count == 13);
  }
}

TEST_CASE("of many classes the text has the worst confusions") {
  ConfusionMatrix m(13);
  for (int i = 0; i < 3; ++i) m.add(11, 12);
  const std::string text = confusion_text(m, {});
  CHECK(text ==
        "true class  taken for  count  of\n"
        "        11         12      3   3\n");
}

TEST_CASE("the matrix in JSON") {
  const std::vector<std::string> names{"cat", "\"dog\"", "bird\xff"};
  const auto json = nlohmann::json::parse(confusion_json(small_matrix(), names));
  CHECK(json["classes"][1]["name"] == "\"dog\"");
  CHECK(json["classes"][2]["name"] == "bird?");
  CHECK(json["classes"][0]["support"] == 4);
  CHECK(json["classes"][1]["f1"].get<double>() == doctest::Approx(2.0 / 3));
  CHECK(json["matrix"] == nlohmann::json::parse("[[3,0,1],[1,1,0],[0,0,0]]"));
}
