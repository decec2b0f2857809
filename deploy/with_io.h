// The types at a model's edges.
#pragma once

#include "deploy/io.h"
#include "int8/graph/graph.h"

namespace octet::deploy {

/// The graph with inputs and outputs of the types asked for. Codes are the same in all forms, in
/// every rounding: those of uint8 are 128 more with a zero point 128 more, and float32 has the
/// reals of the codes. An edge that is there already (QUANTIZE or DEQUANTIZE that nothing else
/// reads, with one scale on both sides) is taken away first, so int8 -> float32 -> int8 gives the
/// same file. Names stay: those of the signature, and each edge's tensor has the name that its
/// code's had. What has no codes (indices, values that are computed as floats) or other codes stays
/// as it is.
int8::Graph with_io(int8::Graph graph, Io inputs, Io outputs);

/// Whether a value of this type is what `io` asks for.
bool has_io(const int8::TensorDef& edge, Io io) noexcept;

}  // namespace octet::deploy
