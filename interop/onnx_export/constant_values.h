// Constants of the graph as initializers.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "interop/onnx_export/quantizers.h"
#include "interop/onnx_export/tensor_layout.h"

namespace octet::onnx_export {

/// Weights as an operator of ONNX takes them.
struct WeightForm {
  Order order;            ///< of the dimensions
  std::int64_t axis = 0;  ///< of the written tensor: of the output channels
  /// Of rank 2: the columns are an image [h, w, c] and are written as [c, h, w].
  int8::Dims image = {};
};

/// Each function returns the name of the reals, which is the same for the same constant and form.
class ConstantWriter {
 public:
  ConstantWriter(const OnnxExportOptions& options, OnnxGraph& onnx, Quantizers& quantizers)
      : options_(options), onnx_(onnx), quantizers_(quantizers) {}

  /// With the quantizer of an activation. `shape`: the tensor's, maybe with dimensions of 1 in
  /// front.
  std::string value(int t, const int8::Dims& shape, const Order& order);
  /// int8 codes (OnnxExportOptions::unsigned_weights: or uint8), with one scale or one for each
  /// output channel.
  std::string weights(int t, const WeightForm& form);
  /// Of a product of values `x` and weights `w`: codes at the products of their scales.
  std::string bias(int t, int x, int w);

 private:
  std::string reals(int t, std::span<const std::byte> bytes, const int8::Dims& shape,
                    std::size_t axis);
  /// Codes of weights or biases with a DequantizeLinear of one scale or many.
  std::string codes(int t, int8::DType type, std::span<const std::byte> bytes,
                    const int8::Dims& shape, std::span<const float> scales, std::int64_t axis);

  const OnnxExportOptions& options_;
  OnnxGraph& onnx_;
  Quantizers& quantizers_;
  std::map<std::string, std::string> found_;  ///< by tensor and form
};

}  // namespace octet::onnx_export
