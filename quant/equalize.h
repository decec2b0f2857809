// Channels of one range, for post-training quantization.
#pragma once

#include <functional>
#include <vector>

#include "layers/graph/graph_module.h"

namespace octet::quant {

/// Evens out the ranges of a value's channels, which share one scale: those that are small lose
/// most of their codes otherwise, and depthwise convolutions make them large again. Where a
/// convolution or linear layer, batch norm or none, relu or none, and convolutions or linear layers
/// that alone read the result follow each other, channel c is divided by s_c > 0 and its weights in
/// the readers are multiplied by it: the network stays the same function but for rounding (Nagel et
/// al. 2019). s_c is x_c^(3/4) / w_c^(1/4), x_c the mean over batches of the channel's largest
/// magnitude, w_c its largest weight in the readers (Xiao et al. 2023), or x_c where all of them
/// are depthwise, whose weights have a scale for each channel anyway; at least 1/1000 of the
/// largest s.
///
/// `batches` returns a tensor for each input, then none. The parameters of `graph` change, but not
/// those that several layers share. Call it before prepare_ptq (or prepare_qat). Returns how many
/// values it evened out. Throws Error if there is no batch.
int equalize(GraphModule& graph, const std::function<std::vector<Tensor>()>& batches, Context& ctx);

}  // namespace octet::quant
