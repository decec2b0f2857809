// What a target does not take, or takes otherwise than octet's engine computes it.
#pragma once

#include <string>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::deploy {

struct Finding {
  bool refused = false;      ///< else a warning: codes there may differ from octet's
  bool from_scales = false;  ///< training may change it
  std::string text;          ///< names the node
};

/// Adds what it finds in the graph.
using Rule = void (*)(const int8::Graph& graph, std::vector<Finding>& findings);

/// LiteRT's default, XNNPACK, takes these nodes and then cannot prepare them, so the file does not
/// load; or computes them wrongly: a convolution's multiplier s_x * s_w / s_y of 256 and more, a
/// factor of ADD or MUL of 256 and more, CONCATENATION, SPLIT, PAD, TRANSPOSE, RESIZE_BILINEAR and
/// MAX_POOL_2D between values of different scales. A convolution without a bias does not load
/// either. Measured with LiteRT 2.3.
void xnnpack_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// Operators that TFLite Micro has no kernel of, or none of codes (EXP, LOG, SQRT); a warning: pads
/// of SPACE_TO_BATCH_ND, which are not the zero point there. By TFLite Micro of August 2026.
void micro_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// Operators without a C form, and float rounding. Throws Error for a graph that does not compile.
void c99_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// Values computed as floats: each runtime rounds them in its own way, so codes behind them may
/// differ.
void floats_rule(const int8::Graph& graph, std::vector<Finding>& findings);

}  // namespace octet::deploy
