#include "int8/ops/min_max.h"

#include <algorithm>

#include "int8/kernels/elementwise.h"
#include "int8/ops/binary.h"

namespace octet::int8 {

void minimum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::min(a[i], b[i]);
}

void maximum(const NoParams&, const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
             std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::max(a[i], b[i]);
}

Kernel<MinMaxFunction> minimum_kernel(Isa isa) noexcept {
  return select_kernel<MinMaxFunction>(isa, OCTET_KERNELS(minimum));
}
Kernel<MinMaxFunction> maximum_kernel(Isa isa) noexcept {
  return select_kernel<MinMaxFunction>(isa, OCTET_KERNELS(maximum));
}

namespace {

std::unique_ptr<Step> create_with(const NodeView& node, Kernel<MinMaxFunction> kernel) {
  node.expect_operands(2, 2);
  node.expect_same_params(node.output(), node.input(0));
  node.expect_same_params(node.output(), node.input(1));
  return BinaryStep<NoParams>::create(node, {}, kernel);
}

}  // namespace

std::unique_ptr<Step> create_minimum(const NodeView& node) {
  return create_with(node, minimum_kernel(node.isa()));
}
std::unique_ptr<Step> create_maximum(const NodeView& node) {
  return create_with(node, maximum_kernel(node.isa()));
}

}  // namespace octet::int8
