#include "tests/int8/graphs.h"

#include <iomanip>
#include <map>
#include <sstream>
#include <variant>
#include <vector>

namespace octet::test {
namespace {

using int8::Activation;
using int8::Padding;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

template <class T>
std::string list(const std::vector<T>& values) {
  std::ostringstream text;
  text << std::setprecision(9) << '[';
  for (const T& v : values) text << ' ' << v;
  text << " ]";
  return text.str();
}

std::string text_of(const int8::Attributes& attributes) {
  std::ostringstream t;
  t << std::setprecision(9);
  const auto act = [](Activation a) { return static_cast<int>(a); };
  const auto pad = [](Padding p) { return p == Padding::same ? "same" : "valid"; };
  std::visit(
      Overloaded{
          [&](const std::monostate&) { t << "none"; },
          [&](const int8::ConvAttributes& a) {
            t << "conv " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << a.dilation_h << ' ' << a.dilation_w << ' ' << a.depth_multiplier << ' '
              << act(a.activation);
          },
          [&](const int8::TransposeConvAttributes& a) {
            t << "tconv " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << act(a.activation);
          },
          [&](const int8::FullyConnectedAttributes& a) {
            t << "fc " << act(a.activation) << ' ' << a.keep_num_dims;
          },
          [&](const int8::PoolAttributes& a) {
            t << "pool " << pad(a.padding) << ' ' << a.stride_h << ' ' << a.stride_w << ' '
              << a.filter_h << ' ' << a.filter_w << ' ' << act(a.activation);
          },
          [&](const int8::ElementwiseAttributes& a) { t << "elementwise " << act(a.activation); },
          [&](const int8::ConcatenationAttributes& a) { t << "concat " << a.axis; },
          [&](const int8::ReshapeAttributes& a) { t << "reshape " << list(a.new_shape); },
          [&](const int8::SqueezeAttributes& a) { t << "squeeze " << list(a.dims); },
          [&](const int8::ResizeAttributes& a) {
            t << "resize " << a.align_corners << ' ' << a.half_pixel_centers;
          },
          [&](const int8::SoftmaxAttributes& a) { t << "softmax " << a.beta; },
          [&](const int8::MeanAttributes& a) { t << "mean " << a.keep_dims; },
          [&](const int8::StridedSliceAttributes& a) {
            t << "slice " << a.begin_mask << ' ' << a.end_mask << ' ' << a.ellipsis_mask << ' '
              << a.new_axis_mask << ' ' << a.shrink_axis_mask;
          },
          [&](const int8::SplitAttributes& a) { t << "split " << a.num_splits; },
          [&](const int8::GatherAttributes& a) { t << "gather " << a.axis << ' ' << a.batch_dims; },
          [&](const int8::PackAttributes& a) { t << "pack " << a.count << ' ' << a.axis; },
          [&](const int8::BlockAttributes& a) { t << "block " << a.size; },
          [&](const int8::MirrorPadAttributes& a) { t << "mirror_pad " << a.symmetric; },
          [&](const int8::BatchMatMulAttributes& a) {
            t << "batch_matmul " << a.adj_x << ' ' << a.adj_y;
          },
          [&](const int8::ArgAttributes&) { t << "arg"; },
          [&](const int8::LeakyReluAttributes& a) { t << "leaky " << a.alpha; },
          [&](const int8::GeluAttributes& a) { t << "gelu " << a.approximate; },
          [&](const int8::SvdfAttributes& a) {
            t << "svdf " << a.rank << ' ' << act(a.activation);
          },
          [&](const int8::LstmAttributes& a) {
            t << "lstm " << a.cell_clip << ' ' << a.time_major;
          },
      },
      attributes);
  return t.str();
}

}  // namespace

int8::Graph single_node_graph(const int8::Graph& graph, std::size_t index) {
  int8::Graph result;
  result.rounding = graph.rounding;
  int8::Node node = graph.nodes[index];
  std::map<int, int> numbers;
  const auto take = [&](int& t, std::vector<int>* ends) {
    if (t < 0) return;
    const auto [found, is_new] = numbers.try_emplace(t, static_cast<int>(result.tensors.size()));
    const int8::TensorDef& tensor = graph.tensors[static_cast<std::size_t>(t)];
    t = found->second;
    if (!is_new) return;
    result.tensors.push_back(tensor);
    const int original = found->first;
    for (const int8::State& s : graph.states) {  // that the node updates
      if (s.input != original || s.output != original) continue;
      result.states.push_back({t, t, s.initial});
      return;
    }
    if (!tensor.constant) ends->push_back(t);
  };
  for (int& t : node.inputs) take(t, &result.inputs);
  for (int& t : node.outputs) take(t, &result.outputs);
  result.nodes = {node};
  return result;
}

std::string describe(const int8::Graph& graph) {
  std::ostringstream text;
  text << graph.name << " | " << graph.description << " | rounding "
       << (graph.rounding == int8::Rounding::single_rounding ? "single" : "double") << '\n';
  for (const auto& [key, value] : graph.metadata)
    text << "metadata " << key << '=' << value << '\n';
  text << "inputs " << list(graph.inputs) << " outputs " << list(graph.outputs) << '\n';
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const int8::TensorDef& t = graph.tensors[i];
    text << "tensor " << i << ' ' << t.name << ' ' << int8::dtype_name(t.type) << ' '
         << list(t.shape);
    if (!t.quantization.scale.empty() && !(t.type == int8::DType::i32 && t.constant)) {
      text << " scale " << list(t.quantization.scale) << " zero " << list(t.quantization.zero_point)
           << " axis " << t.quantization.axis;
    }
    text << " data " << (t.constant ? "" : "none") << std::hex;
    for (std::size_t k = 0; k < t.constant.size; ++k)
      text << std::setw(2) << std::setfill('0') << std::to_integer<int>(t.constant.data[k]);
    text << std::dec << '\n';
  }
  for (const int8::Node& n : graph.nodes) {
    text << "node " << static_cast<int>(n.op) << ' ' << list(n.inputs) << ' ' << list(n.outputs)
         << ' ' << text_of(n.attributes) << '\n';
  }
  for (const int8::State& s : graph.states) {
    text << "state " << s.input << ' ' << s.output << std::hex;
    for (std::size_t k = 0; k < s.initial.size; ++k)
      text << ' ' << std::to_integer<int>(s.initial.data[k]);
    text << std::dec << '\n';
  }
  return text.str();
}

}  // namespace octet::test
