// Operators that move codes and change none.
#pragma once

#include <algorithm>
#include <array>

#include "int8/graph/graph.h"

namespace octet::deploy {

/// On integers in ONNX Runtime if input and output have one scale and zero point.
constexpr bool moves_codes(int8::OpCode op) noexcept {
  using int8::OpCode;
  constexpr std::array moves{OpCode::max_pool_2d, OpCode::resize_nearest_neighbor,
                             OpCode::transpose,   OpCode::reshape,
                             OpCode::expand_dims, OpCode::squeeze,
                             OpCode::slice,       OpCode::strided_slice,
                             OpCode::split,       OpCode::split_v};
  return std::find(moves.begin(), moves.end(), op) != moves.end();
}

}  // namespace octet::deploy
