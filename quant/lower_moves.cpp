#include "quant/lower_moves.h"

#include <array>

namespace octet::quant {

namespace {

int lower_slice(Lowering& l, const SliceOp& slice, const std::string& layer, int input) {
  const Shape in = l.shape(input);
  const auto axis = static_cast<std::size_t>(slice.axis < 0 ? slice.axis + in.rank() : slice.axis);
  std::vector<std::int64_t> begin(static_cast<std::size_t>(in.rank()), 0), end, step;
  for (int d = 0; d < in.rank(); ++d) end.push_back(in[d]);
  step.assign(begin.size(), 1);
  begin[axis] = slice.begin;
  end[axis] = slice.end;
  step[axis] = slice.step;
  return l.add_slice(layer, input, begin, end, step);
}

}  // namespace

int lower_layout(Lowering& l, const LayoutOp& op, const std::string& layer, int input) {
  if (const auto* slice = dynamic_cast<const SliceOp*>(&op)) {
    return lower_slice(l, *slice, layer, input);
  }
  std::vector<int> inputs{input};
  int8::OpCode code = int8::OpCode::transpose;
  int8::Attributes attributes;
  if (const auto* pad = dynamic_cast<const Pad2dOp*>(&op)) {
    code = int8::OpCode::pad;
    inputs.push_back(l.add_paddings(layer + ".paddings", pad->pads));
  } else if (const auto* to_space = dynamic_cast<const DepthToSpaceOp*>(&op)) {
    code = int8::OpCode::depth_to_space;
    attributes = int8::BlockAttributes{to_space->block};
  } else if (const auto* to_depth = dynamic_cast<const SpaceToDepthOp*>(&op)) {
    code = int8::OpCode::space_to_depth;
    attributes = int8::BlockAttributes{to_depth->block};
  } else {
    const auto& transpose = dynamic_cast<const TransposeOp&>(op);
    const std::vector<std::int32_t> order(transpose.permutation.begin(),
                                          transpose.permutation.end());
    inputs.push_back(
        l.add_int32(layer + ".permutation", {static_cast<std::int64_t>(order.size())}, order));
  }
  const int y = l.add_like(input, layer, op.result(l.shape(input)));
  l.add_node(code, std::move(inputs), y, std::move(attributes));
  return y;
}

int lower_reshape(Lowering& l, const Shape& result, const std::string& layer, int input) {
  const int y = l.add_like(input, layer, result);
  const std::vector<std::int32_t> dims = l.tensor(y).shape;
  const int wanted = l.add_int32(layer + ".shape", {static_cast<std::int64_t>(dims.size())}, dims);
  l.add_node(int8::OpCode::reshape, {input, wanted}, y, int8::ReshapeAttributes{dims});
  return y;
}

int lower_concat(Lowering& l, int axis, const std::string& layer, std::vector<int> parts) {
  Shape whole = l.shape(parts[0]);
  std::int64_t extent = 0;
  for (const int part : parts) extent += l.shape(part)[axis];
  whole.set(axis, extent);
  const int y = l.add_like(parts[0], layer, whole);
  l.add_node(int8::OpCode::concatenation, std::move(parts), y, int8::ConcatenationAttributes{axis});
  return y;
}

int lower_resize(Lowering& l, const Resize2dOp& op, const std::string& layer, int input) {
  const std::array<std::int32_t, 2> extents{op.out_h, op.out_w};
  const int size = l.add_int32(layer + ".size", {2}, extents);
  const Shape in = l.shape(input);
  const int y = l.add_like(input, layer, {in[0], op.out_h, op.out_w, in[3]});
  const bool nearest = op.interpolation == Interpolation::nearest;
  l.add_node(nearest ? int8::OpCode::resize_nearest_neighbor : int8::OpCode::resize_bilinear,
             {input, size}, y, resize_attributes(op));
  return y;
}

int8::ResizeAttributes resize_attributes(const Resize2dOp& op) {
  return {.align_corners = op.coordinates == Coordinates::align_corners,
          .half_pixel_centers = op.coordinates == Coordinates::half_pixel};
}

}  // namespace octet::quant
