#include "apps/octet/import/check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>

#include "base/mapped_file.h"
#include "base/printable.h"

namespace octet::app {
namespace {

std::vector<float> read_floats(const std::string& path) {
  const MappedFile file = map_file(path);
  OCTET_CHECK(!file.bytes.empty() && file.bytes.size() % sizeof(float) == 0, path,
              ": expected little-endian float32, got ", file.bytes.size(), " bytes");
  std::vector<float> values(file.bytes.size() / sizeof(float));
  std::memcpy(values.data(), file.bytes.data(), file.bytes.size());
  return values;
}

std::int64_t sample_size(const GraphModule& graph, int node) {
  return graph.nodes()[static_cast<std::size_t>(node)].shape.numel();
}

/// The batch that a file of an input holds.
std::int64_t batch_of(const std::string& path, std::size_t elements, std::int64_t sample) {
  const auto n = static_cast<std::int64_t>(elements);
  OCTET_CHECK(n % sample == 0, path, ": ", n, " values, expected a multiple of ", sample,
              " (one sample)");
  return n / sample;
}

}  // namespace

bool check(const FileNetwork& network, const std::vector<std::string>& files, double tolerance) {
  GraphModule& graph = *network.graph;
  const std::size_t inputs = network.inputs.size(), outputs = network.outputs.size();
  OCTET_CHECK(files.size() == inputs + outputs, "--check: expected ", inputs,
              " files of inputs and ", outputs, " of outputs, got ", files.size());
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  std::vector<Var> x;
  std::int64_t batch = 0;
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::string& path = files[i];
    const std::vector<float> values = read_floats(path);
    const std::int64_t n = batch_of(path, values.size(), sample_size(graph, graph.inputs()[i]));
    OCTET_CHECK(i == 0 || n == batch, path, ": ", n, " samples, expected ", batch,
                ", as of the first input");
    batch = n;
    x.push_back(tape.input(onnx_to_graph(network.inputs[i], values, n)));
  }
  const std::vector<Var> y = graph(x);
  bool good = true;
  for (std::size_t i = 0; i < outputs; ++i) {
    const std::string& path = files[inputs + i];
    const std::vector<float> expected = read_floats(path);
    const std::vector<float> got = graph_to_onnx(network.outputs[i], y[i].value());
    OCTET_CHECK(got.size() == expected.size(), path, ": ", expected.size(), " values, expected ",
                got.size(), " for a batch of ", batch);
    double largest = 0, difference = 0;
    for (std::size_t k = 0; k < got.size(); ++k) {
      const auto e = static_cast<double>(expected[k]), v = static_cast<double>(got[k]);
      if (std::isfinite(e)) largest = std::max(largest, std::abs(e));
      const bool same = v == e || (std::isnan(v) && std::isnan(e));
      const bool finite = std::isfinite(v) && std::isfinite(e);
      difference = std::max(difference, same ? 0 : finite ? std::abs(v - e) : INFINITY);
    }
    const double error = difference > 0 ? difference / std::max(largest, 1e-30) : 0;
    const bool near = error <= tolerance;
    good = good && near;
    std::cout << "check    '" << one_line(network.outputs[i].name) << "': error " << error
              << " of the largest value" << (near ? "" : text_of(", expected at most ", tolerance))
              << '\n';
  }
  return good;
}

}  // namespace octet::app
