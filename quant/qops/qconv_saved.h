// What QConvOp's forward keeps for its backward.
#pragma once

#include "quant/qops/qconv.h"

namespace octet::quant {

/// Besides the saved tensors {x codes, weight codes, mask, and with batch statistics acc, or where
/// codes hold batch norm's factor the weight}.
struct QConvOp::ForBackward {
  ConvShape shape;
  PoolVector<float> weight_scale;
  Folded folded;
  QuantParams in;
  bool batch_statistics = false;
  double batch_rows = 0;  ///< of all shares of the batch, with batch statistics
};

}  // namespace octet::quant
