// Building the integer graph node by node.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/ops/ops.h"
#include "int8/graph/graph.h"
#include "quant/quantized_tensor.h"
#include "quant/report.h"

namespace octet::quant {

/// What quantized ops append to when a model is converted.
class Lowering {
 public:
  int8::Graph graph;
  std::vector<LayerReport> layers;

  /// An int8 value with per-tensor params.
  int add_value(std::string name, const Shape& shape, QuantParams params);
  /// A float value.
  int add_floats(std::string name, const Shape& shape);
  /// A value of INT32 numbers.
  int add_integers(std::string name, const Shape& shape);
  /// A value of the type and quantization of tensor `other`.
  int add_like(int other, std::string name, const Shape& shape);
  /// Constants. `axis` is the quantized dimension of per-channel scales.
  int add_weights(std::string name, const Shape& shape, std::span<const std::int8_t> codes,
                  std::vector<float> scale, int axis);
  int add_bias(std::string name, std::span<const std::int32_t> codes, std::vector<float> scale);
  int add_int32(std::string name, const Shape& shape, std::span<const std::int32_t> values);
  /// An int8 constant operand with params of its own.
  int add_constant(std::string name, const Shape& shape, std::span<const std::int8_t> codes,
                   QuantParams params);
  int add_float_constant(std::string name, const Tensor& reals);
  /// Of the tensor's memory, which the graph shares.
  int share_float_constant(std::string name, const Tensor& reals);
  /// add_constant() with one element.
  int add_scalar_code(std::string name, std::int8_t code, QuantParams params) {
    return add_constant(std::move(name), {1}, {&code, 1}, params);
  }

  /// The constant of PAD and PADV2 for an NHWC image.
  int add_paddings(std::string name, const Padding2d& pads);
  /// A STRIDED_SLICE node on `input`; the batch is kept whole.
  int add_slice(const std::string& name, int input, std::span<const std::int64_t> begin,
                std::span<const std::int64_t> end, std::span<const std::int64_t> step);

  void add_node(int8::OpCode op, std::vector<int> inputs, int output, int8::Attributes attributes);

  Shape shape(int id) const;
  const int8::TensorDef& tensor(int id) const {
    return graph.tensors[static_cast<std::size_t>(id)];
  }

 private:
  int add(int8::TensorDef tensor);
};

/// Padding of a window over the NHWC value `input` in the file's terms. Where the window's padding
/// is none or TFLite's SAME, that; else a PAD node is put in front, `input` becomes its result, and
/// VALID is returned. It pads with zeros, or, for a maximum, with the least value (a PADV2).
int8::Padding lower_padding(Lowering& graph, int& input, const std::string& layer,
                            const Window2d& window, bool of_maximum = false);

}  // namespace octet::quant
