#include "interop/onnx_export/tensor_layout.h"

#include <cstring>
#include <numeric>

namespace octet::onnx_export {

Order file_order(Layout layout, std::size_t rank) {
  if (layout == Layout::image) return {0, 3, 1, 2};
  Order order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

std::int64_t file_axis(Layout layout, std::size_t axis) noexcept {
  constexpr std::int64_t of_image[] = {0, 2, 3, 1};
  return layout == Layout::image ? of_image[axis] : static_cast<std::int64_t>(axis);
}

Order inverse(const Order& order) {
  Order result(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) result[order[k]] = k;
  return result;
}

int8::Dims ordered(const int8::Dims& shape, const Order& order) {
  int8::Dims result;
  for (const std::size_t d : order) result.push_back(shape[d]);
  return result;
}

std::vector<std::byte> ordered(std::span<const std::byte> bytes, std::size_t element,
                               const int8::Dims& shape, const Order& order) {
  std::vector<std::size_t> strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) {
    strides[d - 1] = strides[d] * static_cast<std::size_t>(shape[d]);
  }
  std::vector<std::byte> result(bytes.size());
  std::vector<std::int32_t> index(shape.size(), 0);
  for (std::size_t to = 0; to < result.size(); to += element) {
    std::size_t from = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
      from += static_cast<std::size_t>(index[k]) * strides[order[k]];
    }
    std::memcpy(result.data() + to, bytes.data() + from * element, element);
    for (std::size_t k = order.size(); k-- > 0;) {
      if (++index[k] < shape[order[k]]) break;
      index[k] = 0;
    }
  }
  return result;
}

bool keeps_memory(const int8::Dims& shape, const Order& order) noexcept {
  std::size_t last = 0;  // the dimensions of more than one element stay in order
  for (const std::size_t d : order) {
    if (shape[d] == 1) continue;
    if (d < last) return false;
    last = d;
  }
  return true;
}

}  // namespace octet::onnx_export
