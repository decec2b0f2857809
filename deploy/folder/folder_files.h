// What the folders of all targets share.
#pragma once

#include <string>

#include "deploy/folder/deployment.h"
#include "deploy/folder/template_text.h"

namespace octet::deploy {

/// Adds those that are not there yet.
void add(Files& files, Files more);

/// What all READMEs say, with `target_title`, the row of memory and how preprocessing is called.
void set_readme(Values& values, const Deployment& deployment, const std::string& title,
                const std::string& memory, const char* preprocess);

/// With what every folder has: the golden samples and the labels, in these folders of it, and
/// README.md, which usage.md becomes part of.
Files whole_folder(Files files, const Deployment& deployment, const Values& values,
                   const std::string& golden = "", const std::string& labels = "");

/// Of FileForm::onnx and mnn.
Files onnx_files(const Deployment& deployment);

}  // namespace octet::deploy
