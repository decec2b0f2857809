// Which random numbers the data pipeline uses: the streams of core/random.h by epoch and sample.
#pragma once

#include "core/random.h"

namespace octet::data_detail {

/// Keeps these streams apart from those that initialize weights or drop activations.
inline constexpr std::uint64_t data_key = 0x6f637465742d6461ULL;

/// For the augmentation of one sample in one epoch: its draw number `draw`, so that what one draw
/// takes from the stream does not move the next. Requires epoch and sample < 2^32 - 1.
inline Random sample_random(std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample,
                            std::uint64_t draw) {
  return Random(seed ^ data_key, (epoch << 32) | sample, draw << 32);
}

/// The numbers of draws that go on for longer than one number: a sample's noise, and the share in a
/// mixture that its batch has. Those of Transform::view() are lower.
inline constexpr std::uint64_t noise_draw = 32, mixup_draw = 33;

/// For the order of an epoch's samples.
inline Random epoch_random(std::uint64_t seed, std::uint64_t epoch) {
  return Random(seed ^ data_key, (epoch << 32) | 0xffffffffULL);
}

}  // namespace octet::data_detail
