// The program `octet` from outside: what it prints, writes and returns.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "int8/engine/model.h"
#include "int8/reference/quantize.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using nlohmann::json;
using octet::test::read_file;
using octet::test::TempDir;
using octet::test::write_file;

struct Result {
  int code = -1;
  std::string out, err;
};

/// Runs `octet` with the given words.
Result octet_cli(const TempDir& dir, const std::vector<std::string>& words,
                 const std::string& environment = "") {
  std::string command = environment + " '" OCTET_CLI "'";
  for (const std::string& w : words) command += " '" + w + "'";
  command += " >'" + (dir / "stdout").string() + "' 2>'" + (dir / "stderr").string() + "'";
  const int status = std::system(command.c_str());
  const auto text = [&dir](const char* name) {
    const std::vector<char> bytes = read_file(dir / name);
    return std::string(bytes.begin(), bytes.end());
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text("stdout"), text("stderr")};
}

/// A model file, samples for it and what they give.
struct Fixture {
  TempDir dir;
  std::string model = (dir / "m.tflite").string(), in = (dir / "in.bin").string(),
              out = (dir / "out.bin").string();
  static constexpr int samples = 7;
  std::vector<char> expected;

  Fixture() {
    octet::write_tflite(octet::test::small_graph(), model);
    const int8::Model loaded(octet::read_tflite(model), {.isa = int8::Isa::portable});
    auto rng = octet::test::rng(3);
    std::vector<char> bytes(samples * loaded.inputs()[0].bytes);
    for (char& c : bytes) c = static_cast<char>(rng());
    write_file(in, bytes);
    expected = run(loaded, bytes);
  }
  static std::vector<char> run(const int8::Model& model, const std::vector<char>& bytes) {
    const std::size_t count = bytes.size() / model.inputs()[0].bytes;
    int8::ExecutionContext context(model, {.batch = static_cast<int>(count)});
    std::memcpy(context.input(0).data(), bytes.data(), bytes.size());
    context.run();
    const auto* from = reinterpret_cast<const char*>(context.output(0).data());
    return {from, from + context.output(0).size()};
  }
  Result cli(const std::vector<std::string>& words, const std::string& environment = "") {
    return octet_cli(dir, words, environment);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir.path()), {}));
  }
};

TEST_SUITE("octet") {
  TEST_CASE_FIXTURE(Fixture,
                    "run: samples in, samples out, in any batch size and with any threads") {
    for (const char* batch : {"1", "2", "3", "7", "64"}) {
      for (const char* threads : {"1", "2"}) {
        CAPTURE(batch);
        CAPTURE(threads);
        fs::remove(out);
        const Result r = cli(
            {"run", model, "--input", in, "--output", out, "--batch", batch, "--threads", threads});
        CHECK(r.code == 0);
        CHECK(r.out + r.err == "");
        CHECK(read_file(out) == expected);
      }
    }
  }

  TEST_CASE_FIXTURE(Fixture, "run: the rounding mode is the file's unless it is given") {
    // Enough samples for the two to differ somewhere. The file says single.
    auto rng = octet::test::rng(4);
    std::vector<char> many(3000 * 32);
    for (char& c : many) c = static_cast<char>(rng());
    write_file(in, many);
    int8::Graph graph = octet::test::small_graph();
    const std::vector<char> single_bytes = Fixture::run(int8::Model(graph), many);
    graph.rounding = int8::Rounding::double_rounding;
    const std::vector<char> double_bytes = Fixture::run(int8::Model(graph), many);
    REQUIRE(single_bytes != double_bytes);
    const auto run_with = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"run", model, "--input", in, "--output", out});
      CHECK(cli(words).code == 0);
      return read_file(out);
    };
    CHECK(run_with({}) == single_bytes);
    CHECK(run_with({"--rounding", "single"}) == single_bytes);
    CHECK(run_with({"--rounding", "double"}) == double_bytes);
  }

  TEST_CASE_FIXTURE(Fixture, "run --float: quantized at the door, dequantized on the way out") {
    const int8::Model loaded(octet::read_tflite(model));
    const int8::ValueInfo &x = loaded.inputs()[0], &y = loaded.outputs()[0];
    std::vector<char> codes = read_file(in);
    std::vector<float> floats;
    for (const char c : codes) {
      // Anywhere within the code's interval.
      floats.push_back(x.scale * (static_cast<float>(static_cast<signed char>(c)) + 0.3f -
                                  static_cast<float>(x.zero_point)));
    }
    std::vector<char> bytes(floats.size() * 4);
    std::memcpy(bytes.data(), floats.data(), bytes.size());
    write_file(dir / "f32.bin", bytes);
    const Result r =
        cli({"run", model, "--input", (dir / "f32.bin").string(), "--output", out, "--float"});
    CHECK(r.code == 0);
    const std::vector<char> written = read_file(out);
    REQUIRE(written.size() == 4 * expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      float value;
      std::memcpy(&value, &written[4 * i], 4);
      CHECK(value ==
            int8::dequantize_one(static_cast<signed char>(expected[i]), y.scale, y.zero_point));
    }
  }

#if !OCTET_HAS_TRAINING
  TEST_CASE("octet: what needs the training libraries says so in a build without them") {
    const TempDir dir;
    const Result r = octet_cli(dir, {"import", "net.onnx", "--check", "a", "b"});
    CHECK(r.code == 1);
    CHECK(r.out.empty());
    CHECK(r.err ==
          "octet: import: this build is without training libraries (OCTET_BUILD_TRAINING=OFF)\n");
    const Result evaluated = octet_cli(dir, {"eval", "m.tflite", "data", "--fail-below", "0.9"});
    CHECK(evaluated.code == 1);
    CHECK(evaluated.err ==
          "octet: eval: this build is without training libraries (OCTET_BUILD_TRAINING=OFF)\n");
    const Result pictures = octet_cli(dir, {"run", "m.tflite", "shoe.png"});
    CHECK(pictures.code == 1);
    CHECK(pictures.err.find("octet: run: pictures need the training libraries, which this build is "
                            "without (OCTET_BUILD_TRAINING=OFF)") == 0);
  }
#endif

  TEST_CASE("run: samples are the steps of a model with states, whatever the batch") {
    Fixture f;
    octet::write_tflite(octet::test::streaming_graph(), f.model);
    write_file(f.in, std::vector<char>{1, 0, 0, 2, 0, 0, 3, 0, 0});
    const std::string total = (f.dir / "total").string();
    CHECK(octet_cli(f.dir, {"run", f.model, "--input", f.in, "--output", f.out, "--output", total,
                            "--batch", "3"})
              .code == 0);
    CHECK(read_file(total) == std::vector<char>{1, 10, -10, 3, 10, -10, 6, 10, -10});
    CHECK(json::parse(octet_cli(f.dir, {"inspect", f.model, "--json"}).out)["state_bytes"] == 9);
    CHECK(octet_cli(f.dir, {"verify", f.model}).code == 0);
  }

  TEST_CASE("run --float, inspect and verify: UINT8") {
    Fixture f;
    int8::GraphBuilder b;
    const int x = b.value("x", {1, 2}, 0.5f, 128), y = b.value("y", {1, 2}, 0.5f, 0);
    b.tensor(x).type = int8::DType::u8;
    b.node(int8::OpCode::quantize, {x}, {y});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    octet::write_tflite(b.graph, f.model);
    const float reals[] = {-64.0f, 1.5f};
    const auto* bytes = reinterpret_cast<const char*>(reals);
    write_file(f.in, std::vector<char>(bytes, bytes + sizeof reals));
    CHECK(octet_cli(f.dir, {"run", f.model, "--input", f.in, "--output", f.out, "--float"}).code ==
          0);
    CHECK(read_file(f.out) == std::vector<char>(bytes, bytes + sizeof reals));
    CHECK(json::parse(octet_cli(f.dir, {"inspect", f.model, "--json"}).out)["inputs"][0]["type"] ==
          "u8");
    CHECK(octet_cli(f.dir, {"verify", f.model}).code == 0);
  }

  TEST_CASE("run: a model with several outputs takes a file for each, in order") {
    const TempDir dir;
    const int8::Graph graph = octet::test::every_op_graph();
    const std::string model = (dir / "m.tflite").string(), in = (dir / "in").string();
    octet::write_tflite(graph, model);
    const int8::Model loaded(octet::read_tflite(model));
    write_file(in, std::vector<char>(3 * loaded.inputs()[0].bytes, 0));
    std::vector<std::string> words = {"run", model, "--input", in};
    for (std::size_t i = 0; i < loaded.outputs().size(); ++i) {
      words.push_back("--output");
      words.push_back((dir / ("out" + std::to_string(i))).string());
    }
    CHECK(octet_cli(dir, words).code == 0);
    int8::ExecutionContext context(loaded);
    context.run();
    for (std::size_t i = 0; i < loaded.outputs().size(); ++i) {
      CAPTURE(i);
      const std::vector<char> written = read_file(dir / ("out" + std::to_string(i)));
      const std::span<const std::byte> one = context.output(static_cast<int>(i));
      REQUIRE(written.size() == 3 * one.size());
      for (std::size_t s = 0; s < 3; ++s)
        CHECK(std::memcmp(&written[s * one.size()], one.data(), one.size()) == 0);
    }
    words.pop_back();
    words.pop_back();
    const Result r = octet_cli(dir, words);
    CHECK(r.code == 1);
    CHECK(r.err.find("octet: --output: ") == 0);
    CHECK(r.err.find("expected one for each of 'grouped' 'max_pool'") != std::string::npos);
  }

  TEST_CASE("run: indices of 64 bits are written as they are, also with --float") {
    const TempDir dir;
    octet::test::GraphBuilder b;
    const int x = b.value("x", {1, 3}, 0.5f, 0), y = b.index_value("y", {1});
    b.tensor(y).type = int8::DType::i64;
    b.node(int8::OpCode::arg_max, {x, b.ints("axis", {1}, {})}, {y}, int8::ArgAttributes{});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    const std::string model = (dir / "m.tflite").string(), in = (dir / "in").string(),
                      out = (dir / "out").string();
    octet::write_tflite(b.graph, model);
    write_file(in, {1, 2, 0, 5, 4, 3});
    const std::vector<char> expected = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    CHECK(octet_cli(dir, {"run", model, "--input", in, "--output", out}).code == 0);
    CHECK(read_file(out) == expected);
    std::vector<char> reals(6 * sizeof(float), 0);
    reals[2] = reals[3] = 0x3f;  // the first sample is 0.7..., 0, 0
    write_file(in, reals);
    CHECK(octet_cli(dir, {"run", model, "--float", "--input", in, "--output", out}).code == 0);
    CHECK(read_file(out) == std::vector<char>(16, 0));
  }

  TEST_CASE_FIXTURE(Fixture, "run: errors are one line, exit code 1, and leave no output") {
    struct Case {
      const char* what;
      std::vector<std::string> words;
      std::string message;
    };
    const std::string missing = (dir / "no.tflite").string(), empty = (dir / "empty").string(),
                      cut = (dir / "cut.tflite").string(), text = (dir / "text").string(),
                      odd = (dir / "odd").string(), folder = dir.path().string();
    write_file(empty, {});
    std::vector<char> bytes = read_file(model);
    bytes.resize(bytes.size() / 2);
    write_file(cut, bytes);
    write_file(text, std::vector<char>(1000, 'x'));
    write_file(odd, std::vector<char>(33, 'x'));
    const auto run = [&](const std::string& m, const std::string& i, const std::string& o) {
      return std::vector<std::string>{"run", m, "--input", i, "--output", o};
    };
    const std::string nowhere = (dir / "no" / "out").string();
    const std::vector<Case> cases = {
        {"missing model", run(missing, in, out),
         "cannot read " + missing + ": No such file or directory"},
        {"folder as model", run(folder, in, out), "cannot read " + folder + ": not a regular file"},
        {"empty model", run(empty, in, out),
         empty + ": not a TFLite file: 0 bytes, expected at least 8"},
        {"truncated model", run(cut, in, out),
         cut + ": broken TFLite file (truncated or damaged): the flatbuffer verifier refused it"},
        {"foreign model", run(text, in, out),
         text + ": not a TFLite file: the identifier TFL3 is missing"},
        {"missing input", run(model, missing, out),
         "cannot read " + missing + ": No such file or directory"},
        {"empty input", run(model, empty, out),
         empty + ": 0 bytes, expected a multiple of 32 (one sample of input 'x' [1, 4, 4, 2])"},
        {"odd input", run(model, odd, out),
         odd + ": 33 bytes, expected a multiple of 32 (one sample of input 'x' [1, 4, 4, 2])"},
        {"output nowhere", run(model, in, nowhere),
         "cannot write " + nowhere + ": No such file or directory"},
        {"output is a folder", run(model, in, folder),
         "cannot write " + folder + ": it exists and is not a regular file"},
        {"two inputs",
         {"run", model, "--input", in, "--input", in, "--output", out},
         "--input: 2 files, expected one for each of 'x'"},
    };
    write_file(dir / "stdout", {});
    write_file(dir / "stderr", {});
    const std::size_t before = files();
    for (const Case& c : cases) {
      CAPTURE(c.what);
      const Result r = cli(c.words);
      CHECK(r.code == 1);
      CHECK(r.out == "");
      CHECK(r.err == "octet: " + c.message + "\n");
      CHECK(files() == before);
    }
  }

  TEST_CASE_FIXTURE(Fixture, "run: a failed run leaves the old output as it is") {
    write_file(out, {'o', 'l', 'd'});
    write_file(dir / "odd", std::vector<char>(33, 'x'));
    CHECK(cli({"run", model, "--input", (dir / "odd").string(), "--output", out}).code == 1);
    CHECK(read_file(out) == std::vector<char>{'o', 'l', 'd'});
  }

  TEST_CASE_FIXTURE(Fixture, "wrong usage is exit code 2") {
    const std::vector<std::vector<std::string>> cases = {
        {},
        {"walk"},
        {"run"},
        {"run", model},
        {"run", model, "--input", in, "--output", out, "--rounding", "triple"},
        {"run", model, "--input", in, "--output", out, "--batch", "0"},
        {"run", model, "--input", in, "--output", out, "--threads", "x"},
        {"run", model, "--input", in, "--output", out, "--isa", "mmx"},
        {"inspect"},
        {"bench", model, "--seconds", "-1"},
    };
    for (const auto& words : cases) {
      const Result r = cli(words);
      CAPTURE(r.err);
      CHECK(r.code == 2);
      CHECK(r.out == "");
      CHECK(r.err != "");
    }
    CHECK(!fs::exists(out));
  }

  TEST_CASE_FIXTURE(Fixture, "help and version go to the standard output") {
    CHECK(cli({"--help"}).code == 0);
    CHECK(cli({"run", "--help"}).out.find("--rounding") != std::string::npos);
    const Result r = cli({"--version"});
    CHECK(r.code == 0);
    CHECK(r.out.find("octet " OCTET_VERSION) == 0);
    CHECK(r.out.find("portable") != std::string::npos);
  }

  TEST_CASE_FIXTURE(Fixture, "OCTET_MAX_ISA with an unknown name is an error") {
    const Result r = cli({"inspect", model}, "OCTET_MAX_ISA=mmx");
    CHECK(r.code == 1);
    CHECK(r.err.find("OCTET_MAX_ISA") != std::string::npos);
  }

  TEST_CASE_FIXTURE(Fixture, "inspect: whose arithmetic each node has in float rounding") {
    const Result r = cli({"inspect", model, "--rounding", "float", "--json"});
    REQUIRE(r.code == 0);
    const json j = json::parse(r.out);
    CHECK(j["rounding"] == "float");
    CHECK(j["ops"][0]["arithmetic"] == "xnnpack");  // CONV_2D
    for (const json& op : j["ops"]) CHECK(op.contains("arithmetic"));
    const std::string text = cli({"inspect", model, "--rounding", "float"}).out;
    CHECK(text.find("requantization in float32") != std::string::npos);
    CHECK(text.find("xnnpack") != std::string::npos);
    CHECK(!json::parse(cli({"inspect", model, "--json"}).out)["ops"][0].contains("arithmetic"));
    CHECK(cli({"inspect", model}).out.find("arithmetic") == std::string::npos);
  }

  TEST_CASE_FIXTURE(Fixture, "inspect: JSON and text say the same of the model") {
    const Result r = cli({"inspect", model, "--json"});
    REQUIRE(r.code == 0);
    const json j = json::parse(r.out);
    CHECK(j["file_bytes"] == fs::file_size(model));
    CHECK(j["rounding"] == "single");
    CHECK(j["inputs"][0]["name"] == "x");
    CHECK(j["inputs"][0]["shape"] == json({1, 4, 4, 2}));
    CHECK(j["inputs"][0]["scale"] == 0.5);
    CHECK(j["inputs"][0]["zero_point"] == -3);
    CHECK(j["ops"].size() == 3);
    CHECK(j["ops"][0]["op"] == "CONV_2D");
    CHECK(j["ops"][0]["params"] == 3 * 3 * 3 * 2 + 3);
    CHECK(j["ops"][0]["macs"] == 2 * 2 * 3 * 3 * 3 * 2);
    CHECK(j["macs"] == 2 * 2 * 3 * 3 * 3 * 2 + 12 * 2);
    CHECK(j["arena_bytes"] >= j["arena_lower_bound"]);
    const std::string signature =
        int8::signature_text(int8::signature(int8::Model(octet::test::small_graph())));
    CHECK(j["signature"] == signature);
    const Result text = cli({"inspect", model});
    CHECK(text.code == 0);
    CHECK(text.out.find("signature    " + signature) != std::string::npos);
    CHECK(text.out.find("FULLY_CONNECTED") != std::string::npos);
  }

  TEST_CASE_FIXTURE(Fixture, "what takes long to run is shown without running it, and announced") {
    // The windows of a few hundred bytes of file hold 6.9e10 codes.
    int8::GraphBuilder b;
    const int x = b.value("x", {1, 512, 512, 1}, 0.5f, 0),
              y = b.value("y", {1, 512, 512, 1}, 0.5f, 0);
    b.node(int8::OpCode::average_pool_2d, {x}, {y},
           int8::PoolAttributes{.padding = int8::Padding::same, .filter_h = 512, .filter_w = 512});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    octet::write_tflite(b.graph, model);
    const Result text = cli({"inspect", model}, "timeout 20");
    CHECK(text.code == 0);
    CHECK(text.out.find("AVERAGE_POOL_2D") != std::string::npos);
    CHECK(
        text.out.find("signature    not computed: it takes 16 samples of 68,720,001,024 operations "
                      "each (--sign)") != std::string::npos);
    const Result r = cli({"inspect", "--json", model}, "timeout 20");
    REQUIRE(r.code == 0);
    const json j = json::parse(r.out);
    CHECK(j["signature"].is_null());
    CHECK(j["work"] == 68'720'001'024);
    CHECK(cli({"inspect", "--sign", model}, "timeout 2").code == 124);
    for (const char* command : {"verify", "bench"}) {
      CAPTURE(command);
      const Result announced = cli({command, model}, "timeout 2");
      CHECK(announced.code == 124);
      CHECK(announced.out == "");
      CHECK(announced.err.find(std::string("octet ") + command + ": " + model) == 0);
      CHECK(announced.err.find("samples of 68,720,001,024 operations each") != std::string::npos);
      CHECK(std::count(announced.err.begin(), announced.err.end(), '\n') == 1);
    }
  }

  TEST_CASE_FIXTURE(Fixture,
                    "inspect --sign signs, and errors are one line whatever a path holds") {
    CHECK(json::parse(cli({"inspect", "--json", "--sign", model}).out)["signature"] ==
          int8::signature_text(int8::signature(int8::Model(octet::test::small_graph()))));
    const Result r = cli({"inspect", (dir / "a\nb\x1b[2J").string()});
    CHECK(r.code == 1);
    CHECK(r.err.find("a?b?[2J") != std::string::npos);
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }

  TEST_CASE_FIXTURE(Fixture, "inspect --ops names a kernel of every op of cnn_ops() on every ISA") {
    const Result r = cli({"inspect", "--ops"});
    CHECK(r.code == 0);
    const auto lines = std::count(r.out.begin(), r.out.end(), '\n');
#define OCTET_INT8_OP(op, code, name, create) +1
#define OCTET_INT8_MORE_OP(op, code, name, create)
    constexpr int operators = 0
#include "int8/graph/ops.inc"
        ;
    CHECK(lines == 2 + operators);
    CHECK(r.out.find("| op |") == 0);
    CHECK(r.out.find("|  |") == std::string::npos);
    for (const int8::Isa isa : int8::available_isas()) {
      const std::string name(int8::isa_name(isa));
      CHECK(r.out.find(" " + name + " |") != std::string::npos);
      if (isa == int8::Isa::avx512) continue;  // runs the kernels of lower ones
      CHECK(r.out.find("conv_" + name) != std::string::npos);
    }
  }

  TEST_CASE_FIXTURE(Fixture,
                    "verify: every ISA, both roundings, of a model and of the built-in one") {
    for (const auto& words : {std::vector<std::string>{"verify", model, "--samples", "2"},
                              std::vector<std::string>{"verify", "--samples", "1"}}) {
      const Result r = cli(words);
      CAPTURE(r.out);
      CHECK(r.code == 0);
      CHECK(r.err == "");
      for (const int8::Isa isa : int8::available_isas()) {
        const std::string name(int8::isa_name(isa));
        CHECK(r.out.find("single rounding, " + name + ": same bytes") != std::string::npos);
        CHECK(r.out.find("double rounding, " + name + ": same bytes") != std::string::npos);
      }
    }
    const std::string signature =
        int8::signature_text(int8::signature(int8::Model(octet::test::small_graph())));
    CHECK(
        cli({"verify", model}).out.find("single rounding (the file's), signature: " + signature) !=
        std::string::npos);
  }

  TEST_CASE_FIXTURE(Fixture, "bench: figures as text, as JSON and in a file") {
    const std::string path = (dir / "bench.json").string();
    const Result text = cli({"bench", model, "--seconds", "0.01", "--profile", "--json", path});
    CHECK(text.code == 0);
    CHECK(text.out.find("images/s") != std::string::npos);
    const Result stdout_only = cli(
        {"bench", model, "--seconds", "0.01", "--batch", "3", "--json", "-", "--isa", "portable"});
    REQUIRE(stdout_only.code == 0);
    const std::vector<char> file = read_file(path);
    const json a = json::parse(file.begin(), file.end()), b = json::parse(stdout_only.out);
    for (const char* key :
         {"median_ms", "min_ms", "images_per_s", "gmacs_per_s", "arena_bytes", "isa"}) {
      CAPTURE(key);
      CHECK(a.contains(key));
      CHECK(b.contains(key));
    }
    CHECK(a["median_ms"] > 0);
    CHECK(a["min_ms"] <= a["median_ms"]);
    CHECK(a["ops"].size() == 3);
    CHECK(b["isa"] == "portable");
    CHECK(b["batch"] == 3);
    CHECK(a["isa"] == int8::isa_name(int8::best_isa()));
  }

  TEST_CASE_FIXTURE(Fixture,
                    "bench: a file that cannot be written is an error before it measures") {
    const auto start = std::chrono::steady_clock::now();
    const Result r =
        cli({"bench", model, "--seconds", "30", "--json", (dir / "none" / "b.json").string()});
    CHECK(r.code == 1);
    CHECK(r.err.find("cannot write") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_SUITE("shared") {
  TEST_CASE("run gives the golden bytes of every case in both roundings") {
    const fs::path ops = *octet::test::shared_dir() / "golden" / "ops";
    int cases = 0;
    for (const auto& entry : fs::directory_iterator(ops)) {
      CAPTURE(entry.path().string());
      const fs::path path = entry.path() / "model.tflite";
      const TempDir dir;
      const int8::Model model(octet::read_tflite(path), {.isa = int8::Isa::portable});
      // Golden files hold a sample's inputs and outputs one after the other; octet has a file each.
      const std::vector<char> all = read_file(entry.path() / "input.bin");
      std::vector<std::string> words = {"run", path.string()};
      std::size_t sample = 0;
      for (const int8::ValueInfo& v : model.inputs()) sample += v.bytes;
      REQUIRE(all.size() % sample == 0);
      const std::size_t samples = all.size() / sample;
      std::size_t offset = 0;
      for (std::size_t i = 0; i < model.inputs().size(); ++i) {
        const std::size_t size = model.inputs()[i].bytes;
        std::vector<char> one;
        for (std::size_t s = 0; s < samples; ++s)
          one.insert(one.end(), &all[s * sample + offset], &all[s * sample + offset] + size);
        offset += size;
        const fs::path file = dir / ("in" + std::to_string(i));
        write_file(file, one);
        words.insert(words.end(), {"--input", file.string()});
      }
      for (std::size_t i = 0; i < model.outputs().size(); ++i)
        words.insert(words.end(), {"--output", (dir / ("out" + std::to_string(i))).string()});
      for (const std::string rounding : {"single", "double"}) {
        CAPTURE(rounding);
        std::vector<std::string> with = words;
        with.insert(with.end(), {"--rounding", rounding, "--batch", "5"});
        const Result r = octet_cli(dir, with);
        CAPTURE(r.err);
        REQUIRE(r.code == 0);
        std::vector<std::vector<char>> outputs;
        for (std::size_t i = 0; i < model.outputs().size(); ++i)
          outputs.push_back(read_file(dir / ("out" + std::to_string(i))));
        std::vector<char> joined;
        for (std::size_t s = 0; s < samples; ++s) {
          for (std::size_t i = 0; i < outputs.size(); ++i) {
            const std::size_t size = model.outputs()[i].bytes;
            REQUIRE(outputs[i].size() == size * samples);
            joined.insert(joined.end(), &outputs[i][s * size], &outputs[i][s * size] + size);
          }
        }
        CHECK(joined == read_file(entry.path() / ("output_" + rounding + ".bin")));
      }
      ++cases;
    }
    CHECK(cases == 236);
  }
}

}  // namespace
