// What a target does not take, or takes otherwise than octet's engine computes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/graph.h"

namespace octet::deploy {

struct Finding {
  bool refused = false;        ///< else a warning: codes there may differ from octet's
  bool from_scales = false;    ///< training may change it
  std::string text;            ///< names the node
  std::string fix = {};        ///< what to do about it; empty: nothing is known
  std::string_view rule = {};  ///< whose it is: check_target() says it
};

/// "operator 3 (SUB) "difference": ...; fix: ... (rule float_operators)"
std::string finding_text(const Finding& finding);

struct Rule {
  std::string_view name;
  /// Adds what it finds in the graph.
  void (*check)(const int8::Graph& graph, std::vector<Finding>& findings);
};

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

/// Operators that are not written as ONNX, and states.
void onnx_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: operators on codes that ONNX Runtime computes with floats, between a
/// DequantizeLinear and a QuantizeLinear. One finding for each kind of operator. By ONNX Runtime
/// 1.31; OpenVINO's list is taken to be the same.
void float_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: activations whose bounds are not the first and the last code of the result, so that
/// a Clip stands in front of the quantizer: the operator runs in floats. By ONNX Runtime 1.31.
void clamp_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: operators that move codes, between values of different scales or zero points: they
/// move floats then. By ONNX Runtime 1.31.
void moves_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// Zero points other than 0, which TensorRT refuses.
void zero_points_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: weight codes beyond +-63 of convolutions with kernels larger than 1x1, with which
/// MNN 3.6.1 computes wrong codes on x86-64 CPUs with VNNI; with AVX2 alone they were right.
void mnn_weights_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: weight codes beyond +-63 of convolutions and matrix products, with which sums of two
/// products saturate on x86-64 CPUs without VNNI. Measured with OpenVINO 2026.4.
void wide_weights_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// A warning: products of two activations that OpenVINO computes with floats, as codes of the first
/// have another zero point than -128 (0 in its uint8), or of the second than 0. Measured with
/// OpenVINO 2026.4 on an x86-64 CPU with AVX2.
void openvino_products_rule(const int8::Graph& graph, std::vector<Finding>& findings);

/// Warnings: maxima and minima of codes, which MNN computes wrongly between convolutions (on
/// x86-64); FULLY_CONNECTED and TRANSPOSE_CONV that another operator reads, which it computes with
/// floats. By MNN 3.6.1.
void mnn_operators_rule(const int8::Graph& graph, std::vector<Finding>& findings);

}  // namespace octet::deploy
