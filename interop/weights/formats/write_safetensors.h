// safetensors, out.
#pragma once

#include <filesystem>
#include <span>

#include "interop/arrays/stored_tensor.h"

namespace octet {

/// Writes tensors of format f32 in row-major order, one behind the other, the header filled up with
/// spaces to a multiple of 8 bytes. The file appears whole or not at all; the same tensors give the
/// same bytes. Throws Error naming the path if it cannot be written, or the tensor if it is of
/// another format.
void write_safetensors(const std::filesystem::path& path, std::span<const StoredTensor> tensors);

}  // namespace octet
