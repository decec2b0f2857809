#include "eval/evaluate.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "eval/confusion_matrix.h"
#include "eval/worst_samples.h"
#include "int8/graph/graph_builder.h"
#include "layers/flatten.h"
#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/convert.h"
#include "quant/prepare.h"
#include "tests/eval/images.h"
#include "tests/multi_nets.h"

using namespace octet;

namespace {

/// Four pixels are the logits of four classes.
struct Expected {
  std::int64_t correct = 0;
  double loss = 0;
};
Expected by_hand(const Dataset& data) {
  Expected e;
  const auto pixels = data.images.span<std::uint8_t>();
  const auto labels = data.labels.span<std::int32_t>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::uint8_t* row = pixels.data() + 4 * i;
    double sum = 0;
    for (int k = 0; k < 4; ++k) sum += std::exp(row[k] / 255.0);
    e.correct += std::max_element(row, row + 4) - row == labels[i];
    e.loss += std::log(sum) - row[labels[i]] / 255.0;
  }
  e.loss /= static_cast<double>(labels.size());
  return e;
}

/// The same network in integers: exact, for a code is a pixel.
int8::Graph pixels_as_logits(bool float_doors) {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 2, 2, 1}, 1.0f / 255, -128);
  const int y = b.value("y", {1, 4}, 1.0f / 255, -128);
  if (float_doors) {
    b.graph.inputs = {b.float_value("in", {1, 2, 2, 1})};
    b.graph.outputs = {b.float_value("out", {1, 4})};
    b.node(int8::OpCode::quantize, b.graph.inputs, {x});
  }
  b.node(int8::OpCode::reshape, {x}, {y}, int8::ReshapeAttributes{{1, 4}});
  if (float_doors) {
    b.node(int8::OpCode::dequantize, {y}, b.graph.outputs);
  } else {
    b.graph.inputs = {x};
    b.graph.outputs = {y};
  }
  return b.graph;
}

}  // namespace

TEST_CASE("accuracy and loss of a network and of an integer model are those by hand") {
  const Dataset data = test::random_images(23, 2, 4);  // the last batch is smaller
  const Expected expected = by_hand(data);
  CHECK(expected.correct > 0);
  Loader loader(data, {.batch = 5});
  loader.seek(3, 2);
  Context ctx(2);
  Flatten net;
  const int8::Model codes(pixels_as_logits(false)), floats(pixels_as_logits(true));
  for (const Evaluation& e :
       {evaluate(net, loader, ctx), evaluate(codes, loader, ctx), evaluate(floats, loader, ctx)}) {
    CHECK(e.images == 23);
    CHECK(e.correct == expected.correct);
    CHECK(e.accuracy() == doctest::Approx(static_cast<double>(expected.correct) / 23));
    CHECK(e.loss == doctest::Approx(expected.loss).epsilon(1e-5));
    CHECK(!e.stopped);
    CHECK(loader.position() == Loader::Position{3, 2});
  }
  CHECK(net.is_training());  // as before
}

TEST_CASE("a quantized network and its integer model are evaluated alike") {
  Loader loader(test::random_images(30, 12, 4), {.batch = 8});
  Context ctx;
  const auto net = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  const auto qat = quant::prepare_qat(trace(net, Tensor::zeros({1, 12, 12, 1})), {});
  quant::calibrate(*qat, loader, {}, ctx);
  const Evaluation a = evaluate(*qat, loader, ctx);
  const Evaluation b = evaluate(quant::convert(*qat, ctx), loader, ctx);
  CHECK(a.correct == b.correct);
  CHECK(a.loss == b.loss);
}

TEST_CASE("of several outputs, the caller names the logits or gives a loss") {
  Loader loader(test::random_images(30, 12, 4), {.batch = 8});
  Context ctx;
  test::TwoHeads net;
  const auto graph = trace(net, Tensor::zeros({1, 12, 12, 1}));
  const auto qat = quant::prepare_qat(graph, {});
  quant::calibrate(*qat, loader, {}, ctx);
  const int8::Model model = quant::convert(*qat, ctx);
  const auto zero_values = [](std::span<const Var> y, const Batch& batch) {
    CHECK(y.size() == 3);
    CHECK(y[2].shape() == Shape{batch.x.shape()[0], 6, 6, 8});
    return mse_loss(y[1], Tensor::zeros({batch.x.shape()[0], 2}));
  };
  for (const EvaluationOptions& options :
       {EvaluationOptions{}, EvaluationOptions{.logits = -1, .loss = zero_values},
        EvaluationOptions{.loss = zero_values}}) {
    const Evaluation a = evaluate(*qat, loader, ctx, options);
    const Evaluation b = evaluate(model, loader, ctx, options);
    CHECK(a.correct == b.correct);
    CHECK(a.loss == b.loss);
    CHECK(a.loss > 0);
    CHECK((a.correct > 0) == (options.logits == 0));
  }
  for (const int logits : {-2, 3}) {
    CHECK_THROWS_WITH_AS(evaluate(model, loader, ctx, {.logits = logits}),
                         doctest::Contains("there are 3 outputs"), Error);
  }
  CHECK_THROWS_WITH_AS(evaluate(net, loader, ctx, {.logits = -1}),
                       doctest::Contains("expected a loss"), Error);
}

TEST_CASE("of several inputs, a function gives the others") {
  Loader loader(test::random_images(30, 12, 4), {.batch = 8});
  Context ctx;
  test::TwoInputs net;
  const auto inputs = [](const Batch& batch) {
    return std::vector{batch.x, Tensor::full({batch.y.numel(), 3}, real(0.5))};
  };
  const auto graph =
      trace(net, {Tensor::zeros({1, 12, 12, 1}), Tensor::zeros({1, 3})}, {.outputs = {"class"}});
  const auto qat = quant::prepare_qat(graph, {});
  quant::calibrate(
      *qat, [&] { return inputs(loader.next()); }, {.batches = 2}, ctx);
  const int8::Model model = quant::convert(*qat, ctx);
  const Evaluation a = evaluate(*qat, loader, ctx, {.inputs = inputs});
  const Evaluation b = evaluate(model, loader, ctx, {.inputs = inputs});
  CHECK(a.images == 30);
  CHECK(a.correct == b.correct);
  CHECK(a.loss == b.loss);
  CHECK_THROWS_WITH_AS(evaluate(model, loader, ctx), doctest::Contains("has 2 inputs, got 1"),
                       Error);
}

TEST_CASE("each batch is shown with the indices of its samples, of every kind of network") {
  const Dataset data = test::random_images(23, 2, 4);
  Loader loader(data, {.batch = 5, .shuffle = true, .seed = 3});
  Context ctx;
  Flatten net;
  const int8::Model codes(pixels_as_logits(false));
  const Expected expected = by_hand(data);
  std::vector<JudgedSample> first;
  for (const bool integer : {false, true}) {
    ConfusionMatrix matrix(4);
    WorstSamples worst(23);
    std::vector<std::int64_t> seen;
    const EvaluationOptions options{.observe = [&](std::span<const Var> y, const Batch& batch,
                                                   std::span<const std::int64_t> indices) {
      matrix.add(y[0].value(), batch.y);
      worst.add(y[0].value(), batch.y, indices);
      seen.insert(seen.end(), indices.begin(), indices.end());
    }};
    const Evaluation e =
        integer ? evaluate(codes, loader, ctx, options) : evaluate(net, loader, ctx, options);
    CHECK(seen == loader.indices(0));
    CHECK(matrix.total() == 23);
    CHECK(matrix.correct() == expected.correct);
    CHECK(e.correct == expected.correct);
    REQUIRE(worst.samples().size() == 23);
    for (const JudgedSample& s : worst.samples()) {
      CHECK(s.truth == data.labels.data<std::int32_t>()[s.index]);
      const std::uint8_t* pixels = data.images.data<std::uint8_t>() + 4 * s.index;
      CHECK(std::max_element(pixels, pixels + 4) - pixels == s.predicted);
    }
    if (first.empty()) first = worst.samples();
    CHECK(worst.samples()[0].index == first[0].index);
  }
}

TEST_CASE("masks are counted by pixel, samples by image") {
  // Two classes: logits of a pixel are its two values.
  const std::vector<real> logits{0, 1, 1, 0,   //
                                 3, 2, 2, 3};  //
  const std::vector<std::int32_t> masks{1, 0, 1, -1};
  const Tensor y = Tensor::from<std::int32_t>({2, 1, 2}, masks);
  CHECK(count_correct(Tensor::from<real>({2, 1, 2, 2}, logits), y) == 2);
  CHECK_THROWS_WITH_AS(count_correct(Tensor::zeros({2, 2, 2}), y),
                       doctest::Contains("expected logits [2, 1, 2, classes]"), Error);
}

TEST_CASE("an evaluation can be stopped between batches") {
  Loader loader(test::random_images(20, 2, 4), {.batch = 4});
  Context ctx;
  Flatten net;
  for (const int batches : {0, 2}) {
    int left = batches;
    const Evaluation e = evaluate(net, loader, ctx, {.stop = [&] { return left-- == 0; }});
    CHECK(e.stopped);
    CHECK(e.images == 4 * batches);
    CHECK(loader.position() == Loader::Position{});
  }
}

TEST_CASE("what cannot be evaluated is refused, saying why") {
  Context ctx;
  Loader large(test::random_images(8, 3, 4), {.batch = 4});
  const int8::Model model(pixels_as_logits(false));
  CHECK_THROWS_WITH_AS(evaluate(model, large, ctx), doctest::Contains("takes 4 values a sample"),
                       Error);
  const Tensor logits = Tensor::zeros({2, 3, 1});
  CHECK_THROWS_WITH_AS(count_correct(logits, Tensor::zeros({2}, ElementType::i32)),
                       doctest::Contains("expected logits [2, classes]"), Error);
}
