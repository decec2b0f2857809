// What a context keeps from run to run.
#include <doctest/doctest.h>

#include "int8/engine/band_plan.h"
#include "tests/int8/graphs.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;
using octet::test::Builder;
using octet::test::Case;

namespace {

/// Both states of streaming_graph, step by step.
struct Stream {
  Codes past{1, 2, 3, 4, 5, 6}, total{0, 10, -10};

  void step(const Codes& x, Codes& windows, Codes& totals) {
    past.insert(past.end(), x.begin(), x.end());
    windows.insert(windows.end(), past.begin(), past.end());
    past.erase(past.begin(), past.begin() + 3);
    for (std::size_t i = 0; i < 3; ++i)
      total[i] = static_cast<std::int8_t>(std::clamp(total[i] + x[i], -128, 127));
    totals.insert(totals.end(), total.begin(), total.end());
  }
};

void check_streams(const Model& model, const ContextOptions& options, bool reset) {
  ExecutionContext context(model, options);
  std::vector<Stream> streams(static_cast<std::size_t>(options.batch));
  std::mt19937_64 rng = octet::test::rng(11);
  for (int step = 0; step < 6; ++step) {
    if (reset && step == 2) {
      context.reset(options.batch - 1);
      streams.back() = {};
    }
    if (reset && step == 4) {
      context.reset();
      streams.assign(streams.size(), {});
    }
    Codes in, windows, totals;
    for (Stream& s : streams) {
      const Codes x = random_codes(rng, 3);
      in.insert(in.end(), x.begin(), x.end());
      s.step(x, windows, totals);
    }
    write_input(context, 0, std::as_bytes(std::span(in)));
    context.run();
    CHECK(codes_of(context.output(0)) == windows);
    CHECK(codes_of(context.output(1)) == totals);
  }
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("states: a stream for each sample, whatever the batch and threads; reset") {
    const Model model(octet::test::streaming_graph());
    CHECK(model.state_bytes() == 9);
    for (const int batch : {1, 2, 7, 40}) {
      for (const int threads : {1, 2, 4}) {
        for (const bool keep : {false, true}) {
          CAPTURE(batch);
          CAPTURE(threads);
          const ContextOptions options{.batch = batch, .threads = threads, .keep_values = keep};
          check_streams(model, options, false);
          check_streams(model, options, true);
        }
      }
    }
    CHECK(ExecutionContext(model, {.batch = 7}).arena_bytes() >= 7 * 9);
    CHECK(ExecutionContext(model, {.batch = 7}).arena_bytes() >=
          ExecutionContext(model, {.batch = 7}).arena_lower_bound());
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 1000, .memory_limit = 9000}),
                    octet::MemoryError);
  }

  TEST_CASE("states: a network that several threads run in bands") {
    GraphBuilder b;
    const Dims image{1, 64, 64, 32};
    const int x = b.value("x", image, 0.1f, 0), s = b.value("s", image, 0.1f, 3);
    const int sum = b.value("sum", image, 0.1f, 0), next = b.value("next", image, 0.1f, 3);
    const int y = b.value("y", image, 0.1f, 0);
    const auto conv = [&](int from, int to) {
      b.node(OpCode::conv_2d, {from, b.weights("w", {32, 3, 3, 32}, 0, 0.001f), b.bias("b", 32)},
             {to}, ConvAttributes{.padding = Padding::same});
    };
    b.node(OpCode::add, {x, s}, {sum}, ElementwiseAttributes{});
    conv(sum, next);
    conv(next, y);
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    const Codes zeros(static_cast<std::size_t>(count_of(image)), 3);
    b.graph.states = {{s, next, own_bytes(std::as_bytes(std::span(zeros)))}};
    const Model model(b.graph);
    REQUIRE(BandPlan(model.impl(), 4).worthwhile(4, false));
    ExecutionContext one(model), four(model, {.threads = 4});
    std::mt19937_64 rng = octet::test::rng(12);
    for (int step = 0; step < 4; ++step) {
      const Codes in = random_codes(rng, count_of(image));
      for (ExecutionContext* c : {&one, &four}) {
        write_input(*c, 0, std::as_bytes(std::span(in)));
        c->run();
      }
      CHECK(codes_of(one.output(0)) == codes_of(four.output(0)));
    }
  }

  TEST_CASE(
      "states: followed by an input, a constant, themselves, another state; a PAD that is one") {
    Builder b;
    const int x = b.i8({1, 2}), last = b.i8({1, 2}), before = b.i8({1, 2}), kept = b.i8({1, 2});
    const int once = b.i8({1, 2}), fixed = b.constant({1, 2}, {8, 9}), y = b.i8({1, 8});
    b.node(OpCode::concatenation, {last, before, kept, once}, {y}, ConcatenationAttributes{1});
    Graph graph = b.done({x}, {y});
    const auto bytes = [](Codes c) { return own_bytes(std::as_bytes(std::span(c))); };
    graph.states = {{last, x, bytes({0, 1})},
                    {before, last, bytes({2, 3})},
                    {kept, kept, bytes({4, 5})},
                    {once, fixed, bytes({6, 7})}};
    const Model model(graph);
    ExecutionContext context(model);
    const auto step = [&](const Codes& in) {
      write_input(context, 0, std::as_bytes(std::span(in)));
      context.run();
      return codes_of(context.output(0));
    };
    CHECK(step({50, 51}) == Codes{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(step({60, 61}) == Codes{50, 51, 0, 1, 4, 5, 8, 9});
    CHECK(step({70, 71}) == Codes{60, 61, 50, 51, 4, 5, 8, 9});

    Builder p;
    const int image = p.i8({1, 2, 2, 1}), state = p.i8({1, 3, 3, 1}), padded = p.i8({1, 3, 3, 1});
    const int pooled = p.i8({1, 2, 2, 1}), seen = p.i8({1, 9});
    p.node(OpCode::padv2, {image, p.ints({0, 0, 0, 1, 0, 1, 0, 0}, {4, 2}), p.constant({}, {-128})},
           {padded});
    p.node(OpCode::max_pool_2d, {padded}, {pooled}, PoolAttributes{.filter_h = 2, .filter_w = 2});
    p.node(OpCode::reshape, {state, p.ints({1, 9})}, {seen}, ReshapeAttributes{});
    graph = p.done({image}, {pooled, seen});
    graph.states = {{state, padded, bytes(Codes(9, 0))}};
    const Model pad_model(graph);
    ExecutionContext pads(pad_model);
    const Codes one_to_four{1, 2, 3, 4};
    for (int i = 0; i < 2; ++i) {
      write_input(pads, 0, std::as_bytes(std::span(one_to_four)));
      pads.run();
    }
    CHECK(codes_of(pads.output(1)) == Codes{1, 2, -128, 3, 4, -128, -128, -128, -128});
  }

  TEST_CASE("refused: states") {
    const auto make = [] {
      Builder b;
      b.graph = octet::test::streaming_graph();
      return b;
    };
    check_cases(
        make, "tensor",
        {{"index", [](Builder& b) { b.graph.states[0].input = 99; }, "state: expected a tensor"},
         {"next index", [](Builder& b) { b.graph.states[0].output = -1; }, "next state: expected"},
         {"twice", [](Builder& b) { b.graph.states[1].input = b.graph.states[0].input; },
          "is an input already"},
         {"graph input", [](Builder& b) { b.graph.states[0].input = b.graph.inputs[0]; },
          "is an input already"},
         {"written", [](Builder& b) { b.graph.states[0].input = b.graph.outputs[0]; },
          "expected a constant, a graph input or an earlier op's output"},
         {"shape", [](Builder& b) { b.graph.states[0].output = b.graph.outputs[0]; },
          "expected i8 [1,2,3]"},
         {"bytes", [](Builder& b) { b.graph.states[1].initial.size = 2; },
          "expected 3 bytes to begin with, got 2"},
         {"unproduced",
          [](Builder& b) {
            b.graph.states[0].output = b.i8({1, 2, 3}, 1);
          },
          "no op produces it"}});
  }
}
