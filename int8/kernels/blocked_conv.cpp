#include "int8/kernels/blocked_conv.h"

#include <utility>

namespace octet::int8 {

void BlockedConv::allocate(int slots, std::size_t blocks, std::int64_t weight_bytes) {
  slots_ = slots;
  blocks_ = blocks;
  weights_ = AlignedBuffer(static_cast<std::size_t>(weight_bytes));
}

void BlockedConv::begin_pack(const std::int8_t* weights) noexcept {
  sums_.compute(weights, g_.weights_per_channel());
  constants_ = {};
}

void BlockedConv::prepare(std::int32_t input_zero_point, const ConvOutput& out) {
  AlignedBuffer constants(constants_bytes());
  fill(input_zero_point, out, constants.get());
  constants_ = std::move(constants);
}

void BlockedConv::fill(std::int32_t input_zero_point, const ConvOutput& out,
                       std::byte* memory) const noexcept {
  fill_constants(k_.zero_point_free ? 0 : input_zero_point + k_.offset, out,
                 ChannelTable(memory, slots_),
                 reinterpret_cast<BlockMode*>(memory + align64(ChannelTable::bytes(slots_))));
}

BlockedConv::Run BlockedConv::bind(const std::int8_t* x, std::int32_t input_zero_point,
                                   const ConvOutput& out, std::byte* scratch) const noexcept {
  const std::byte* constants = constants_.get();
  if (!constants) {
    fill(input_zero_point, out, scratch);
    constants = scratch;
  }
  return {x, input_zero_point, out, constants,
          reinterpret_cast<const BlockMode*>(constants + align64(ChannelTable::bytes(slots_)))};
}

}  // namespace octet::int8
