// A model as C99 source for microcontrollers and whatever else has a C compiler: no allocation, no
// files, no library but string.h. docs/c99.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "int8/graph/graph.h"
#include "interop/c99/c_source.h"
#include "interop/c99/kernel_texts.h"

namespace octet::c99 {

struct CExportOptions {
  /// Of files and functions: a C identifier that is no keyword, header or other file of the export.
  std::string name = "model";
  /// Overrides the graph's recorded rounding.
  std::optional<int8::Rounding> rounding = std::nullopt;
  CSimd simd = CSimd::none;
  /// Pseudo-random inputs and what the engine makes of them, for test_main.c. At least 1.
  int samples = 10;
  bool test_main = true;  ///< else without that file
};

struct CExport {
  CFiles files;                    ///< NAME.h, NAME.c, test_main.c, Makefile, cortex_m/
  std::size_t arena_bytes = 0;     ///< static memory of the values of a run
  std::size_t state_bytes = 0;     ///< static memory that is kept from run to run
  std::size_t constant_bytes = 0;  ///< weights and tables
};

/// The same bytes for the same graph and options. The source gives the codes of int8::Model, bit
/// for bit. Throws Error as Model does; for float rounding; and, naming it, for an operator that
/// has no C form.
CExport export_c(const int8::Graph& graph, const CExportOptions& options = {});

/// "operator ARG_MAX of node 3": every node that has no C form. Throws Error as export_c() does.
std::vector<std::string> without_c_form(const int8::Graph& graph,
                                        const CExportOptions& options = {});

}  // namespace octet::c99
