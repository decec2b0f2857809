#include "quant/floats/float_moves.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/ops/ops.h"
#include "quant/lower_moves.h"
#include "quant/no_int8_form.h"

namespace octet::quant {

int float_reshape(FloatNodes& f, const Op& op, std::span<const int> x) {
  return f.reshape(x[0], static_cast<const ReshapeOp&>(op).result(f.shape(x[0])));
}

int float_layout(FloatNodes& f, const Op& op, std::span<const int> x) {
  const auto* pad = dynamic_cast<const Pad2dOp*>(&op);
  if (!pad || pad->value == 0) {
    return lower_layout(f.graph(), static_cast<const LayoutOp&>(op), f.layer(), x[0]);
  }
  const int amounts = f.graph().add_paddings(f.layer() + ".paddings", pad->pads);
  return f.move(int8::OpCode::padv2, x[0], pad->result(f.shape(x[0])),
                {amounts, f.scalar(pad->value)});
}

int float_concat(FloatNodes& f, const Op& op, std::span<const int> x) {
  return lower_concat(f.graph(), static_cast<const ConcatOp&>(op).resolved_axis(f.shape(x[0])),
                      f.layer(), {x.begin(), x.end()});
}

int float_resize(FloatNodes& f, const Op& op, std::span<const int> x) {
  const auto plain = resize_of_format(static_cast<const Resize2dOp&>(op), f.shape(x[0]));
  return lower_resize(f.graph(), *plain, f.layer(), x[0]);
}

int float_pad(FloatNodes& f, const Op& op, std::span<const int> x) {
  const auto& pad = static_cast<const PadOp&>(op);
  std::vector<std::int32_t> list;
  for (std::size_t d = 0; d < pad.before.size(); ++d) {
    list.push_back(static_cast<std::int32_t>(pad.before[d]));
    list.push_back(static_cast<std::int32_t>(pad.after[d]));
  }
  std::vector<int> constants{f.integers({static_cast<std::int64_t>(pad.before.size()), 2}, list)};
  const Shape result = pad.result(f.shape(x[0]));
  if (pad.mode == PadMode::reflect) {
    return f.move(int8::OpCode::mirror_pad, x[0], result, constants,
                  int8::MirrorPadAttributes{false});
  }
  constants.push_back(f.scalar(pad.value));
  return f.move(int8::OpCode::padv2, x[0], result, std::move(constants));
}

std::string refused_pad(const Op& op, const Shape&) {
  const auto& pad = static_cast<const PadOp&>(op);
  const auto negative = [](std::int64_t n) { return n < 0; };
  const bool fits = pad.before[0] == 0 && pad.after[0] == 0 &&
                    std::ranges::none_of(pad.before, negative) &&
                    std::ranges::none_of(pad.after, negative) &&
                    (pad.mode == PadMode::constant || pad.mode == PadMode::reflect);
  return fits ? "" : "op pad (" + pad.attributes() + ")";
}

int float_tile(FloatNodes& f, const Op& op, std::span<const int> x) {
  const auto& tile = static_cast<const TileOp&>(op);
  const std::vector<std::int32_t> list(tile.repeats.begin(), tile.repeats.end());
  const int repeats = f.integers({static_cast<std::int64_t>(list.size())}, list);
  return f.move(int8::OpCode::tile, x[0], tile.result(f.shape(x[0])), {repeats});
}

std::string refused_tile(const Op& op, const Shape&) {
  return static_cast<const TileOp&>(op).repeats[0] == 1 ? "" : "op tile of the batch";
}

int float_expand(FloatNodes& f, const Op& op, std::span<const int> x) {
  const Shape result = static_cast<const ExpandOp&>(op).result(f.shape(x[0]));
  const std::vector<std::int32_t> list(result.dims().begin(), result.dims().end());
  const int extents = f.integers({static_cast<std::int64_t>(list.size())}, list);
  return f.move(int8::OpCode::broadcast_to, x[0], result, {extents});
}

std::string refused_expand(const Op& op, const Shape& x) {
  const auto& dims = static_cast<const ExpandOp&>(op).dims;
  const auto rank = static_cast<std::size_t>(x.rank());
  const bool keeps = dims.size() < rank || (dims.size() == rank && dims[0] == 1);
  return keeps ? "" : "op expand of the batch";
}

}  // namespace octet::quant
