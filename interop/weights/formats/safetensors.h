// safetensors: 8 bytes of header length (little-endian), a JSON header, the tensors' bytes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "interop/arrays/stored_tensor.h"

namespace octet {

/// Whether the bytes begin as such a file does; and whether they hold all of the header, too.
bool looks_like_safetensors(std::span<const std::byte> file) noexcept;
bool is_whole_safetensors(std::span<const std::byte> file) noexcept;

/// The tensors, in the order of their data; they point into `file`. As the format's own reader:
/// unknown keys are passed over, any alignment is accepted, and the data is covered by the tensors
/// without overlap and hole. Throws Error, beginning with `path`, naming tensor, expected and got,
/// for a header that is no JSON of this form or beyond 100 MB, for a name or key that stands twice,
/// an unknown dtype, extents whose product is not the data's length, and data that does not lie
/// inside the file, behind the tensor before and up to the end.
std::vector<StoredTensor> parse_safetensors(std::span<const std::byte> file,
                                            const std::string& path);

}  // namespace octet
