// octet run MODEL PICTURE... and octet eval from outside.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/image.h"
#include "data/readers.h"
#include "data/source.h"
#include "interop/tflite/model_metadata.h"
#include "interop/tflite/writer.h"
#include "interop/zip/zip.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using nlohmann::json;
using octet::Image;
using octet::ModelMetadata;
using octet::test::GraphBuilder;

struct Result {
  int code = -1;
  std::string out, err;
};

/// The mean of each channel: red, green or blue, whichever there is most of.
int8::Graph color_graph(bool softmax = false) {
  GraphBuilder b;
  const int x = b.value("x", {1, 4, 6, 3}, 1.0f / 255, -128);
  const int y = b.value("y", {1, 3}, 1.0f / 255, -128);
  b.node(int8::OpCode::mean, {x, b.ints("axes", {1, 2})}, {y}, int8::MeanAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  if (softmax) {
    const int p = b.value("p", {1, 3}, 1.0f / 256, -128);
    b.node(int8::OpCode::softmax, {y}, {p}, int8::SoftmaxAttributes{});
    b.graph.outputs = {p};
  }
  b.graph.rounding = int8::Rounding::single_rounding;
  return b.graph;
}

ModelMetadata color_metadata() {
  return octet::with_known({}, color_graph(), {{0}, {255}, {"red", "deep green", "blue"}});
}

Image filled(std::int64_t h, std::int64_t w, std::vector<std::uint8_t> pixel) {
  Image image{h, w, static_cast<int>(pixel.size()), {}};
  for (std::int64_t i = 0; i < h * w; ++i)
    image.pixels.insert(image.pixels.end(), pixel.begin(), pixel.end());
  return image;
}

/// A folder with a model and pictures.
struct Fixture {
  octet::test::TempDir dir;

  Fixture() {
    octet::write_tflite(color_graph(), dir / "m.tflite", {.metadata = color_metadata()});
    fs::create_directories(dir / "photos/more");
    octet::write_png(filled(4, 6, {255, 0, 0}), dir / "red.png");
    octet::write_png(filled(40, 30, {0, 255, 0}), dir / "photos/green.PNG");
    octet::write_png(filled(3, 9, {0, 0, 255}), dir / "photos/more/blue.png");
    write("photos/notes.txt", "not a picture");
  }
  void write(const std::string& name, const std::string& text) const {
    octet::test::write_file(dir / name, {text.begin(), text.end()});
  }
  /// Runs `octet` in the folder.
  Result octet(const std::vector<std::string>& words) const {
    std::string command = "cd '" + dir.path().string() + "' && '" OCTET_CLI "'";
    for (const std::string& w : words) command += " '" + w + "'";
    command += " >stdout 2>stderr";
    const int status = std::system(command.c_str());
    const auto text = [this](const char* name) {
      const std::vector<char> bytes = octet::test::read_file(dir / name);
      return std::string(bytes.begin(), bytes.end());
    };
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text("stdout"), text("stderr")};
  }
};

/// The pretrained network of digits, and the first test digits as PNG files in class folders.
struct DigitsFixture : Fixture {
  std::string model = (octet::test::source_dir() / "pretrained/digits_resnet8.tflite").string();
  std::string digits = (octet::test::source_dir() / "data/digits.h5").string();
  std::vector<std::string> about{"--mean", "128", "--std", "128"};

  std::vector<std::string> with_about(std::vector<std::string> words) const {
    words.insert(words.end(), about.begin(), about.end());
    return words;
  }
  void write_digits(const std::vector<std::string>& names, int count) const {
    const octet::Dataset test = octet::open_dataset("hdf5", digits, "test");
    for (int i = 0; i < count; ++i) {
      const auto label = static_cast<std::size_t>(test.labels.data<std::int32_t>()[i]);
      if (label >= names.size()) continue;
      const auto* from = test.images.data<std::uint8_t>() + i * 400;
      const fs::path folder = dir / "digits" / names[label];
      fs::create_directories(folder);
      octet::write_png({20, 20, 1, {from, from + 400}}, folder / (std::to_string(i) + ".png"));
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "run: pictures of any size, and folders of them, by name") {
  const Result r = octet({"run", "m.tflite", "red.png", "photos"});
  CHECK(r.err == "");
  CHECK(r.code == 0);
  // exp(1) / (exp(1) + 2)
  CHECK(r.out ==
        "red.png               red 0.58\n"
        "photos/green.PNG      deep green 0.58\n"
        "photos/more/blue.png  blue 0.58\n");
  CHECK(octet({"run", "m.tflite", "red.png", "--top", "2"}).out ==
        "red.png  red 0.58, deep green 0.21\n");
  const Result as_json = octet({"run", "m.tflite", "photos/green.PNG", "--json", "--top", "9"});
  CHECK(as_json.code == 0);
  const json j = json::parse(as_json.out);
  CHECK(j["model"] == "m.tflite");
  REQUIRE(j["pictures"].size() == 1);
  CHECK(j["pictures"][0]["file"] == "photos/green.PNG");
  REQUIRE(j["pictures"][0]["classes"].size() == 3);
  CHECK(j["pictures"][0]["classes"][0]["name"] == "deep green");
  CHECK(j["pictures"][0]["classes"][0]["class"] == 1);
  CHECK(j["pictures"][0]["classes"][0]["probability"].get<double>() ==
        doctest::Approx(std::exp(1.0) / (std::exp(1.0) + 2)));
}

TEST_CASE_FIXTURE(Fixture, "run: a model that ends in SOFTMAX gives probabilities already") {
  octet::write_tflite(color_graph(true), dir / "p.tflite", {.metadata = color_metadata()});
  const json j = json::parse(octet({"run", "p.tflite", "red.png", "--json"}).out);
  const double p = j["pictures"][0]["classes"][0]["probability"];
  CHECK(p * 256 == std::round(p * 256));
  CHECK(p == doctest::Approx(0.576).epsilon(0.01));
}

TEST_CASE_FIXTURE(Fixture, "run: the file may say how a picture comes to its size") {
  Image image = filled(8, 6, {255, 0, 0});
  for (std::size_t i = 2 * 6; i < 6 * 6; ++i) {
    image.pixels[3 * i] = 0;
    image.pixels[3 * i + 2] = 255;
  }
  octet::write_png(image, dir / "stripe.png");
  const auto said = [&](const std::string& entry) {
    int8::Graph graph = color_graph();
    if (!entry.empty()) graph.metadata["octet.picture"] = entry;
    octet::write_tflite(graph, dir / "said.tflite", {.metadata = color_metadata()});
    return octet({"run", "said.tflite", "stripe.png", "--top", "1"}).out;
  };
  // Resized as a whole it is half red; of 8 rows the middle four are blue.
  CHECK(said(R"({"h": 8, "w": 6, "resize": "bilinear", "keep_aspect": "no"})") ==
        "stripe.png  blue 0.58\n");
  // All of it, half as wide as the input, between black bars: a quarter each of red and blue.
  CHECK(said(R"({"h": 4, "w": 6, "resize": "area", "keep_aspect": "pad"})") ==
        "stripe.png  red 0.36\n");
  const std::string whole = said("");
  CHECK(whole.find("blue 0.58") == whole.npos);
  for (const char* other :
       {"{", "[]", R"({"h": 8, "w": 6, "resize": "magic", "keep_aspect": "no"})",
        R"({"h": 3, "w": 6, "resize": "area", "keep_aspect": "no"})",
        R"({"h": 99999, "w": 6, "resize": "area", "keep_aspect": "no"})"}) {
    CAPTURE(other);
    CHECK(said(other) == whole);
  }
}

TEST_CASE_FIXTURE(Fixture, "run: what the file does not say is asked for") {
  octet::write_tflite(color_graph(), dir / "bare.tflite");
  const Result r = octet({"run", "bare.tflite", "red.png"});
  CHECK(r.code == 1);
  CHECK(r.err.find("octet: bare.tflite: the file does not say how pixels become its input: "
                   "expected --mean and --std") == 0);
  const Result numbers = octet({"run", "bare.tflite", "red.png", "--mean", "0", "--std", "255"});
  CHECK(numbers.code == 0);
  CHECK(numbers.out == "red.png  0 0.58\n");
  CHECK(numbers.err ==
        "octet: note: bare.tflite does not name its classes: they are numbers here (--labels)\n");
  write("labels.txt", "rot\ngruen\nblau\n");
  CHECK(octet({"run", "bare.tflite", "--labels", "labels.txt", "--mean", "0,0,0", "--std", "255",
               "photos"})
            .out ==
        "photos/green.PNG      gruen 0.58\n"
        "photos/more/blue.png  blau 0.58\n");
  CHECK(octet({"run", "m.tflite", "red.png", "--mean", "1,2", "--std", "255"})
            .err.find("expected 1 value, or 1 for each of 3 channels, got 2") != std::string::npos);
  CHECK(octet({"export", "bare.tflite", "--to", "litert", "--io", "float32", "--labels",
               "labels.txt", "--mean", "0,0,0", "--std", "255", "--out", "named.tflite"})
            .code == 0);
  CHECK(octet({"run", "named.tflite", "red.png"}).out == "red.png  rot 0.58\n");
  ModelMetadata of_numbers = color_metadata();
  of_numbers.inputs[0].numbers = true;
  octet::write_tflite(color_graph(), dir / "rows.tflite", {.metadata = of_numbers});
  const Result rows = octet({"run", "rows.tflite", "red.png"});
  CHECK(rows.code == 1);
  CHECK(rows.err.find("octet: rows.tflite: its input is numbers, not pixels: expected --input") ==
        0);
  CHECK(octet({"run", "rows.tflite", "red.png", "--mean", "0", "--std", "255"}).out ==
        "red.png  red 0.58\n");
  // Of red nothing is left.
  const Result shifted =
      octet({"run", "m.tflite", "red.png", "--mean", "255,-50,0", "--std", "255"});
  CHECK(shifted.out.find("red.png  deep green") == 0);
}

TEST_CASE_FIXTURE(Fixture, "run: a picture that is none does not hold up the others") {
  write("broken.png", "text");
  fs::resize_file(dir / "photos/green.PNG", fs::file_size(dir / "photos/green.PNG") / 2);
  std::vector<char> png = octet::test::read_file(dir / "red.png");
  const auto put = [&](std::size_t at, std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) png[at++] = static_cast<char>(n >> shift);
  };
  put(16, 20000);  // the width, in the header that its checksum follows
  put(29, octet::crc32_of(std::as_bytes(std::span(png)).subspan(12, 17)));
  octet::test::write_file(dir / "wide.png", png);
  const Result wide = octet({"run", "m.tflite", "wide.png"});
  CHECK(wide.code == 1);
  CHECK(wide.err.find("octet: wide.png: ") == 0);
  CHECK(wide.err.find("expected at most 16384 pixels a side and 16777216 in all, got 20000 x 4") !=
        wide.err.npos);
  const Result r = octet({"run", "m.tflite", "broken.png", "photos", "no.png", "red.png"});
  CHECK(r.code == 1);
  CHECK(r.out ==
        "photos/more/blue.png  blue 0.58\n"
        "red.png               red 0.58\n");
  CHECK(r.err.find("octet: broken.png: expected a PNG or JPEG picture, got other first bytes\n") ==
        0);
  CHECK(r.err.find("octet: photos/green.PNG: ") != r.err.npos);
  CHECK(r.err.find("octet: no.png: expected a file, got nothing there\n") != r.err.npos);
  CHECK(r.err.find("octet: 3 of 5 pictures could not be read\n") != r.err.npos);
  const json j = json::parse(octet({"run", "m.tflite", "broken.png", "red.png", "--json"}).out);
  CHECK(j["pictures"][0]["error"].get<std::string>().find("broken.png: ") == 0);
  CHECK(j["pictures"][1]["classes"][0]["name"] == "red");
}

TEST_CASE_FIXTURE(Fixture, "run: errors say what was expected") {
  GraphBuilder masks;
  const int x = masks.value("x", {1, 4, 6, 3}, 0.5f, 0),
            y = masks.value("y", {1, 4, 6, 3}, 0.5f, 0);
  masks.node(int8::OpCode::add, {x, x}, {y}, int8::ElementwiseAttributes{});
  masks.graph.inputs = {x};
  masks.graph.outputs = {y};
  octet::write_tflite(masks.graph, dir / "masks.tflite",
                      {.metadata = octet::with_known({}, masks.graph, {{0}, {255}, {}})});
  const int8::Graph two = octet::test::small_graph();
  octet::write_tflite(two, dir / "two.tflite",
                      {.metadata = octet::with_known({}, two, {{0}, {255}, {}})});
  GraphBuilder rows_of;
  const int f = rows_of.value("f", {1, 3}, 0.5f, 0), g = rows_of.value("g", {1, 3}, 0.5f, 0);
  rows_of.node(int8::OpCode::add, {f, f}, {g}, int8::ElementwiseAttributes{});
  rows_of.graph.inputs = {f};
  rows_of.graph.outputs = {g};
  octet::write_tflite(rows_of.graph, dir / "row.tflite");
  fs::create_directory(dir / "empty");
  write("short.txt", "red\ngreen\n");
  struct Row {
    std::vector<std::string> words;
    std::string message;
  };
  const Row rows[] = {
      {{"run", "two.tflite", "red.png"},
       "the model's input has 2 channels: expected 1 or 3, those of a picture"},
      {{"run", "row.tflite", "red.png"},
       "row.tflite: input 'f': expected [1, height, width, channels] of quantized codes or "
       "float32, "
       "got [1, 3] of i8"},
      {{"run", "masks.tflite", "red.png"},
       "masks.tflite: is no classifier: output 'y': expected scores, [1, classes] of quantized "
       "codes or float32, got [1, 4, 6, 3] of i8"},
      {{"run", "m.tflite", "empty"}, "empty: no pictures there (.png, .jpg or .jpeg)"},
      {{"run", "m.tflite", "red.png", "--mean", "3"}, "--mean and --std: expected both or neither"},
      {{"run", "m.tflite", "red.png", "--mean", "3", "--std", "0"}, "expected values > 0"},
      {{"run", "m.tflite", "red.png", "--labels", "short.txt"},
       "--labels: short.txt: 2 names, expected 3, one for each class of m.tflite"},
      {{"run", "no.tflite", "red.png"}, "cannot read no.tflite"},
      {{"eval", "m.tflite", "nowhere"}, "nowhere"},
      {{"eval", "m.tflite", "photos"}, "photos"},
      {{"eval", "m.tflite", "photos", "--format", "png"}, "expected"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const Result r = octet(row.words);
    CHECK(r.code == 1);
    CHECK(r.out == "");
    CHECK_MESSAGE(r.err.find(row.message) != r.err.npos, r.err);
  }
  CHECK(octet({"run", "m.tflite", "red.png", "--input", "a", "--output", "b"}).code == 2);
  CHECK(octet({"run", "m.tflite", "--input", "a", "--output", "b", "--json"}).code == 2);
  CHECK(octet({"run", "m.tflite", "red.png", "--top", "0"}).code == 2);
  CHECK(octet({"eval", "m.tflite", "photos", "--fail-below", "90"}).code == 2);
  CHECK(octet({"eval", "m.tflite"}).code == 2);
}

TEST_CASE_FIXTURE(DigitsFixture, "eval: the accuracy that training found, on the same data") {
  const Result r = octet(with_about({"eval", model, digits, "--json"}));
  REQUIRE_MESSAGE(r.code == 0, r.err);
  const json j = json::parse(r.out);
  CHECK(j["pictures"] == 1000);
  CHECK(j["correct"] == 982);  // pretrained/README.md
  CHECK(j["accuracy"] == doctest::Approx(0.982));
  CHECK(j["loss"].get<double>() > 0);
  CHECK(j["loss"].get<double>() < 0.2);
  std::int64_t all = 0, right = 0;
  for (std::size_t k = 0; k < 10; ++k) {
    CHECK(j["classes"][k]["name"] == std::to_string(k));  // the data's
    for (std::size_t i = 0; i < 10; ++i) all += j["matrix"][k][i].get<std::int64_t>();
    right += j["matrix"][k][k].get<std::int64_t>();
  }
  CHECK(all == 1000);
  CHECK(right == 982);
  const Result text = octet(with_about({"eval", model, digits, "--batch", "7", "--threads", "2"}));
  CHECK(text.code == 0);
  CHECK(text.out.find("accuracy 98.20 %, 982 of 1,000 pictures; loss 0.0") != text.out.npos);
}

TEST_CASE_FIXTURE(DigitsFixture, "eval: --fail-below decides on the exit code") {
  const Result low = octet(with_about({"eval", model, digits, "--fail-below", "0.99", "--json"}));
  CHECK(low.code == 1);
  CHECK(json::parse(low.out)["correct"] == 982);
  CHECK(low.err == "octet: accuracy 98.20 % is below --fail-below 0.99\n");
  CHECK(octet(with_about({"eval", model, digits, "--fail-below", "0.982"})).code == 0);
}

TEST_CASE_FIXTURE(DigitsFixture, "eval: class folders are matched by the names of the model") {
  // In a folder the classes stand in another order, and not all of them.
  const std::vector<std::string> names{"zero", "one", "two", "three", "four"};
  write_digits(names, 60);
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  write("labels.txt", text + "five\nsix\nseven\neight\nnine\n");
  about.insert(about.end(), {"--labels", "labels.txt"});
  const Result r = octet(with_about({"eval", model, "digits", "--json"}));
  REQUIRE_MESSAGE(r.code == 0, r.err);
  const json evaluated = json::parse(r.out);
  CHECK(evaluated["accuracy"].get<double>() > 0.9);
  CHECK(evaluated["classes"][4]["name"] == "four");
  // Picture by picture it is the same.
  const json ran = json::parse(octet(with_about({"run", model, "digits", "--json"})).out);
  std::int64_t right = 0;
  for (const json& picture : ran["pictures"]) {
    const fs::path file = picture["file"].get<std::string>();
    right += file.parent_path().filename() == picture["classes"][0]["name"].get<std::string>();
  }
  CHECK(std::int64_t(ran["pictures"].size()) == evaluated["pictures"].get<std::int64_t>());
  CHECK(right == evaluated["correct"].get<std::int64_t>());
  fs::rename(dir / "digits/four", dir / "digits/IV");
  const Result other = octet(with_about({"eval", model, "digits"}));
  CHECK(other.code == 1);
  CHECK(other.err.find("digits: class 'IV' is none of the model's, which are zero, one, ...") !=
        other.err.npos);
}

TEST_CASE_FIXTURE(Fixture, "eval: pictures of any size, in splits or not") {
  for (const char* folder : {"set/test/red", "set/test/blue", "set/train/red", "set/train/blue"})
    fs::create_directories(dir / folder);
  octet::write_png(filled(50, 20, {200, 10, 0}), dir / "set/test/red/1.png");
  octet::write_png(filled(4, 6, {200, 10, 0}), dir / "set/test/red/2.png");
  octet::write_png(filled(5, 5, {90, 200, 0}), dir / "set/test/blue/1.png");
  octet::write_png(filled(1, 1, {9}), dir / "set/train/red/1.png");
  octet::write_png(filled(2, 1, {9}), dir / "set/train/blue/1.png");
  const Result r = octet({"eval", "m.tflite", "set", "--json"});
  REQUIRE_MESSAGE(r.code == 0, r.err);
  const json j = json::parse(r.out);
  CHECK(j["pictures"] == 3);
  CHECK(j["correct"] == 2);
  CHECK(j["matrix"][2][1] == 1);  // a blue one is taken for green
  CHECK(j["classes"][1]["name"] == "deep green");
  CHECK(json::parse(octet({"eval", "m.tflite", "set/test", "--json"}).out)["matrix"] ==
        j["matrix"]);
  CHECK(json::parse(
            octet({"eval", "m.tflite", "set", "--split", "train", "--json"}).out)["pictures"] == 2);
  // Probabilities have the loss of the logits, within what a byte holds.
  octet::write_tflite(color_graph(true), dir / "p.tflite", {.metadata = color_metadata()});
  const json p = json::parse(octet({"eval", "p.tflite", "set", "--json"}).out);
  CHECK(p["matrix"] == j["matrix"]);
  CHECK(p["loss"].get<double>() == doctest::Approx(j["loss"].get<double>()).epsilon(0.02));
}
