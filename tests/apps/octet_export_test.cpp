// octet export from outside.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "interop/tflite/model_metadata.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using octet::test::read_file;
using octet::test::TempDir;

struct Result {
  int code = -1;
  std::string out, err;
};

std::string text_of(const fs::path& path) {
  const std::vector<char> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

/// A model and what `octet` makes of it.
struct Fixture {
  TempDir dir;
  std::string model = (dir / "m.tflite").string(), out = (dir / "out.tflite").string();

  explicit Fixture(int8::Rounding rounding = int8::Rounding::single_rounding) {
    int8::Graph graph = octet::test::small_graph();
    graph.rounding = rounding;
    octet::write_tflite(graph, model);
  }
  Result octet(const std::vector<std::string>& words) const {
    std::string command = "'" OCTET_CLI "'";
    for (const std::string& w : words) command += " '" + w + "'";
    command += " >'" + (dir / "stdout").string() + "' 2>'" + (dir / "stderr").string() + "'";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(dir / "stdout"),
            text_of(dir / "stderr")};
  }
  Result exported(std::vector<std::string> words) const {
    words.insert(words.begin(), {"export", model});
    return octet(words);
  }
};

}  // namespace

TEST_CASE("export: same rounding and edges give the file itself") {
  const Fixture f;
  const Result r = f.exported({"--to", "tflite", "--out", f.out});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(r.out == "wrote " + f.out + " for tflite, rounding single\n");
  CHECK(text_of(f.out) == text_of(f.model));
}

TEST_CASE("export: the target's rounding is recorded, and the difference said") {
  const Fixture f;
  const Result r = f.exported({"--to", "litert", "--out", f.out});
  CHECK(r.code == 0);
  CHECK(r.err ==
        "octet: note: the model is of single rounding, litert computes in float: codes will differ "
        "from training's\n");
  CHECK(octet::read_tflite(f.out).rounding == int8::Rounding::float_rounding);
}

TEST_CASE("export: types of the edges, both or each") {
  const Fixture f;
  CHECK(f.exported({"--to", "tflite", "--out", f.out, "--io", "uint8", "--output-io", "float32"})
            .code == 0);
  const int8::Graph graph = octet::read_tflite(f.out);
  CHECK(graph.tensors[static_cast<std::size_t>(graph.inputs[0])].type == int8::DType::u8);
  CHECK(graph.tensors[static_cast<std::size_t>(graph.outputs[0])].type == int8::DType::f32);
  const std::string back = (f.dir / "back.tflite").string();
  CHECK(f.octet({"export", f.out, "--to", "tflite", "--out", back}).code == 0);
  CHECK(text_of(back) == text_of(f.model));
}

TEST_CASE("export: labels and normalization, kept when exported again, shown by inspect") {
  const Fixture f;
  octet::test::write_file(f.dir / "labels", {'c', 'a', 't', '\r', '\n', 'd', 'o', 'g', '\n'});
  const Result r = f.exported({"--to", "tflite", "--out", f.out, "--labels",
                               (f.dir / "labels").string(), "--mean", "127.5", "--std", "64"});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  const std::string again = (f.dir / "again.tflite").string();
  CHECK(f.octet({"export", f.out, "--to", "tflite", "--out", again}).code == 0);
  CHECK(text_of(again) == text_of(f.out));
  const auto json = nlohmann::json::parse(f.octet({"inspect", "--json", again}).out);
  CHECK(json["outputs"][0]["labels"] == nlohmann::json{"cat", "dog"});
  CHECK(json["inputs"][0]["mean"] == nlohmann::json{127.5});
  const std::string shown = f.octet({"inspect", again}).out;
  CHECK(shown.find("labels: \"cat\" \"dog\"") != std::string::npos);
  CHECK(shown.find("mean [127.5], std [64.0]") != std::string::npos);
}

TEST_CASE("export: a run's folder stands for its model and normalization") {
  const Fixture f;
  const fs::path run = f.dir / "run";
  fs::create_directory(run);
  fs::copy_file(f.model, run / "model.tflite");
  const auto summary = [&](const std::string& text) {
    octet::test::write_file(run / "summary.json", {text.begin(), text.end()});
    return f.octet({"export", run.string(), "--to", "tflite", "--out", f.out});
  };
  CHECK(summary(R"({"files": {"model": "model.tflite"},
                    "config": {"data": {"normalize": {"mean": [3], "std": [2]}}}})")
            .code == 0);
  const auto json = nlohmann::json::parse(f.octet({"inspect", "--json", f.out}).out);
  CHECK(json["inputs"][0]["mean"] == nlohmann::json{3.0});
  CHECK(json["inputs"][0]["std"] == nlohmann::json{2.0});
  CHECK(summary("{}").err.find("not the summary of a run of this version") != std::string::npos);
  CHECK(summary(R"({"files": {}})").err.find("the run has no integer model") != std::string::npos);
}

TEST_CASE("export: for TFLite Micro a folder, whole or absent") {
  const Fixture f(int8::Rounding::double_rounding);
  const std::string folder = (f.dir / "micro").string();
  CHECK(f.exported({"--to", "tflm", "--out", folder}).code == 0);
  for (const char* name : {"model_data.h", "model_data.cc", "model_ops.h"})
    CHECK(fs::exists(fs::path(folder) / name));
  const Result again = f.exported({"--to", "tflm", "--out", folder});
  CHECK(again.code == 1);
  CHECK(again.err == "octet: cannot write " + folder + ": it exists and is not an empty folder\n");
}

TEST_CASE("export: errors leave nothing behind") {
  const Fixture f;
  const auto fails = [&](const std::vector<std::string>& words, const std::string& text, int code) {
    const Result r = f.exported(words);
    CHECK(r.code == code);
    CHECK_MESSAGE(r.err.find(text) != std::string::npos, r.err);
    CHECK_FALSE(fs::exists(f.out));
  };
  fails({"--to", "tfltie", "--out", f.out},
        "unknown target 'tfltie'; did you mean 'tflite'? Known: tflite, litert, tflm, c, linux", 1);
  fails({"--to", "tflite", "--out", f.out, "--io", "int16"}, "int16", 2);
  fails({"--to", "tflite", "--out", f.out, "--labels", f.model + "x"}, "cannot be read", 1);
  fails({"--to", "tflite", "--out", f.out, "--mean", "1"}, "1 means, but 0 standard deviations", 1);
  octet::test::write_file(f.dir / "one", {'a', '\n'});
  fails({"--to", "tflite", "--out", f.out, "--labels", (f.dir / "one").string()},
        f.model + ": metadata of output", 1);
}

TEST_CASE("export: without --out the model is checked only") {
  const Fixture f;
  const Result r = f.exported({"--to", "tflite"});
  CHECK(r.code == 0);
  CHECK(r.out == "tflite takes " + f.model + "\n");
}

TEST_CASE("export: ONNX files of each target, the same twice, whole or absent") {
  const Fixture f;
  for (const char* target : {"onnxruntime", "openvino"}) {
    CAPTURE(target);
    const std::string out = (f.dir / (std::string(target) + ".onnx")).string();
    const Result r = f.exported({"--to", target, "--out", out, "--mean", "0", "--std", "255"});
    CHECK_MESSAGE(r.code == 0, r.err);
    CHECK(r.err.find("files have no place for labels and normalization") != std::string::npos);
    const std::string bytes = text_of(out);
    CHECK(bytes.find("QuantizeLinear") != std::string::npos);
    CHECK(f.exported({"--to", target, "--out", out}).code == 0);
    CHECK(text_of(out) == bytes);
  }
  const std::string folder = (f.dir / "mnn").string();
  CHECK(f.exported({"--to", "mnn", "--out", folder}).code == 0);
  CHECK(text_of(fs::path(folder) / "model.onnx").find("QuantizeLinear") == std::string::npos);
  CHECK(fs::file_size(fs::path(folder) / "compression.bin") > 0);
  CHECK(f.exported({"--to", "mnn", "--out", folder}).code == 1);  // there is something already
}

TEST_CASE("export: what a target of ONNX refuses leaves nothing behind") {
  const Fixture f;
  const std::string out = (f.dir / "m.onnx").string();
  const Result r = f.exported({"--to", "tensorrt", "--out", out});
  CHECK(r.code == 1);
  CHECK_MESSAGE(r.err.find("tensorrt does not take the model: value \"x") != std::string::npos,
                r.err);
  CHECK(r.err.find("fix: train with quant.target tensorrt, which gives every value zero point 0 "
                   "(rule zero_points)") != std::string::npos);
  CHECK_FALSE(fs::exists(out));
  const Result io = f.exported({"--to", "mnn", "--io", "int8"});
  CHECK(io.code == 1);
  CHECK_MESSAGE(io.err.find("mnn: inputs: expected float32, got int8") != std::string::npos,
                io.err);
}
