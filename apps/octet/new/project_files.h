// The files of a new project.
#pragma once

#include <span>

#include "base/embedded_file.h"

namespace octet::app {

/// apps/octet/new/project, "@NAME@" standing for the project's name.
std::span<const EmbeddedFile> embedded_files() noexcept;

}  // namespace octet::app
