// A model as a target takes it, wherever it is run.
#pragma once

#include "deploy/folder/deployment.h"
#include "deploy/target_model.h"

namespace octet::deploy {

/// The types at the model's edges. LiteRT.js takes no int8, MediaPipe neither: in browsers float32;
/// on Android uint8, where pixels are its codes or it is no picture, else float32.
Io io_of(const DeploymentSource& source, const Target& target, Platform platform);

/// The model in that form. Files for LiteRT get the standard metadata, others none: it is memory.
/// For ONNX files, which have no place for it, it makes notes.
TargetModel target_form(const DeploymentSource& source, const Target& target, Platform platform);

/// What the deployed model computes in: the target's rounding, or where it takes any (c, linux) the
/// model's own.
int8::Rounding rounding_of(const DeploymentSource& source, const Target& target) noexcept;

/// Who computes, as the target's program runs it: of TFLite files LiteRT by XNNPACK.
int8::Rounding runtime_rounding(const Target& target, int8::Rounding rounding) noexcept;

}  // namespace octet::deploy
