// Dense convolution on AMX tiles, for the table of kernels in avx512_vnni.cpp.
#pragma once

#include "base/simd/extensions.h"
#include "int8/kernels/conv_args.h"

namespace octet::int8 {

inline constexpr int amx_tile_pixels = 16;
inline constexpr int amx_segment_units = 16;

/// Before and after a thread's calls of the block kernels: sets up the tile registers, gives them
/// back. Requires amx_available().
void amx_enter();
void amx_leave();

/// Blocks of one and of two vectors of channels. Read up to 63 bytes past the last segment, and, of
/// rows of fewer than 16 pixels, past the end of a row as if it had 16.
void amx_block_1(const BlockArgs& args);
void amx_block_2(const BlockArgs& args);

}  // namespace octet::int8
