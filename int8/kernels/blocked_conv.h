// What convolutions computed block of channels by block of channels share: their packed weights and
// the constants of all channels, which are computed once if prepared, else at the front of each
// run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "int8/kernels/aligned_buffer.h"
#include "int8/kernels/channel_table.h"
#include "int8/kernels/conv_algorithm.h"
#include "int8/kernels/conv_args.h"

namespace octet::int8 {

class BlockedConv : public ConvAlgorithm {
 public:
  void prepare(std::int32_t input_zero_point, const ConvOutput& out) final;
  std::size_t packed_bytes() const noexcept final {
    return weights_.size() + sums_.bytes() + constants_.size();
  }

 protected:
  struct Run {
    const std::int8_t* x;
    std::int32_t input_zero_point;
    const ConvOutput& out;
    const std::byte* table;
    const BlockMode* modes;
  };

  BlockedConv(const ConvGeometry& g, const ConvKernels& kernels)
      : ConvAlgorithm(g), k_(kernels), sums_(g.out_c) {}
  /// To be called once, when the blocks are planned.
  void allocate(int slots, std::size_t blocks, std::int64_t weight_bytes);

  /// New weights are about to be packed: what was prepared is void.
  void begin_pack(const std::int8_t* weights) noexcept;
  /// The constants that were prepared, else those of this run, computed to the front of scratch.
  [[gnu::noinline]] Run bind(const std::int8_t* x, std::int32_t input_zero_point,
                             const ConvOutput& out, std::byte* scratch) const noexcept;
  /// What bind() needs at the front of scratch.
  std::size_t shared_bytes() const noexcept {
    return constants_.size() > 0 ? 0 : constants_bytes();
  }

  /// Constants of all slots, and the mode of each block. correction: as fill_channels() takes it.
  virtual void fill_constants(std::int32_t correction, const ConvOutput& out,
                              const ChannelTable& table, BlockMode* modes) const noexcept = 0;

  const ConvKernels& k_;
  AlignedBuffer weights_;
  WeightSums sums_;

 private:
  /// The table of channels, then the modes of all blocks.
  std::size_t constants_bytes() const noexcept {
    return align64(ChannelTable::bytes(slots_)) + align64(blocks_ * sizeof(BlockMode));
  }
  void fill(std::int32_t input_zero_point, const ConvOutput& out, std::byte* memory) const noexcept;

  int slots_ = 0;
  std::size_t blocks_ = 0;
  AlignedBuffer constants_;
};

}  // namespace octet::int8
