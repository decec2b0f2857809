#include "deploy/folder/channels_first.h"

#include <span>

#include "interop/onnx_export/tensor_layout.h"

namespace octet::deploy {
namespace {

using int8::ValueInfo;
using onnx_export::Order;

Order order_of(const ValueInfo& value) {
  const bool image = value.shape.size() == 4;
  return onnx_export::file_order(image ? onnx_export::Layout::image : onnx_export::Layout::plain,
                                 value.shape.size());
}

/// `reorder(bytes, value)` of each value of each sample.
std::vector<std::byte> for_values(const std::vector<std::byte>& samples,
                                  const std::vector<ValueInfo>& values, const auto& reorder) {
  std::vector<std::byte> result;
  result.reserve(samples.size());
  for (std::size_t at = 0; at < samples.size();) {
    for (const ValueInfo& value : values) {
      const std::vector<std::byte> moved =
          reorder(std::span(samples).subspan(at, value.bytes), value);
      result.insert(result.end(), moved.begin(), moved.end());
      at += value.bytes;
    }
  }
  return result;
}

}  // namespace

std::vector<std::byte> channels_first(const std::vector<std::byte>& samples,
                                      const std::vector<ValueInfo>& values) {
  return for_values(samples, values, [](std::span<const std::byte> bytes, const ValueInfo& v) {
    return onnx_export::ordered(bytes, int8::dtype_size(v.type), v.shape, order_of(v));
  });
}

std::vector<std::byte> channels_last(const std::vector<std::byte>& samples,
                                     const std::vector<ValueInfo>& values) {
  return for_values(samples, values, [](std::span<const std::byte> bytes, const ValueInfo& v) {
    const Order order = order_of(v);
    return onnx_export::ordered(bytes, int8::dtype_size(v.type),
                                onnx_export::ordered(v.shape, order), onnx_export::inverse(order));
  });
}

std::vector<ValueInfo> channels_first(std::vector<ValueInfo> values) {
  for (ValueInfo& v : values) v.shape = onnx_export::ordered(v.shape, order_of(v));
  return values;
}

}  // namespace octet::deploy
