// The files around a model's C code: header, main program of the test, Makefiles.
#pragma once

#include <string>
#include <string_view>

#include "int8/engine/model.h"
#include "interop/c99/export_c.h"

namespace octet::c99 {

/// What the names of the header begin with: "MODEL_".
std::string macro_prefix(std::string_view name);
/// "int8_t", "float" etc.
std::string_view c_type(int8::DType type) noexcept;
/// Text of unknown origin within a comment.
std::string in_comment(std::string_view text);

/// NAME.h. `made`: its sizes.
CFile header_file(const int8::Model& model, const CExportOptions& options, const CExport& made);
/// test_main.c: the samples, and what the engine makes of them.
CFile test_file(const int8::Model& model, const CExportOptions& options);
/// A text of interop/c99/templates/ with the model's name.
CFile template_file(std::string_view path, const CExportOptions& options);

}  // namespace octet::c99
