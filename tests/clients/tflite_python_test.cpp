// Networks of several inputs and outputs, trained here, in TFLite Micro and LiteRT
// (tflite_python.py). Exit code 77, with the reason, where their packages are missing.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/ops/function_op.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "layers/graph/graph_module.h"
#include "optim/adam.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/clients/client.h"
#include "tests/multi_nets.h"

namespace {

namespace fs = std::filesystem;
using namespace octet;
using namespace octet::test;

int run_client(const std::string& arguments) {
  return run_python("venv", "tflite_python.py", arguments);
}

/// Every value that can be an output: one that others read, an input, the same twice; and an input
/// that nobody reads.
struct AnyValue final : MultiModule {
  AnyValue() {
    Init init(3);
    conv = register_module(
        "conv", std::make_shared<Conv2d>(
                    Conv2dOptions{.in_channels = 1, .out_channels = 4, .kernel = 3}, init));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image, unused] = take<2>(x);
    const Var y = (*conv)(image);
    return {flatten(global_avg_pool(relu(y))), y, image, y};
  }
  std::shared_ptr<Conv2d> conv;
};

/// A layer norm and a quotient in floats, between layers on codes.
struct Islands final : MultiModule {
  Islands() {
    Init init(6);
    const auto add = [&](const char* name, int in, int out) {
      return register_module(
          name, std::make_shared<Conv2d>(
                    Conv2dOptions{.in_channels = in, .out_channels = out, .kernel = 3}, init));
    };
    first = add("first", 1, 8);
    second = add("second", 8, 8);
    last = add("last", 8, 4);
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image] = take<1>(x);
    const Var y = (*first)(image);
    const auto constant = [&](real v) { return y.tape->constant(Tensor::full({8}, v)); };
    const Var z = (*second)(relu(layer_norm(y, constant(1), constant(real(0.1)))));
    return {(*last)(exp(z * real(0.3)) / (z * z + real(0.7))), z};
  }
  std::shared_ptr<Conv2d> first, second, last;
};

/// A function that octet does not have: in the file CAST, ADD and GATHER.
struct OwnOp final : MultiModule {
  OwnOp() {
    Init init(8);
    conv = register_module(
        "conv", std::make_shared<Conv2d>(
                    Conv2dOptions{.in_channels = 1, .out_channels = 8, .kernel = 3}, init));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image] = take<1>(x);
    const auto softsign = std::make_shared<FunctionOp>(
        "softsign", [](real v) { return v / (1 + std::fabs(v)); },
        [](real v) { return 1 / ((1 + std::fabs(v)) * (1 + std::fabs(v))); });
    return {apply_function(softsign, (*conv)(image))};
  }
  std::shared_ptr<Conv2d> conv;
};

struct Net {
  const char* name;
  ModulePtr model;
  std::vector<Shape> inputs;
  GraphNames names;
  std::vector<std::string> float_layers = {};
};

std::vector<Net> nets() {
  return {{"two_heads",
           std::make_shared<TwoHeads>(),
           {{8, 12, 12, 1}},
           {{"image"}, {"class", "value", "features"}}},
          {"two_inputs",
           std::make_shared<TwoInputs>(),
           {{8, 12, 12, 1}, {8, 3}},
           {{"image", "vector"}, {"class"}}},
          {"any_value",
           std::make_shared<AnyValue>(),
           {{8, 12, 12, 1}, {8, 3}},
           {{"image", "unused"}, {"mean", "conv", "same", "again"}}},
          {"own_op", std::make_shared<OwnOp>(), {{8, 12, 12, 1}}, {{"image"}, {"softsign"}}},
          {"islands",
           std::make_shared<Islands>(),
           {{8, 12, 12, 1}},
           {{"image"}, {"last", "second"}},
           {"layer_norm", "exp", "div", "add*"}}};
}

/// A few steps on codes, of all outputs.
int8::Model trained(const Net& net, quant::QConfig config) {
  config.float_layers = net.float_layers;
  std::vector<Tensor> x;
  auto random = rng(1);
  std::normal_distribution<double> normal;
  for (const Shape& shape : net.inputs) {
    x.push_back(Tensor::empty(shape));
    for (real& v : x.back().span<real>()) v = static_cast<real>(normal(random));
  }
  Context ctx;
  const auto qat = quant::prepare_qat(trace(net.model, x, net.names), config);
  quant::calibrate(
      *qat, [&] { return x; }, {.batches = 2}, ctx);
  optim::Adam adam(qat->parameters(), {.lr = 1e-3});
  for (int step = 0; step < 5; ++step) {
    Tape tape(ctx);
    std::vector<Var> in;
    for (const Tensor& t : x) in.push_back(tape.input(t));
    const std::vector<Var> y = (*qat)(in);
    Var loss = mse_loss(y[0], Tensor::full(y[0].shape(), 1));
    for (std::size_t i = 1; i < y.size(); ++i) {
      loss = loss + mse_loss(y[i], Tensor::zeros(y[i].shape()));
    }
    adam.zero_grad();
    tape.backward(loss);
    adam.step(ctx);
  }
  return quant::convert(*qat, ctx);
}

struct File {
  std::string name;
  fs::path outputs, names;
  std::vector<char> expected;
  std::string expected_names;
};

/// As the client writes them.
std::string sorted_names(const std::vector<std::string>& names, const std::vector<int>& tensors) {
  std::map<std::string, int> sorted;
  for (std::size_t i = 0; i < names.size(); ++i) sorted[names[i]] = tensors[i];
  std::string text;
  for (const auto& [name, tensor] : sorted) {
    text += (text.empty() ? "" : " ") + name + "=" + std::to_string(tensor);
  }
  return text + "\n";
}

/// The networks' files, run by `runtime`; and what octet makes of them.
std::vector<File> run(const TempDir& dir, const std::string& runtime,
                      const quant::QConfig& config) {
  std::vector<File> files;
  ClientBatch batch;
  for (const Net& net : nets()) {
    const fs::path path = dir / (std::string(net.name) + ".tflite");
    write_tflite(trained(net, config), path);
    const int8::Model model(read_tflite(path), {.ops = &int8::all_ops()});
    const std::vector<char> inputs = random_inputs(model, 64, 7);
    write_file(dir / (std::string(net.name) + ".in"), inputs);
    files.push_back({net.name, dir / (std::string(net.name) + ".out"),
                     dir / (std::string(net.name) + ".names"), run_octet(model, inputs),
                     sorted_names(net.names.inputs, model.graph().inputs) +
                         sorted_names(net.names.outputs, model.graph().outputs)});
    batch.add(path, dir / (std::string(net.name) + ".in"), files.back().outputs);
    REQUIRE(run_client("names '" + path.string() + "' '" + files.back().names.string() + "'") == 0);
  }
  REQUIRE(run_client(runtime + batch.arguments()) == 0);
  return files;
}

TEST_CASE("TFLite Micro gives octet's bytes in double rounding") {
  const TempDir dir;
  for (const File& file : run(dir, "tflm", quant::QConfig::tflm())) {
    const Difference d = compare(read_file(file.outputs), file.expected);
    MESSAGE(file.name << " in TFLite Micro: " << d.different << " of " << d.values
                      << " codes differ");
    CHECK(std::set<char>(file.expected.begin(), file.expected.end()).size() > 16);
    CHECK(d.different == 0);
  }
}

TEST_CASE("LiteRT's kernels agree within one step, and know the names") {
  const TempDir dir;
  struct Case {
    std::string runtime;
    quant::QConfig config;
  };
  for (const Case& c : {Case{"litert", quant::QConfig::tflite()},
                        Case{"litert_reference", quant::QConfig::tflm()}}) {
    for (const File& file : run(dir, c.runtime, c.config)) {
      const Difference d = compare(read_file(file.outputs), file.expected);
      MESSAGE(file.name << " in " << c.runtime << ": " << d.different << " of " << d.values
                        << " codes differ, by at most " << d.largest);
      CHECK(d.largest <= 1);
      CHECK(d.different <= d.values / 100);
      const std::vector<char> names = read_file(file.names);
      CHECK(std::string(names.begin(), names.end()) == file.expected_names);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (run_client("--check") == 77) return 77;
  doctest::Context context(argc, argv);
  return context.run();
}
