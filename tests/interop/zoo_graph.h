// The zoo's networks, untrained.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"

namespace octet::test {

/// Large images and the largest networks made smaller.
inline std::pair<ModulePtr, zoo::NetworkOptions> small_zoo(const std::string& name) {
  zoo::NetworkOptions o = zoo::resolve_options(name);
  if (o.in_h > 96) o.in_h = o.in_w = 96;
  if (name.starts_with("mobilenet_v2")) o.width = 0.35;
  if (name.starts_with("vgg") || name.starts_with("resnet18")) o.width = 0.25;
  return {zoo::make_model(name, o), o};
}

/// Quantized by one random batch.
inline int8::Graph quantized_zoo(const std::string& name) {
  const auto [model, o] = small_zoo(name);
  struct Batch {
    Tensor x, y;
  } batch{Tensor::empty({2, o.in_h, o.in_w, o.in_c}), Tensor::empty({2}, ElementType::i32)};
  Random random(5);
  for (real& v : batch.x.span<real>()) v = static_cast<real>(random.below(256)) / real(255);
  for (auto& v : batch.y.span<std::int32_t>()) v = 0;
  quant::QConfig config;
  config.input = int8::QuantParams{1.0f / 255, -128};
  const quant::QatModelPtr ptq = quant::prepare_ptq(trace(model, batch.x), config);
  Context ctx(1, 7);
  quant::calibrate(*ptq, std::vector{batch}, {.batches = 1}, ctx);
  return quant::lower(*ptq);
}

}  // namespace octet::test
