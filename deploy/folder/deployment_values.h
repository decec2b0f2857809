// What the texts of a deployed folder say of the model: the values of their places.
#pragma once

#include "deploy/folder/deployment.h"
#include "deploy/folder/pixel_code.h"
#include "deploy/folder/template_text.h"

namespace octet::deploy {

/// The values that all targets' templates share, with code in `language`.
Values deployment_values(const Deployment& deployment, Language language);

/// "int8", "float32".
std::string type_words(int8::DType type);

/// Bytes as a C array's elements, in lines.
std::string byte_lines(const void* data, std::size_t size);

}  // namespace octet::deploy
