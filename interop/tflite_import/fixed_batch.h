// Files of several samples. Not for users of the library.
#pragma once

#include "int8/graph/graph.h"

namespace octet::tflite_import {

/// Where the first dimensions of all inputs are the same number of samples, makes values those of
/// one sample and returns that number; else 1, and `graph` is as it was. What computes with the
/// number fits no longer then.
int take_one_sample(int8::Graph& graph);

}  // namespace octet::tflite_import
