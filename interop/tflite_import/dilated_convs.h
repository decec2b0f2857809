// Convolutions with a dilation that converters write by hand. Not for users of the library.
#pragma once

#include "int8/graph/graph.h"

namespace octet::tflite_import {

/// SPACE_TO_BATCH_ND, a VALID convolution of the parts with stride 1 and BATCH_TO_SPACE_ND, of
/// values that nobody else reads, become PAD, a convolution with a dilation and SLICE: the same
/// values. In front of the convolution and behind it a dimension of extent 1 may be put in and
/// taken out.
void join_dilated_convs(int8::Graph& graph);

}  // namespace octet::tflite_import
