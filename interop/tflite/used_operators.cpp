#include "interop/tflite/used_operators.h"

#include <algorithm>
#include <set>

#include "tflite_generated.h"

namespace octet {

std::vector<std::int32_t> used_operators(std::span<const std::byte> file) {
  std::set<std::int32_t> codes;
  for (const auto* code : *flatbuffers::GetRoot<tflite::Model>(file.data())->operator_codes())
    codes.insert(std::max<std::int32_t>(code->builtin_code(), code->deprecated_builtin_code()));
  return {codes.begin(), codes.end()};
}

}  // namespace octet
