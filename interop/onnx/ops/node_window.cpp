#include "interop/onnx/ops/node_window.h"

#include <algorithm>

namespace octet::onnx {
namespace {

constexpr std::int64_t largest = 1 << 24;

int checked(std::string_view what, std::int64_t n, std::int64_t least) {
  OCTET_CHECK(n >= least && n <= largest, what, ": expected ", least, " to ", largest, ", got ", n);
  return static_cast<int>(n);
}

/// An attribute of one number for each spatial dimension.
Extents2d pair_of(OpNode& node, std::string_view name, int otherwise, int least, std::size_t rank) {
  const std::vector<std::int64_t> list = node.ints(name);
  if (list.empty()) return {otherwise, otherwise};
  OCTET_CHECK(list.size() == rank - 2, name, ": expected ", rank - 2, " numbers, got ",
              list.size());
  return {list.size() == 2 ? checked(name, list[0], least) : std::max(otherwise, least),
          checked(name, list.back(), least)};
}

/// {top, left, bottom, right}
std::array<int, 4> pads_of(OpNode& node, std::size_t rank) {
  const std::vector<std::int64_t> list = node.ints("pads");
  if (list.empty()) return {};
  OCTET_CHECK(list.size() == 2 * (rank - 2), "pads: expected ", 2 * (rank - 2), " numbers, got ",
              list.size());
  std::array<int, 4> pads{};
  for (std::size_t i = 0; i < list.size(); ++i)
    pads[rank == 4 ? i : 1 + 2 * i] = checked("pads", list[i], 0);
  return pads;
}

struct Axis {
  int before, after;
};

/// Pads that make the last windows fit which begin in the image or the pads in front of it.
int pad_for_ceil(std::int64_t in, int kernel, int stride, int dilation, const Axis& pad) {
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t room = in + pad.before + pad.after - extent;
  if (room < 0) return pad.after;
  std::int64_t last = (room + stride - 1) / stride * stride;
  if (last >= in + pad.before) last -= stride;
  return checked("pads", std::max<std::int64_t>(last + extent - in - pad.before, pad.after), 0);
}

/// SAME with the odd pixel in front.
Axis same_lower(std::int64_t in, int kernel, int stride, int dilation) {
  const std::int64_t out = (in + stride - 1) / stride;
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  const int total = checked("pads", std::max<std::int64_t>((out - 1) * stride + extent - in, 0), 0);
  return {total - total / 2, total / 2};
}

}  // namespace

Extents2d kernel_of(OpNode& node, std::size_t rank) {
  OCTET_CHECK(node.has_attribute("kernel_shape"), "kernel_shape: expected one");
  return pair_of(node, "kernel_shape", 1, 1, rank);
}

Window2d window_of(OpNode& node, const Extents2d& kernel, const Shape& in, std::size_t rank) {
  const Extents2d given = pair_of(node, "kernel_shape", 0, 0, rank);
  OCTET_CHECK(given[1] == 0 || (given[1] == kernel[1] && (rank == 3 || given[0] == kernel[0])),
              "kernel_shape: expected that of the weight, ", kernel[0], "x", kernel[1], ", got ",
              given[0], "x", given[1]);
  const Extents2d stride = pair_of(node, "strides", 1, 1, rank);
  const Extents2d dilation = pair_of(node, "dilations", 1, 1, rank);
  Window2d w{kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1], {}};
  const std::string automatic = node.string("auto_pad", "NOTSET");
  const auto [top, left, bottom, right] = pads_of(node, rank);
  if (automatic == "SAME_UPPER") {
    w.padding = Padding2d::same_padding();
  } else if (automatic == "SAME_LOWER") {
    const Axis h = same_lower(in[1], kernel[0], stride[0], dilation[0]);
    const Axis v = same_lower(in[2], kernel[1], stride[1], dilation[1]);
    w.padding = {h.before, h.after, v.before, v.after, false};
  } else {
    OCTET_CHECK(automatic == "NOTSET" || automatic == "VALID" || automatic.empty(), "auto_pad: '",
                one_line(automatic), "' is not known");
    if (automatic != "VALID") w.padding = {top, bottom, left, right, false};
    if (node.integer("ceil_mode", 0) != 0) {
      w.padding.bottom = pad_for_ceil(in[1], kernel[0], stride[0], dilation[0], {top, bottom});
      w.padding.right = pad_for_ceil(in[2], kernel[1], stride[1], dilation[1], {left, right});
    }
  }
  node.ignore({"ceil_mode"});  // SAME rounds up anyway
  return w;
}

TransposedWindow transposed_window_of(OpNode& node, const Extents2d& kernel, const Shape& in,
                                      std::size_t rank) {
  const Extents2d given = pair_of(node, "kernel_shape", 0, 0, rank);
  OCTET_CHECK(given[1] == 0 || (given[1] == kernel[1] && (rank == 3 || given[0] == kernel[0])),
              "kernel_shape: expected that of the weight");
  const Extents2d stride = pair_of(node, "strides", 1, 1, rank);
  const Extents2d dilation = pair_of(node, "dilations", 1, 1, rank);
  const Extents2d extra = pair_of(node, "output_padding", 0, 0, rank);
  const std::vector<std::int64_t> output = node.ints("output_shape");
  const std::string automatic = node.string("auto_pad", "NOTSET");
  const bool same = automatic.starts_with("SAME");
  OCTET_CHECK(same || automatic == "NOTSET" || automatic == "VALID" || automatic.empty(),
              "auto_pad: '", one_line(automatic), "' is not known");
  std::array<int, 4> pads = pads_of(node, rank);
  if (automatic == "VALID") pads = {};
  TransposedWindow t{{kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1], {}},
                     extra[0],
                     extra[1]};
  OCTET_CHECK(output.empty() || output.size() == rank - 2 || output.size() == rank,
              "output_shape: expected ", rank - 2, " numbers, got ", output.size());
  for (const int axis : {0, 1}) {
    const auto a = static_cast<std::size_t>(axis);
    if (rank == 3 && axis == 0) continue;
    int& out_extra = axis == 0 ? t.extra_h : t.extra_w;
    if (output.empty() && !same) continue;
    const std::int64_t wanted =
        output.empty() ? in[axis + 1] * stride[a] : output[output.size() + a - 2];
    std::int64_t total = (in[axis + 1] - 1) * stride[a] + out_extra +
                         std::int64_t{kernel[a] - 1} * dilation[a] + 1 - wanted;
    if (total < 0) {
      out_extra = checked("output_shape", out_extra - total, 0);
      total = 0;
    }
    const int all = checked("output_shape", total, 0);
    const int front = automatic == "SAME_UPPER" ? all / 2 : all - all / 2;
    pads[a] = front;
    pads[a + 2] = all - front;
  }
  t.window.padding = {pads[0], pads[2], pads[1], pads[3], false};
  return t;
}

}  // namespace octet::onnx
