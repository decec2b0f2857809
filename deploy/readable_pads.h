// Whether int8::fuse_pads() can be asked.
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"

namespace octet::deploy {

/// The operands of every PAD and PADV2 are constants, which fuse_pads() takes for granted.
inline bool has_readable_pads(const int8::Graph& graph) {
  using int8::OpCode;
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const int8::Node& pad) {
    if (pad.op != OpCode::pad && pad.op != OpCode::padv2) return true;
    const auto operand = [&](std::size_t i) -> const int8::TensorDef& {
      return graph.tensors[static_cast<std::size_t>(pad.inputs[i])];
    };
    if (!operand(1).constant || operand(1).type != int8::DType::i32) return false;
    return pad.op == OpCode::pad || (operand(2).constant && operand(2).type == int8::DType::i8);
  });
}

}  // namespace octet::deploy
