// The zoo's networks as C99 source.
#include <doctest/doctest.h>

#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/interop/c99/c_project.h"

using namespace octet;
using namespace octet::test;

namespace {

/// Untrained, quantized by one random batch; large images made smaller.
int8::Graph quantized(const std::string& name) {
  zoo::NetworkOptions o = zoo::resolve_options(name);
  if (o.in_h > 96) o.in_h = o.in_w = 96;
  if (name.starts_with("mobilenet_v2")) o.width = 0.35;
  if (name.starts_with("vgg") || name.starts_with("resnet18")) o.width = 0.25;
  const ModulePtr model = zoo::make_model(name, o);
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

}  // namespace

TEST_CASE("C99: the zoo's networks give the engine's bytes in both roundings") {
  for (const std::string& name : zoo::model_names()) {
    const int8::Graph graph = quantized(name);
    for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding}) {
      CProject project(graph, {.rounding = rounding, .samples = 2});
      CAPTURE(name);
      CHECK(project.make() == "2 of 2 equal\n");
      MESSAGE(name << ": arena " << project.made.arena_bytes << ", constants "
                   << project.made.constant_bytes);
    }
  }
}
