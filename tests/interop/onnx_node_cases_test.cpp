// The conformance cases of ONNX's operators, one node or a few each, with inputs and outputs.
// onnx_node_cases.txt lists those that pass; OCTET_ONNX_LIST=1 prints what becomes of all of them.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "interop/onnx/import_onnx.h"
#include "onnx.pb.h"
#include "tests/support.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

template <class Message>
Message read(const fs::path& path) {
  Message m;
  const std::vector<char> bytes = test::read_file(path);
  REQUIRE_MESSAGE(m.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), path.string());
  return m;
}

/// A case: its tensors by the graph's names.
struct Case {
  onnx::ModelProto model;
  std::vector<onnx::TensorProto> inputs, outputs;
};

Case read_case(const fs::path& folder) {
  Case c{read<onnx::ModelProto>(folder / "model.onnx"), {}, {}};
  // A case's operator set is the one that its operator is from, which may be an old one.
  auto& opset = *c.model.mutable_opset_import(0);
  if (opset.domain().empty()) opset.set_version(std::max<std::int64_t>(opset.version(), 7));
  const fs::path data = folder / "test_data_set_0";
  for (int i = 0; fs::exists(data / ("input_" + std::to_string(i) + ".pb")); ++i)
    c.inputs.push_back(read<onnx::TensorProto>(data / ("input_" + std::to_string(i) + ".pb")));
  for (int i = 0; fs::exists(data / ("output_" + std::to_string(i) + ".pb")); ++i)
    c.outputs.push_back(read<onnx::TensorProto>(data / ("output_" + std::to_string(i) + ".pb")));
  return c;
}

std::vector<float> floats(const onnx::TensorProto& t) {
  std::vector<float> v(t.raw_data().size() / sizeof(float));
  std::memcpy(v.data(), t.raw_data().data(), v.size() * sizeof(float));
  if (v.empty()) v.assign(t.float_data().begin(), t.float_data().end());
  return v;
}

/// The model with the inputs that `fixed` says (and those that are not floats) as constants.
onnx::ModelProto with_constants(const Case& c, const std::vector<bool>& fixed) {
  onnx::ModelProto model = c.model;
  onnx::GraphProto& graph = *model.mutable_graph();
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (!fixed[i]) continue;
    onnx::TensorProto& t = *graph.add_initializer();
    t = c.inputs[i];
    t.set_name(graph.input(static_cast<int>(i)).name());
  }
  return model;
}

/// "" if the outputs are right, else what is not; throws Error if the model cannot be imported.
std::string run(const Case& c, const std::vector<bool>& fixed) {
  const std::string bytes = with_constants(c, fixed).SerializeAsString();
  const OnnxNetwork network = import_onnx(std::as_bytes(std::span(bytes)), "case", OnnxOptions());
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  std::vector<Var> x;
  for (std::size_t i = 0, k = 0; i < c.inputs.size(); ++i) {
    if (fixed[i]) continue;
    const OnnxValue& v = network.inputs[k++];
    const std::vector<float> values = floats(c.inputs[i]);
    const bool batch_first = v.order[0] == 0;
    x.push_back(tape.input(onnx_to_graph(v, values, batch_first ? c.inputs[i].dims(0) : 1)));
  }
  const std::vector<Var> y = (*network.graph)(x);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (c.outputs[i].data_type() != onnx::TensorProto::FLOAT) return "an output is not of floats";
    const std::vector<float> expected = floats(c.outputs[i]);
    const std::vector<float> got = graph_to_onnx(network.outputs[i], y[i].value());
    if (got.size() != expected.size()) return "another number of values";
    const Shape& shape = y[i].shape();
    std::vector<std::int64_t> of_file;
    for (std::size_t d = 0; d < network.outputs[i].dims.size(); ++d) {
      const std::int64_t n = network.outputs[i].dims[d];
      of_file.push_back(n == 0 ? shape[0] : n);
    }
    if (!std::equal(of_file.begin(), of_file.end(), c.outputs[i].dims().begin(),
                    c.outputs[i].dims().end()))
      return "another shape";
    float largest = 0, error = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      largest = std::max(largest, std::abs(expected[k]));
      const float e = std::abs(got[k] - expected[k]);
      error = std::isnan(e) ? INFINITY : std::max(error, e);
    }
    if (!(error <= 1e-4f * largest)) return "error " + std::to_string(error);
  }
  return "";
}

/// Tries which inputs may be computed: all floats, the first one, each one alone. "" if the outputs
/// are right wherever the model is imported, and it is once.
std::string check(const Case& c) {
  const auto n = c.inputs.size();
  std::vector<bool> others(n);
  for (std::size_t i = 0; i < n; ++i)
    others[i] = c.inputs[i].data_type() != onnx::TensorProto::FLOAT;
  std::set<std::vector<bool>> tries{others};
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<bool> all_but_one(n, true);
    all_but_one[i] = false;
    if (!others[i]) tries.insert(all_but_one);
  }
  std::string refusal = "it has no input of floats", wrong;
  bool imported = false;
  for (const std::vector<bool>& fixed : tries) {
    try {
      const std::string result = run(c, fixed);
      imported = true;
      if (!result.empty()) wrong = result;
    } catch (const Error& error) {
      refusal = error.what();
    }
  }
  return imported ? wrong : "refused: " + refusal;
}

TEST_CASE("onnx: conformance cases of the operators") {
  const fs::path folder = OCTET_ONNX_CASES;
  if (std::getenv("OCTET_ONNX_LIST")) {
    std::set<fs::path> cases(fs::directory_iterator(folder), fs::directory_iterator{});
    for (const fs::path& path : cases) {
      const std::string result = check(read_case(path));
      std::cout << (result.empty() ? "pass " : "fail ") << path.filename().string() << ' ' << result
                << '\n';
    }
    return;
  }
  std::ifstream list(test::source_dir() / "tests/interop/onnx_node_cases.txt");
  int count = 0;
  for (std::string name; std::getline(list, name); ++count) {
    INFO(name);
    CHECK(check(read_case(folder / name)) == "");
  }
  CHECK(count > 0);
}

}  // namespace
}  // namespace octet
