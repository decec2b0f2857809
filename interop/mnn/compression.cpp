#include "interop/mnn/compression.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "compression.pb.h"
#include "int8/ops/node_view.h"

namespace octet::mnn {
namespace {

namespace proto = ::mnn;

using int8::Graph;
using int8::OpCode;
using int8::TensorDef;

bool is_quantized_conv(const int8::NodeView& node) {
  return (node.op() == OpCode::conv_2d || node.op() == OpCode::depthwise_conv_2d) &&
         node.input(0).type == int8::DType::i8 && node.input(1).type == int8::DType::i8 &&
         node.input(1).constant;
}

/// What the converter calls the value. It reads an output of the network through a conversion of
/// layouts, which then has the output's name.
std::string layer_name(const Graph& graph, int t) {
  const auto output = std::find(graph.outputs.begin(), graph.outputs.end(), t);
  if (output == graph.outputs.end()) return graph.tensors[static_cast<std::size_t>(t)].name;
  const auto i = static_cast<std::size_t>(output - graph.outputs.begin());
  return int8::output_name(graph, i) + "__before_tr";
}

void describe(proto::Activation& activation, const TensorDef& t, const std::string& name,
              int8::ClampRange range) {
  const int8::QuantParams params = int8::NodeView::code_params(t);
  activation.set_name(name);
  activation.set_bits(8);
  activation.add_scales(params.scale);
  activation.set_zero_point(params.zero_point);
  activation.set_clamp_min(range.lo);
  activation.set_clamp_max(range.hi);
}

/// The fewest bits whose symmetric range holds all codes.
int bits_of(const TensorDef& weights) {
  int largest = 1;
  for (std::size_t i = 0; i < weights.constant.size; ++i) {
    const int code = static_cast<std::int8_t>(weights.constant.data[i]);
    largest = std::max(largest, code < 0 ? -code : code);
  }
  int bits = 2;
  while ((1 << (bits - 1)) - 1 < largest) ++bits;
  return bits;
}

void describe(proto::Weights& weights, const TensorDef& t, std::int32_t channels) {
  const int bits = bits_of(t);
  const std::vector<float>& scales = t.quantization.scale;
  weights.set_name(t.name);
  weights.set_bits(bits);
  for (std::int32_t c = 0; c < channels; ++c) {
    weights.add_scales(scales[scales.size() > 1 ? static_cast<std::size_t>(c) : 0]);
  }
  weights.set_clamp_min(1 - (1 << (bits - 1)));
  weights.set_clamp_max((1 << (bits - 1)) - 1);
}

void describe(proto::Layer& layer, const int8::NodeView& node) {
  const Graph& graph = node.graph();
  const TensorDef &x = node.input(0), &y = node.output();
  const auto activation = node.attributes<int8::ConvAttributes>().activation;
  describe(*layer.add_input(), x, layer_name(graph, node.input_index(0)), {-128, 127});
  describe(*layer.add_weights(), node.input(1), y.shape.back());
  describe(*layer.add_output(), y, layer_name(graph, node.output_index()),
           node.i8_range(activation));
}

}  // namespace

std::vector<std::byte> serialize_compression(const Graph& graph) {
  proto::Pipeline pipeline;
  pipeline.set_version("0.0.0");
  proto::Algorithm& algorithm = *pipeline.add_algorithm();
  algorithm.set_kind(0);
  proto::Quantization& quantization = *algorithm.mutable_quantization();
  std::set<std::string> names;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const int8::NodeView node(graph, static_cast<int>(n), graph.rounding, int8::Isa::portable);
    if (!is_quantized_conv(node)) continue;
    describe(*quantization.add_layer(), node);
    OCTET_CHECK(names.insert(layer_name(graph, node.output_index())).second,
                int8::node_text(graph, static_cast<int>(n)),
                ": another convolution has a result of this name, by which MNN finds layers");
  }
  std::vector<std::byte> bytes(pipeline.ByteSizeLong());
  google::protobuf::io::ArrayOutputStream array(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream stream(&array);
  stream.SetSerializationDeterministic(true);
  OCTET_CHECK(pipeline.SerializeToCodedStream(&stream), "cannot write MNN's parameters");
  return bytes;
}

}  // namespace octet::mnn
