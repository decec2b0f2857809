// NumPy's arrays as data sets.
#include <doctest/doctest.h>

#include <cmath>

#include "data/readers.h"
#include "tests/data/files.h"
#include "tests/interop/weight_files.h"

using namespace octet;
using namespace octet::test;

namespace {

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_file(path, {text.begin(), text.end()});
}

struct Arrays {
  std::string x, y;
};

Dataset parse(const Arrays& a, const DataOptions& options = {}) {
  const std::string file =
      zip({{.name = "x.npy", .data = a.x, .packed = true}, {.name = "y.npy", .data = a.y}});
  return parse_npz(bytes_of(file), "f.npz", "", options);
}

std::string refused(const Arrays& a, const DataOptions& options = {}) {
  return error_of([&] { parse(a, options); });
}

const std::string two_classes = npy(npy_header("(2,)", "<i8"), raw<std::int64_t>({1, 0}));

std::vector<real> numbers(const Tensor& t) {
  return {t.span<real>().begin(), t.span<real>().end()};
}

}  // namespace

TEST_CASE("numpy: pixels stay pixels, other numbers become reals") {
  const Dataset pixels = parse({npy(npy_header("(2, 1, 3)", "|u1"), "abcdef"), two_classes});
  CHECK(pixels.images.shape() == Shape{2, 1, 3, 1});
  CHECK(pixels.images.data<std::uint8_t>()[5] == 'f');
  CHECK(pixels.labels.data<std::int32_t>()[0] == 1);
  const auto of = [&](const char* type, const std::string& data) {
    return numbers(parse({npy(npy_header("(2, 2)", type), data), two_classes}).images);
  };
  const std::vector<real> expected{1, 2, 3, 4};
  CHECK(of("<f4", raw<float>({1, 2, 3, 4})) == expected);
  CHECK(of("<f8", raw<double>({1, 2, 3, 4})) == expected);
  CHECK(of("<f2", raw<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400})) == expected);
  CHECK(of("<i2", raw<std::int16_t>({1, 2, 3, 4})) == expected);
  CHECK(of("<u8", raw<std::uint64_t>({1, 2, 3, 4})) == expected);
  CHECK(of("|i1", std::string("\1\2\3\4")) == expected);
}

TEST_CASE("numpy: arrays in Fortran's order are read by rows") {
  const Dataset d =
      parse({npy(npy_header("(2, 3)", "<f4", true), raw<float>({1, 4, 2, 5, 3, 6})), two_classes});
  CHECK(d.images.shape() == Shape{2, 1, 1, 3});
  CHECK(numbers(d.images) == std::vector<real>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("numpy: values, several values, masks") {
  const std::string x = npy(npy_header("(2, 1, 2, 1)", "|u1"), "abcd");
  Dataset d = parse({x, npy(npy_header("(2,)", "<f8"), raw<double>({0.5, 2}))});
  CHECK(d.target() == TargetKind::values);
  CHECK(d.labels.shape() == Shape{2, 1});
  d = parse({x, npy(npy_header("(2, 3)", "<i4"), raw<std::int32_t>({1, 2, 3, 4, 5, 6}))});
  CHECK(numbers(d.labels) == std::vector<real>{1, 2, 3, 4, 5, 6});
  d = parse({x, npy(npy_header("(2, 1, 2)", "<i4"), raw<std::int32_t>({0, 2, 255, 1}))});
  CHECK(d.target() == TargetKind::masks);
  CHECK(d.classes == 3);
  d = parse({x, two_classes}, {.targets = TargetChoice::values});
  CHECK(numbers(d.labels) == std::vector<real>{1, 0});
  d = parse({x, npy(npy_header("(2, 1)", "|b1"), std::string("\1\0", 2))});
  CHECK(d.target() == TargetKind::classes);
}

TEST_CASE("numpy: an archive or a folder with splits") {
  const TempDir dir;
  const std::string x = npy(npy_header("(2, 2)", "|u1"), "abcd");
  write_text(dir / "d.npz", zip({{.name = "x_train.npy", .data = x},
                                 {.name = "y_train.npy", .data = two_classes}}));
  CHECK(read_numpy(dir / "d.npz", "train").size() == 2);
  CHECK(numpy_has_split(dir / "d.npz", "train"));
  CHECK_FALSE(numpy_has_split(dir / "d.npz", "val"));
  CHECK(error_of([&] {
          read_numpy(dir / "d.npz", "test");
        }).find("d.npz: expected the array x_test, got none of that name") != std::string::npos);
  std::filesystem::create_directory(dir / "f");
  write_text(dir / "f" / "images_test.npy", x);
  write_text(dir / "f" / "labels_test.npy", two_classes);
  CHECK(read_numpy(dir / "f", "test").images.shape() == Shape{2, 1, 1, 2});
  write_text(dir / "g", "no archive");
  CHECK(error_of([&] { read_numpy(dir / "g"); }).find("expected an .npz file of NumPy") !=
        std::string::npos);
}

TEST_CASE("numpy: every mistake has its message") {
  const auto contains = [](const std::string& text, const char* part) {
    if (text.find(part) == std::string::npos) MESSAGE(text);
    return text.find(part) != std::string::npos;
  };
  const std::string x = npy(npy_header("(2, 2)", "<f4"), raw<float>({1, 2, 3, 4}));
  const std::string three = npy(npy_header("(3,)", "<i4"), raw<std::int32_t>({0, 1, 2}));
  CHECK(contains(refused({x, three}), "y.npy: expected 2 (the samples of f.npz: x.npy), got 3"));
  CHECK(contains(refused({npy(npy_header("(2,)", "<f4"), raw<float>({1, 2})), two_classes}),
                 "x.npy: dimensions: expected 2 to 4, got 1"));
  CHECK(contains(refused({npy(npy_header("(2, 0)", "<f4"), ""), two_classes}),
                 "expected extents >= 1, got [2, 0]"));
  CHECK(contains(refused({npy(npy_header("(2, 1)", "<U1"), std::string(8, 'a')), two_classes}),
                 "expected numbers, got '<U1'"));
  CHECK(contains(refused({x, npy(npy_header("(2,)", "<i8"), raw<std::int64_t>({0, 1LL << 40}))}),
                 "number 1: expected one of 32 bits, got 1099511627776"));
  CHECK(contains(refused({x, npy(npy_header("(2,)", "<i4"), raw<std::int32_t>({0, -1}))}),
                 "label of sample 1: expected 0 to"));
  CHECK(contains(refused({npy(npy_header("(2, 1)", "<f4"), raw<float>({1, NAN})), two_classes}),
                 "numbers of sample 1: expected finite numbers, got nan"));
  CHECK(contains(refused({x, npy(npy_header("(2,)", "<f8"), raw<double>({1e300, 0}))}),
                 "values of sample 0: expected finite numbers"));
  CHECK(contains(refused({x, npy(npy_header("(2, 1, 1)", "<f4"), raw<float>({1, 0}))}),
                 "masks: expected integers, got floats"));
  CHECK(contains(refused({x, two_classes}, {.class_names = {"a"}}), "label of sample 0"));
}

TEST_CASE("numpy: damaged archives give an error or data") {
  const TempDir dir;
  const std::string x = npy(npy_header("(2, 2)", "<f4"), raw<float>({1, 2, 3, 4}));
  const std::string file =
      zip({{.name = "x.npy", .data = x, .packed = true}, {.name = "y.npy", .data = two_classes}});
  const Sweep sweep = damage(dir / "x.npz", {file.begin(), file.end()}, 7, 20, 0,
                             [&] { read_numpy(dir / "x.npz").validate(); });
  CHECK(sweep.errors > 1000);
}
