// One addition of the tree.
#pragma once

#include <cstddef>
#include <span>

#include "core/communicator.h"

namespace octet::dist {

std::size_t value_size(ReduceKind what) noexcept;
/// a = a op b. `a` is of the members in front of b's.
void combine(ReduceKind what, std::span<std::byte> a, std::span<const std::byte> b) noexcept;
/// b = a op b, likewise.
void combine_into_second(ReduceKind what, std::span<const std::byte> a,
                         std::span<std::byte> b) noexcept;
/// What changes nothing.
void fill_neutral(ReduceKind what, std::span<std::byte> values) noexcept;

}  // namespace octet::dist
