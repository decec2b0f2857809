// Reads full-integer TFLite files, whoever wrote them. Part of the deployable runtime.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/export.h"
#include "int8/graph/graph.h"

namespace octet {

/// Parses and checks a TFLite flatbuffer: everything about the file as such (verifier, version,
/// indices, types, sizes, quantization presence; docs/numerics.md, loader checks 1 to 7). What is
/// semantic (op shapes, multipliers) is checked by int8::Model. Constants are views into `bytes`,
/// kept alive by `owner`. Throws Error naming what is unsupported: op, version, tensor, reason.
OCTET_API int8::Graph parse_tflite(std::span<const std::byte> bytes,
                                   std::shared_ptr<const void> owner);

/// The same from a file, which is mapped and stays mapped while the graph's constants are in use.
OCTET_API int8::Graph read_tflite(const std::string& path);

}  // namespace octet
