// A model as a target takes it.
#pragma once

#include "deploy/folder/deployment.h"
#include "deploy/targets.h"
#include "int8/graph/graph.h"

namespace octet::deploy {

/// The types at the model's edges: LiteRT.js has no int8, MediaPipe neither.
Io io_of(const Target& target, Platform platform) noexcept;

/// The graph with the target's rounding and the types at its edges that the target takes there.
int8::Graph target_form(int8::Graph graph, const Target& target, Platform platform);

/// Who computes, as the target's program runs it: of TFLite files LiteRT by XNNPACK.
int8::Rounding runtime_rounding(const Target& target) noexcept;

}  // namespace octet::deploy
