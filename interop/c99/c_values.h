// Where the values of a model's C source are: static memory for those of a run, and for states.
#pragma once

#include <string>
#include <vector>

#include "int8/engine/model_impl.h"

namespace octet::c99 {

struct CValues {
  std::vector<std::string> places;  ///< of each tensor, a pointer to int8_t; "" of constants
  std::size_t arena_bytes = 0, state_bytes = 0;
  std::vector<std::string> kept;  ///< of each state, its memory
  /// Statements before and after the steps of a run.
  std::string load, save;
};

/// By the engine's plan. States are worked on where they are kept, unless one becomes what another
/// was, or an output is what a state was: then they are copied to the arena first.
CValues place_values(const int8::Model::Impl& model);

}  // namespace octet::c99
