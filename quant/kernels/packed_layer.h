// A layer's convolution, packed anew in every step.
#pragma once

#include <memory>

#include "int8/kernels/packed_conv.h"

namespace octet::quant {

/// Keeps the memory from step to step.
class PackedLayer {
 public:
  const int8::PackedConv& pack(const ConvGeometry& geometry, Isa isa, const std::int8_t* weights) {
    if (!conv_ || isa_ != isa || conv_->geometry() != geometry) {
      conv_ = std::make_unique<int8::PackedConv>(geometry, isa);
      isa_ = isa;
    }
    conv_->pack(weights);
    return *conv_;
  }

 private:
  std::unique_ptr<int8::PackedConv> conv_;
  Isa isa_ = Isa::portable;  ///< of conv_
};

}  // namespace octet::quant
