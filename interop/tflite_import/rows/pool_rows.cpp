// Pools and resizes of images.
#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

int image(const FileNode& node) {
  const int x = node.computed(0);
  OCTET_CHECK(node.shape(x).rank() == 4, "expected an image [1, H, W, C], got ", node.shape(x));
  return x;
}

template <class Make>
void import_pool(FileNode& node, const Make& make) {
  const auto a = node.attributes<int8::PoolAttributes>();
  OCTET_CHECK(a.stride_h >= 1 && a.stride_w >= 1 && a.filter_h >= 1 && a.filter_w >= 1,
              "expected positive strides and extents");
  Window2d window{a.filter_h, a.filter_w, a.stride_h, a.stride_w, 1, 1, {}};
  if (a.padding == int8::Padding::same) window.padding = Padding2d::same_padding();
  const int x = image(node);
  const Shape& s = node.shape(x);
  const auto [h, w] = window.output_size(s[1], s[2], "pool");
  const int y = node.add(make(window), {x}, {1, h, w, s[3]});
  node.set(node.activated(y, a.activation));
}

void import_resize(FileNode& node, Interpolation interpolation) {
  const auto a = node.attributes<int8::ResizeAttributes>();
  OCTET_CHECK(!(a.align_corners && a.half_pixel_centers),
              "align_corners and half_pixel_centers exclude each other");
  const int x = image(node);
  const std::vector<std::int32_t> size = node.integers(1, "size");
  OCTET_CHECK(size.size() == 2, "size: expected 2 extents, got ", size.size());
  const Coordinates c = a.align_corners        ? Coordinates::align_corners
                        : a.half_pixel_centers ? Coordinates::half_pixel
                                               : Coordinates::asymmetric;
  const auto op = std::make_shared<Resize2dOp>(size[0], size[1], interpolation, c);
  node.set(node.add(op, {x}, {1, size[0], size[1], node.shape(x)[3]}));
}

}  // namespace

void import_average_pool(FileNode& node) {
  import_pool(node, [](const Window2d& w) { return std::make_shared<AvgPool2dOp>(w, false); });
}

void import_max_pool(FileNode& node) {
  import_pool(node, [](const Window2d& w) { return std::make_shared<MaxPool2dOp>(w); });
}

void import_resize_bilinear(FileNode& node) {
  import_resize(node, Interpolation::bilinear);
}

void import_resize_nearest(FileNode& node) {
  import_resize(node, Interpolation::nearest);
}

}  // namespace octet::tflite_import
