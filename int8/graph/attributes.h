// Typed access to a node's attributes.
#pragma once

#include <variant>

#include "base/error.h"
#include "int8/graph/graph.h"

namespace octet::int8 {

/// The attributes of an op that has those of type A; defaults if there are none. Throws Error if
/// they are those of another op.
template <class A>
A attributes_as(const Attributes& attributes) {
  if (std::holds_alternative<std::monostate>(attributes)) return A{};
  const A* a = std::get_if<A>(&attributes);
  OCTET_CHECK(a, "attributes: those of another op");
  return *a;
}

}  // namespace octet::int8
