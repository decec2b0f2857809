#include "interop/onnx/import_onnx.h"

#include <algorithm>
#include <functional>
#include <set>

#include "interop/onnx/importer.h"

namespace octet {
namespace {

using namespace onnx;

Shape graph_shape(const OnnxValue& v, std::int64_t batch) {
  Shape shape = node_shape(v.dims, v.order);
  shape.set(0, batch);
  return shape;
}

/// All dimensions of the file, as dimensions of the graph's tensor.
struct Mapping {
  Extents file, graph;  ///< extents; the file's without the batch's dimension are of one sample
  std::vector<std::size_t> to_graph;
};

Mapping mapping(const OnnxValue& v, std::int64_t batch) {
  Mapping m;
  // Dimensions of the file in front of which the tensor's own of extent 1 stand.
  m.file = v.dims;
  std::vector<bool> listed(v.dims.size());
  for (std::size_t d = 0; d < v.order.size(); ++d) {
    if (v.order[d] < 0) {
      m.to_graph.push_back(m.file.size());
      m.file.push_back(d == 0 ? batch : 1);
    } else {
      listed[static_cast<std::size_t>(v.order[d])] = true;
      m.to_graph.push_back(static_cast<std::size_t>(v.order[d]));
    }
  }
  if (v.order[0] >= 0) m.file[static_cast<std::size_t>(v.order[0])] = batch;
  for (std::size_t d = 0; d < listed.size(); ++d) {
    if (!listed[d]) m.to_graph.push_back(d);
  }
  // A batch that the file has no dimension for is its outermost.
  if (v.order[0] < 0) {
    const std::size_t at = m.to_graph[0];
    m.file.erase(m.file.begin() + static_cast<std::ptrdiff_t>(at));
    m.file.insert(m.file.begin(), batch);
    for (std::size_t& d : m.to_graph) d = d == at ? 0 : d < at ? d + 1 : d;
  }
  for (const std::size_t d : m.to_graph) m.graph.push_back(m.file[d]);
  return m;
}

OnnxNetwork import_with(const std::function<ModelFile()>& read, const OnnxOptions& options) {
  std::string first;
  for (const FileBatch batch : {FileBatch::open, FileBatch::one, FileBatch::inside}) {
    try {
      ModelFile file = read();
      OnnxNetwork network = Importer(file, options, batch).run();
      if (batch == FileBatch::one)
        network.notes.push_back("the batch is taken for 1, samples are on their own: " + first);
      if (batch == FileBatch::inside)
        network.notes.push_back("all dimensions are of one sample, a batch is put in front: " +
                                first);
      return network;
    } catch (const BatchError& error) {
      if (first.empty()) first = error.what();
    }
  }
  fail(first);
}

}  // namespace

std::vector<OnnxValue> onnx_inputs(const std::string& path) {
  const ModelFile file = read_model_file(path);
  std::set<std::string> initializers;
  for (const auto& t : file.model.graph().initializer()) initializers.insert(t.name());
  std::vector<OnnxValue> inputs;
  for (const auto& input : file.model.graph().input()) {
    if (initializers.contains(input.name())) continue;
    OnnxValue v{input.name(), {}, {}};
    for (const auto& d : input.type().tensor_type().shape().dim()) {
      v.order.push_back(static_cast<int>(v.dims.size()));
      v.dims.push_back(std::max<std::int64_t>(d.dim_value(), 0));
    }
    inputs.push_back(std::move(v));
  }
  return inputs;
}

OnnxNetwork import_onnx(const std::string& path, const OnnxOptions& options) {
  return import_with([&] { return read_model_file(path); }, options);
}

OnnxNetwork import_onnx(std::span<const std::byte> bytes, const std::string& path,
                        const OnnxOptions& options) {
  return import_with([&] { return parse_model_file(bytes, path); }, options);
}

Tensor onnx_to_graph(const OnnxValue& v, std::span<const float> elements, std::int64_t batch) {
  const Mapping m = mapping(v, batch);
  OCTET_CHECK(static_cast<std::int64_t>(elements.size()) == product(m.file), "'", v.name,
              "': expected ", product(m.file), " elements, got ", elements.size());
  Tensor t = Tensor::empty(graph_shape(v, batch));
  permute_elements(elements.data(), m.file, m.to_graph, t.r());
  return t;
}

std::vector<float> graph_to_onnx(const OnnxValue& v, const Tensor& tensor) {
  const Mapping m = mapping(v, tensor.shape()[0]);
  OCTET_CHECK(tensor.numel() == product(m.file), "'", v.name, "': expected ", product(m.file),
              " elements, got ", tensor.numel());
  std::vector<float> elements(static_cast<std::size_t>(tensor.numel()));
  permute_elements(tensor.r(), m.graph, inverse(m.to_graph), elements.data());
  return elements;
}

}  // namespace octet
