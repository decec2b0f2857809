#include "int8/kernels/conv_algorithm.h"

#include "int8/reference/spatial.h"

namespace octet::int8 {

std::int64_t ConvAlgorithm::unit_bytes(std::int64_t batch) const noexcept {
  return batch == 1 ? unit_pixels() * g_.out_c : 0;
}

Range ConvAlgorithm::bytes_read(Range units, std::int64_t) const noexcept {
  if (one_row()) {
    const Range columns = rows_read(units, {.in = static_cast<int>(g_.in_w),
                                            .kernel = g_.kernel_w,
                                            .stride = g_.stride_w,
                                            .dilation = g_.dilation_w,
                                            .before = g_.pad_left});
    return {columns.begin * g_.in_c, columns.end * g_.in_c};
  }
  const std::int64_t row = g_.in_w * g_.in_c;
  const Range rows = rows_read(units, {.in = static_cast<int>(g_.in_h),
                                       .kernel = g_.kernel_h,
                                       .stride = g_.stride_h,
                                       .dilation = g_.dilation_h,
                                       .before = g_.pad_top});
  return {rows.begin * row, rows.end * row};
}

}  // namespace octet::int8
