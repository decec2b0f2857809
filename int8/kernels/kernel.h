// A function chosen for an instruction set, with the name that profiles print.
#pragma once

namespace octet::int8 {

/// F: a function type.
template <class F>
struct Kernel {
  F* run = nullptr;
  const char* name = "";  ///< "<op>_<isa>", or "portable"

  operator F*() const noexcept { return run; }
};

}  // namespace octet::int8
