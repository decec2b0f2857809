// CSV files as data sets: what is read, and the message for what is not.
#include <doctest/doctest.h>

#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;

namespace {

Dataset parse(const std::string& text, const DataOptions& options = {}) {
  return parse_csv(std::as_bytes(std::span(text)), "f.csv", options);
}

std::string refused(const std::string& text, const DataOptions& options = {}) {
  return error_of([&] { parse(text, options); });
}

std::vector<real> numbers(const Tensor& t) {
  return {t.span<real>().begin(), t.span<real>().end()};
}

std::vector<std::int32_t> labels(const Dataset& d) {
  return {d.labels.span<std::int32_t>().begin(), d.labels.span<std::int32_t>().end()};
}

}  // namespace

TEST_CASE("csv: a header or none, text or numbers for classes") {
  const Dataset d = parse("a,b,label\n1,2.5,dog\n-3e2,+4,cat\n0,0,dog\n");
  CHECK(d.images.shape() == Shape{3, 1, 1, 2});
  CHECK(numbers(d.images) == std::vector<real>{1, 2.5, -300, 4, 0, 0});
  CHECK(d.class_names == std::vector<std::string>{"cat", "dog"});
  CHECK(labels(d) == std::vector<std::int32_t>{1, 0, 1});
  const Dataset e = parse("1,2,0\n3,4,2\n");  // no header: all are numbers
  CHECK(labels(e) == std::vector<std::int32_t>{0, 2});
  CHECK(e.classes == 3);
  CHECK(e.target() == TargetKind::classes);
}

TEST_CASE("csv: separators, quotes, byte order mark, line ends, empty lines") {
  const Dataset d = parse("\xef\xbb\xbf\"x, y\"; z ;l\r\n\r\n 1 ;\"2\" ;\"a;\"\"b\nc\"\r\n3;4;d");
  CHECK(numbers(d.images) == std::vector<real>{1, 2, 3, 4});
  CHECK(d.class_names == std::vector<std::string>{"a;\"b\nc", "d"});
  CHECK(numbers(parse("1\t2\n3\t0\n").images) == std::vector<real>{1, 3});
}

TEST_CASE("csv: target columns first, by name, several") {
  CHECK(labels(parse("5,1\n7,2\n", {.target_columns = {"first"}})) ==
        std::vector<std::int32_t>{5, 7});
  const std::string text = "y,x,z\n1,2,0.5\n4,5,6\n";
  CHECK(labels(parse(text, {.target_columns = {"y"}})) == std::vector<std::int32_t>{1, 4});
  const Dataset d = parse(text, {.target_columns = {"z", "y"}});
  CHECK(d.target() == TargetKind::values);
  CHECK(d.classes == 0);
  CHECK(d.labels.shape() == Shape{2, 2});
  CHECK(numbers(d.labels) == std::vector<real>{0.5, 1, 6, 4});  // as they are named
  CHECK(refused(text, {.target_columns = {"q"}}) ==
        "f.csv:1: expected a column named 'q', the first line has y, x, z");
}

TEST_CASE("csv: what is no class is a value, unless it is said") {
  CHECK(numbers(parse("1,0.5\n2,-3\n").labels) == std::vector<real>{0.5, -3});
  CHECK(parse("1,0.5\n2,-3\n").target() == TargetKind::values);
  CHECK(numbers(parse("1,7\n2,3\n", {.targets = TargetChoice::values}).labels) ==
        std::vector<real>{7, 3});
  CHECK(refused("1,0.5\n2,3\n", {.targets = TargetChoice::classes}) ==
        "f.csv: label of sample 0: expected a class, a whole number from 0 on, got 0.5");
  // A number among text that is no class is not taken for one of the names.
  CHECK(refused("1,0.5\n2,n/a\n") == "f.csv: target of sample 1: expected a number, got 'n/a'");
}

TEST_CASE("csv: given names are the classes in their order") {
  const DataOptions o{.class_names = {"b", "a"}};
  CHECK(labels(parse("1,a\n2,b\n", o)) == std::vector<std::int32_t>{1, 0});
  CHECK(refused("1,a\n2,c\n", o) == "f.csv: the class 'c' is not one of those that are known");
}

TEST_CASE("csv: samples as pictures") {
  const Dataset d = parse("0,1,2,3,4,5,1\n", {.input = {.h = 3, .w = 2}});
  CHECK(d.image_shape() == Shape{3, 2, 1});
  CHECK(
      refused("0,1,2,1\n", {.input = {.h = 2, .w = 2}}).find("3 numbers a sample are not 2 x 2") !=
      std::string::npos);
}

TEST_CASE("csv: every mistake has its message") {
  CHECK(refused("") == "f.csv: expected lines of numbers, got none");
  CHECK(refused("\n\n") == "f.csv: expected lines of numbers, got none");
  CHECK(refused("a,b\n") == "f.csv: expected lines of numbers behind the header, got none");
  CHECK(refused("1\n2\n") == "f.csv:1: expected columns beside the targets, got 1 column in all");
  CHECK(refused("1,2\n1,2,3\n") == "f.csv:2: expected 2 fields as in the first line, got 3");
  CHECK(refused("1,2\nx,3\n") == "f.csv:2: column 1: expected a finite number, got 'x'");
  CHECK(refused("1,2\n,3\n") == "f.csv:2: column 1: expected a finite number, got nothing");
  CHECK(refused("1,2\nnan,3\n") == "f.csv:2: column 1: expected a finite number, got 'nan'");
  CHECK(refused("1e39,2\n").find("column 1: expected a finite number") != std::string::npos);
  CHECK(refused("1,\"a\n2,3\n") == "f.csv:1: a quoted field does not end");
  CHECK(refused("1,\"a\"b\n") == "f.csv:1: expected a separator behind a quoted field");
}

TEST_CASE("csv: damaged files give an error or data") {
  const TempDir dir;
  const std::string text = "a,b,label\n1,2.5,\"cat\"\n-3e2,4,dog\n5,6,cat\n";
  const Sweep sweep =
      damage(dir / "x.csv", {text.begin(), text.end()}, 1, 50, static_cast<int>(text.size()),
             [&] { read_csv(dir / "x.csv").validate(); });
  CHECK(sweep.errors > 50);
  CHECK(sweep.valid > 50);
}
