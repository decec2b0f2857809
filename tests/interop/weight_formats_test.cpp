// safetensors, zip and npy: what is read, and each way in which a file can be wrong.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "interop/arrays/npy.h"
#include "interop/weights/formats/safetensors.h"
#include "interop/weights/read_weights.h"
#include "tests/interop/weight_files.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::test;

namespace {

#define CHECK_SAYS(message, part)                \
  do {                                           \
    const std::string said = (message);          \
    CAPTURE(said);                               \
    CHECK(said.find(part) != std::string::npos); \
    CHECK(said.find('\n') == std::string::npos); \
  } while (false)

std::vector<float> floats_of(const StoredTensor& t) {
  std::vector<float> out(static_cast<std::size_t>(t.numel()));
  AxisView view;
  view.extents[3] = t.numel();
  view.steps[3] = 1;
  copy_floats(t, view, "x", out);
  return out;
}

/// A tensor's entry of a header.
std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  int begin, int end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

WeightFile written(const std::string& name, const std::string& bytes) {
  const TempDir dir;
  write_file(dir / name, {bytes.begin(), bytes.end()});
  return read_weights(dir / name);
}

std::string refusal_of_file(const std::string& bytes) {
  return refusal([&] { written("weights", bytes); });
}

}  // namespace

TEST_CASE("safetensors: names, shapes, formats; unknown keys, odd lengths, empty tensors") {
  const std::string data = raw<float>({1, -2.5f}) + raw<std::uint16_t>({0x3c00, 0x0001, 0xfbff}) +
                           raw<std::uint16_t>({0x3f80}) + raw<double>({0.1}) +
                           raw<std::int64_t>({7});
  const std::string header =
      "{" + entry("a", "F32", "[2,1]", 0, 8) + "," + entry("empty", "F32", "[3,0]", 8, 8) + "," +
      entry("h", "F16", "[3]", 8, 14) + "," + entry("b", "BF16", "[]", 14, 16) + "," +
      entry("d", "F64", "[1]", 16, 24) + "," + entry("n", "I64", "[]", 24, 32) +
      R"(,"__metadata__":{"format":"pt"}})";
  for (const std::string pad : {"", " "}) {
    const std::string file = safetensors(header + pad, data);
    const std::vector<StoredTensor> t = parse_safetensors(bytes_of(file), "f");
    REQUIRE(t.size() == 6);
    CHECK(t[0].name == "a");
    CHECK(t[0].shape == std::vector<std::int64_t>{2, 1});
    CHECK(floats_of(t[0]) == std::vector<float>{1, -2.5f});
    CHECK(t[1].name == "empty");
    CHECK(floats_of(t[2]) == std::vector<float>{1, 0x1p-24f, -65504});
    CHECK(floats_of(t[3]) == std::vector<float>{1});
    CHECK(floats_of(t[4]) == std::vector<float>{0.1f});
    CHECK(t[5].format == NumberFormat::other);
    CHECK_SAYS(refusal([&] { floats_of(t[5]); }),
               "x: expected floats of 16, 32 or 64 bits, got I64");
  }
  CHECK(parse_safetensors(bytes_of(safetensors("{}", "")), "f").empty());
}

TEST_CASE("floats of 16 bits are those that IEEE 754 says") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    StoredTensor t;
    t.shape = {1};
    t.format = NumberFormat::f16;
    const std::string data = raw<std::uint16_t>({static_cast<std::uint16_t>(bits)});
    t.data = bytes_of(data);
    const std::uint32_t exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    if (exponent == 31) {
      CHECK_SAYS(refusal([&] { floats_of(t); }), "x: number 0: expected a finite float, got ");
      continue;
    }
    const double magnitude = exponent == 0
                                 ? std::ldexp(mantissa, -24)
                                 : std::ldexp(1024 + mantissa, static_cast<int>(exponent) - 25);
    const float expected = static_cast<float>((bits & 0x8000) ? -magnitude : magnitude);
    const float got = floats_of(t)[0];
    if (got != expected || std::signbit(got) != std::signbit(expected)) FAIL(bits);
  }
}

TEST_CASE("doubles are rounded to the nearest float; what floats do not reach is refused") {
  StoredTensor t;
  t.shape = {1};
  t.format = NumberFormat::f64;
  const auto converted = [&](double v) {
    const std::string data = raw<double>({v});
    t.data = bytes_of(data);
    return floats_of(t)[0];
  };
  CHECK(converted(1 + 0x1p-24) == 1.0f);  // a tie
  CHECK(converted(1 + 0x1.8p-23) == 1 + 0x1p-22f);
  CHECK(converted(1e-60) == 0.0f);
  CHECK_SAYS(refusal([&] { converted(1e39); }), "x: number 0: expected a finite float, got inf");
  CHECK_SAYS(refusal([&] { converted(std::numeric_limits<double>::quiet_NaN()); }), "nan");
}

TEST_CASE("safetensors: what is wrong is named") {
  const std::string data(16, 'x');
  const std::string good = entry("a", "F32", "[2]", 0, 8);
  struct Row {
    std::string file, message;
  };
  const auto of = [&](const std::string& entries) {
    return safetensors("{" + entries + "}", data);
  };
  const std::string second = entry("b", "F32", "[2]", 8, 16);
  const Row rows[] = {
      {"", "not a safetensors file"},
      {of(good + "," + second).substr(0, 8), "not a safetensors file"},
      {safetensors("{}", "", 3), "header: expected at most 2 bytes, got 3"},
      {safetensors("{}", "", std::numeric_limits<std::int64_t>::max()), "header: expected at most"},
      {safetensors("{" + good, data), "header: not JSON"},
      {safetensors("{\"a\": \"\xff\"}", data), "header: not JSON"},
      {of(good + "," + good), "header: 'a' stands there twice"},
      {of(R"("a":{"dtype":"F32","dtype":"F32"})"), "header: 'dtype' stands there twice"},
      {of("\"a\":" + std::string(40, '[') + std::string(40, ']')), "in each other"},
      {of(R"("a":3)"), "tensor a: expected an object"},
      {of(R"("a":{"shape":[2],"data_offsets":[0,8]})"), "tensor a: expected a text 'dtype'"},
      {of(entry("a", "F33", "[2]", 0, 8)), "tensor a: unknown dtype 'F33'"},
      {of(R"("a":{"dtype":"F32","data_offsets":[0,8]})"), "tensor a: expected a list 'shape'"},
      {of(entry("a", "F32", "[-2]", 0, 8)), "tensor a: shape: expected a whole number, got -2"},
      {of(entry("a", "F32", "[2.0]", 0, 8)), "tensor a: shape: expected a whole number, got 2.0"},
      {of(entry("a", "F32", "[\"2\"]", 0, 8)), "tensor a: shape: expected a whole number"},
      {of(entry("a", "F32", "[4294967296,4294967296]", 0, 8)), "expected less than 2^60 bits"},
      {of(entry("a", "F32", "[18446744073709551615]", 0, 8)), "shape: expected a whole number"},
      {of(entry("a", "F32", "[4611686018427387904,0,8]", 0, 8)), "expected less than 2^60 bits"},
      {of(entry("a", "F4", "[3]", 0, 2)), "tensor a: expected a whole number of bytes"},
      {of(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0]})"), "expected 2 numbers, got 1"},
      {of(entry("a", "F32", "[2]", 8, 0)), "a part of the file's 16 bytes of data, got 8 to 0"},
      {of(entry("a", "F32", "[2]", 16, 24)), "a part of the file's 16 bytes of data, got 16 to 24"},
      {of(entry("a", "F32", "[2]", 0, 4)), "tensor a: expected 8 bytes for F32 [2], got 4"},
      {of(good + "," + entry("b", "F32", "[2]", 4, 12)),
       "tensor b: data_offsets: expected the beginning 8, behind the tensor before, got 4"},
      {of(good + "," + entry("b", "F32", "[1]", 12, 16)), "expected the beginning 8"},
      {of(good + "," + entry("b", "F32", "[2]", 0, 8)), "expected the beginning 8"},
      {of(good + "," + second + "," + entry("e", "F32", "[0]", 4, 4)), "tensor e: data_offsets"},
      {of(good), "8 bytes behind the last tensor"},
      {of(good + "," + second + R"(,"__metadata__":{"a":1})"),
       "__metadata__: expected an object of texts"},
  };
  CHECK(parse_safetensors(bytes_of(of(good + "," + second)), "f").size() == 2);
  for (const Row& row : rows) {
    CAPTURE(row.file.substr(0, 120));
    CHECK_SAYS(refusal([&] { parse_safetensors(bytes_of(row.file), "f"); }), row.message);
  }
  const std::string whole = of(good + "," + second);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CHECK_SAYS(refusal([&] { parse_safetensors(bytes_of(whole.substr(0, n)), "f"); }), "f: ");
  }
}

TEST_CASE("npz: stored, deflated and with long lengths; either order of axes") {
  const std::string data = raw<float>({1, 2, 3, 4, 5, 6});
  const WeightFile f = written(
      "x.zip", zip({{.name = "a/kernel.npy", .data = npy(npy_header("(2, 3)"), data)},
                    {.name = "b.npy",
                     .data = npy(npy_header("(2, 3)", "<f4", true), data, 2),
                     .packed = true},
                    {.name = "c.npy",
                     .data = npy(npy_header("()", "<f8"), raw<double>({2})),
                     .packed = true,
                     .zip64 = true},
                    {.name = "n.npy", .data = npy(npy_header("(3,)", "<i8"), std::string(24, 'x'))},
                    {.name = "e.npy", .data = npy(npy_header("(0, 5)", "<f2"), "", 3)}}));
  CHECK(f.kind == "npz");
  REQUIRE(f.tensors.size() == 5);
  CHECK(f.tensors[0].name == "a/kernel");
  CHECK(f.tensors[0].strides() == std::vector<std::int64_t>{3, 1});
  CHECK(f.tensors[1].strides() == std::vector<std::int64_t>{1, 2});
  CHECK(floats_of(f.tensors[1]) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(floats_of(f.tensors[2]) == std::vector<float>{2});
  CHECK(f.tensors[3].format == NumberFormat::other);
  CHECK(f.tensors[4].numel() == 0);
}

TEST_CASE("npy: a header that lies is named") {
  const std::string data = raw<float>({1, 2});
  struct Row {
    std::string file, message;
  };
  const auto of = [&](const std::string& header) { return npy(header, data); };
  const Row rows[] = {
      {"", "not a .npy file"},
      {of(npy_header("(2,)")).substr(0, 9), "not a .npy file"},
      {npy(npy_header("(2,)"), data, 4), "expected NumPy's format 1.0, 2.0 or 3.0, got 4.0"},
      {of(npy_header("(2,)")).substr(0, 30), "header: expected at most 20 bytes, got"},
      {of("3"), "header: expected '{', got '3'"},
      {of("{'shape': (2,)}"), "header: expected descr, fortran_order and shape"},
      {of("{'descr': '<f4', 'descr': '<f4'}"), "header: 'descr' stands there twice"},
      {of("{'x': 1}"), "header: unknown key 'x'"},
      {of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"),
       "header: expected a text in quotes"},
      {of("{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}"), "expected True or False, got '1"},
      {of(npy_header("(2)")), "header: expected a ',' behind one extent, got ')"},
      {of(npy_header("(-2,)")), "header: expected an extent, got '-2,)"},
      {of(npy_header("(2L,)")), "header: expected a ',' behind one extent, got 'L"},
      {of(npy_header("(99999999999999999999,)")), "header: expected an extent"},
      {of(npy_header("(4294967296, 4294967296)")), "expected less than 2^60 bits"},
      {of(npy_header("(2,)") + "x"), "header: expected its end, got 'x'"},
      {of(npy_header("(3,)")), "expected 12 bytes for <f4 [3], got 8"},
      {of(npy_header("(1,)")), "expected 4 bytes for <f4 [1], got 8"},
      {of(npy_header("(2,)", ">f4")), "descr: expected little-endian numbers"},
      {of(npy_header("(1,)", "|O")), "Python objects"},
      {of(npy_header("(1,)", "f4")), "descr: expected a type like '<f4', got 'f4'"},
      {of(npy_header("(1,)", "<f")), "descr: expected a type like '<f4', got '<f'"},
      {of(npy_header("(1,)", "<f999999999999")), "descr: expected a type like '<f4'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.file.substr(0, 120));
    CHECK_SAYS(refusal([&] { parse_npy(bytes_of(row.file), "f"); }), row.message);
  }
}

TEST_CASE("zip: an archive that lies is named") {
  const std::string array = npy(npy_header("(2,)"), raw<float>({1, 2}));
  const ZipPart a{.name = "a.npy", .data = array}, b{.name = "b.npy", .data = array};
  const auto with = [](ZipPart part, auto change) {
    change(part);
    return part;
  };
  const ZipPart packed = with(a, [](ZipPart& p) { p.packed = true; });
  const std::string whole = zip({a, b});
  REQUIRE(written("x", whole).tensors.size() == 2);
  struct Row {
    std::string file, message;
  };
  std::string torn = zip({packed});
  for (std::size_t i = 40; i < 60; ++i) torn[i] = 'x';
  const Row rows[] = {
      {whole.substr(0, whole.size() - 1), "the end of the zip archive's directory is missing"},
      {zip({a, b}, 3), "directory: expected 3 entries, got 102 bytes"},
      {zip({a, b}, 1), "directory: expected "},
      {zip({a, b}, 60000), "directory: expected 60000 entries"},
      {zip({a, b}, -1, 1 << 20), "directory: expected "},
      {zip({a, a}), "a.npy is there twice"},
      {zip({a, with(b, [](ZipPart& p) { p.begin = 0; })}), "b.npy: its two headers disagree"},
      {zip({a, with(b, [](ZipPart& p) { p.begin = 1 << 20; })}), "b.npy: expected 30 bytes from"},
      {zip({a, with(b, [](ZipPart& p) { p.begin = 4; })}), "b.npy: nothing of it at byte 4"},
      {zip({with(a, [](ZipPart& p) { p.local_name = "c.npy"; })}), "its two headers disagree"},
      {zip({with(a, [](ZipPart& p) { p.packed_size = p.size = 1000000; })}),
       "a.npy: expected 1000000 bytes from"},
      {zip({with(a, [](ZipPart& p) { p.packed_size = p.size = 200; }), b}),
       "a.npy and b.npy overlap"},
      {zip({with(a, [](ZipPart& p) { p.size = 5; })}), "cannot be 5 bytes unpacked"},
      {zip({with(packed, [](ZipPart& p) { p.size = 1 << 30; })}), "cannot be 1073741824 bytes"},
      {zip({with(packed,
                 [](ZipPart& p) { p.size += 2 + static_cast<std::int64_t>(p.data.size()); })}),
       "a.npy: expected "},
      {zip({with(packed, [](ZipPart& p) { p.size = 10; })}), "a.npy: expected 10 bytes unpacked"},
      {zip({with(a, [](ZipPart& p) { p.crc = 1; })}), "a.npy: the checksum of its bytes"},
      {zip({with(a, [](ZipPart& p) { p.method = 12; })}), "got packing 12"},
      {zip({with(a, [](ZipPart& p) { p.flags = 1; })}), "a.npy: encrypted"},
      {torn, "a.npy: expected "},
      {zip({{.name = "a.txt", .data = "x"}}), "a.txt: expected arrays only, NAME.npy"},
      {zip({{.name = "a.npy", .data = "x"}}), "a.npy: not a .npy file"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK_SAYS(refusal_of_file(row.file), row.message);
  }
  for (std::size_t n = 4; n < whole.size(); ++n) {
    CHECK(refusal_of_file(whole.substr(0, n)) != "nothing was thrown");
  }
}

TEST_CASE("what a file is follows from its contents; pickles are refused with the way out") {
  CHECK(written("x.npz", safetensors("{}", "")).kind == "safetensors");
  CHECK(written("x.safetensors", zip({})).kind == "npz");
  // A header's length that looks like a pickle's beginning.
  const std::string padded = "{}" + std::string(0x10380 - 2, ' ');
  CHECK(written("x.pt", safetensors(padded, "")).kind == "safetensors");
  const std::string lines = "/weights', map_location='cpu', weights_only=True), 'x.safetensors')";
  CHECK_SAYS(refusal_of_file(zip({{.name = "archive/data.pkl", .data = "x"}})), lines);
  CHECK_SAYS(refusal_of_file("\x80\x02\x8a\nl\xfc\x9c"), lines);
  CHECK_SAYS(refusal_of_file(npy(npy_header("(0,)"), "")), "numpy.savez");
  CHECK_SAYS(refusal_of_file("octet checkpoint\nversion 1"), "'checkpoint' instead of 'import'");
  CHECK_SAYS(refusal_of_file(zip({{.name = "model.weights.h5", .data = "x"}})),
             "model.weights.h5: expected an HDF5 file");
  CHECK_SAYS(refusal_of_file("\x89HDF\r\n\x1a\n"), "weights: ");
  CHECK_SAYS(refusal_of_file(""), "expected weights as safetensors");
  CHECK_SAYS(refusal_of_file("hello"), "expected weights as safetensors");
  CHECK_SAYS(refusal([] { read_weights("/nowhere"); }), "/nowhere");
}
