// The whole zoo: every reference network traces, prepares, trains in every stage, converts, and the
// integer graph gives the codes of training at every layer; and training, in float and on codes,
// has the same bits at any number of threads: in every weight, moment, statistic and observer.
#include <doctest/doctest.h>

#include "base/fnv1a.h"
#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "optim/adam.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/address_sanitizer.h"

using namespace octet;
using namespace octet::quant;

namespace {

constexpr int classes = 4;
constexpr std::int64_t batch_size = 16;  // enough that the work is cut into several pieces

/// A small version of a network of the zoo.
struct Net {
  ModulePtr model;
  Shape input;
  zoo::OutputKind output;
};

Net small_net(const std::string& name) {
  const zoo::OutputKind output = zoo::output_kind(name);
  zoo::NetworkOptions o = zoo::resolve_options(name);
  o.classes = output == zoo::OutputKind::input ? 0 : classes;
  o.width = 0.25;
  if (o.in_h >= 32) o.in_h = o.in_w = name == "squeezenet1_1" ? 47 : 32;
  return {zoo::make_model(name, o), {batch_size, o.in_h, o.in_w, o.in_c}, output};
}

struct Batch {
  Tensor x, y;
};

/// Labels are of samples, or of pixels.
Batch make_batch(const Net& net, std::uint64_t seed) {
  const Shape& s = net.input;
  const bool pixels = net.output == zoo::OutputKind::pixels;
  Batch b{Tensor::empty(s),
          Tensor::empty(pixels ? Shape{s[0], s[1], s[2]} : Shape{s[0]}, ElementType::i32)};
  Random random(seed);
  for (real& v : b.x.span<real>()) v = static_cast<real>(random.below(256)) / real(255);
  for (auto& v : b.y.span<std::int32_t>()) v = static_cast<std::int32_t>(random.below(classes));
  return b;
}

void train_step(Context& ctx, Module& model, optim::Adam& adam, const Net& net, const Batch& b) {
  ++ctx.step;
  model.train();
  Tape tape(ctx);
  const Var y = model(tape.input(b.x));
  const Var loss = net.output == zoo::OutputKind::input
                       ? mse_loss(y, b.x.reshape(y.shape()))
                       : cross_entropy(y, b.y, {.label_smoothing = 0.1, .class_weights = {}});
  adam.zero_grad();
  tape.backward(loss);
  adam.step(ctx);
}

/// Of all that a checkpoint holds: weights, batch norm statistics, observers and cuts; moments.
std::uint64_t state_hash(const Module& model, const optim::Adam& adam) {
  Fnv1a hash;
  const auto add = [&](const std::vector<NamedTensor>& state) {
    for (const NamedTensor& t : state) {
      hash.add(std::as_bytes(std::span(t.name)));
      hash.add({t.value.raw(), t.value.bytes()});
    }
  };
  add(model.state());
  add(adam.state());
  return hash.value();
}

/// Float steps, then steps of every stage; the hashes of the state after each.
std::vector<std::uint64_t> train_through(const std::string& name, int threads, bool check) {
  const Net net = small_net(name);
  Context ctx(threads, 7);
  const std::vector<Batch> batches{make_batch(net, 1), make_batch(net, 2)};
  optim::Adam adam(net.model->parameters(), {.lr = 1e-3});
  for (const Batch& b : batches) train_step(ctx, *net.model, adam, net, b);
  std::vector<std::uint64_t> hashes{state_hash(*net.model, adam)};

  QConfig config;
  config.input = QuantParams{1.0f / 255, -128};
  const QatModelPtr owner = prepare_qat(trace(net.model, batches[0].x), config);
  QatModel& qat = *owner;
  calibrate(qat, batches, {.batches = 2}, ctx);
  optim::Adam fine(qat.parameters(), {.lr = 1e-4});
  for (const Stage stage : {Stage::train_bn, Stage::frozen_bn, Stage::frozen_observers}) {
    qat.advance(stage);
    for (const Batch& b : batches) train_step(ctx, qat, fine, net, b);
    hashes.push_back(state_hash(qat, fine));
    if (!check) continue;
    CAPTURE(stage_name(stage));
    ConvertReport report;
    convert(qat, ctx, &report);
    CHECK(report.parity.compared > 0);
    CHECK(report.parity.different == 0);
    int8::ModelOptions options;
    options.fuse = false;  // every value is there to compare; this machine's kernels
    const int8::Model model(lower(qat), options);
    CHECK(compare_codes(qat, ctx, model, batches[1].x).different == 0);
  }
  return hashes;
}

}  // namespace

TEST_CASE("every network of the zoo trains in integers and converts to the same codes") {
  for (const std::string& name : zoo::model_names()) {
    // The others are made of the same layers, in minutes.
    if (octet::test::address_sanitizer && name != "lenet" && name != "mobilenet_v3_small") continue;
    CAPTURE(name);
    const std::vector<std::uint64_t> hashes = train_through(name, 1, true);
    for (int threads : {2, 5}) {
      if (octet::test::address_sanitizer && threads == 2) continue;  // four times as slow
      CAPTURE(threads);
      CHECK(train_through(name, threads, false) == hashes);
    }
  }
}
