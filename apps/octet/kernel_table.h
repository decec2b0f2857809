// Which kernel runs each operator on each instruction set of this machine.
#pragma once

#include <ostream>

namespace octet::app {

/// As Markdown: one row per operator, one column per instruction set, best first. The names are
/// those of the kernels that a model of every operator really gets.
void print_kernel_table(std::ostream& out);

}  // namespace octet::app
