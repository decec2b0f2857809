// LSTM, SVDF and what else only files have, against bytes that TFLite Micro computed
// (tests/golden/make_recurrent_golden.py); streams, batches and threads.
#include <doctest/doctest.h>

#include "int8/engine/every_op.h"
#include "interop/tflite/reader.h"
#include "tests/int8/build.h"
#include "tests/int8/golden_lines.h"
#include "tests/int8/isas.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;
using octet::test::Builder;

namespace {

/// All inputs of one sample, one behind the other, into place `sample` of the batch.
void write_sample(ExecutionContext& context, const Model& model, int sample,
                  std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const std::size_t size = model.inputs()[i].bytes;
    std::memcpy(context.input(static_cast<int>(i)).data() + size * static_cast<std::size_t>(sample),
                bytes.data(), size);
    bytes = bytes.subspan(size);
  }
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("golden bytes of recurrent operators and 16-bit edges, step by step") {
    const std::vector<GoldenLine> all = golden_lines("recurrent.txt");
    CHECK(all.size() >= 21);
    for (const GoldenLine& g : all) {
      CAPTURE(g.name);
      const Model model(octet::parse_tflite(g.file, nullptr), {.ops = &all_ops()});
      // Stream s is s steps behind the first: it begins anew then.
      for (const int batch : {1, 3}) {
        for (const int threads : {1, 2}) {
          ExecutionContext context(model, {.batch = batch, .threads = threads});
          for (int step = 0; step < static_cast<int>(g.in.size()) + batch - 1; ++step) {
            for (int s = 0; s < batch; ++s) {
              const int at = step - s;
              if (at == 0) context.reset(s);
              write_sample(context, model, s, g.in[static_cast<std::size_t>(at) % g.in.size()]);
            }
            context.run();
            const std::size_t size = model.outputs()[0].bytes;
            for (int s = 0; s < batch; ++s) {
              const int at = step - s;
              if (at < 0 || at >= static_cast<int>(g.in.size())) continue;
              const auto y = context.output(0).subspan(static_cast<std::size_t>(s) * size, size);
              CAPTURE(step);
              CAPTURE(s);
              CHECK(codes_of(y) == codes_of(g.out[static_cast<std::size_t>(at)]));
            }
          }
        }
      }
    }
  }

  TEST_CASE("every other operator: the same bytes on every ISA, in batches, on threads, kept") {
    const Graph graph = every_other_op_graph();
    CHECK_THROWS_AS(Model(graph, {}), octet::Error);  // not of cnn_ops()
    for (const Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
      const auto outputs = [&](const ModelOptions& options, const ContextOptions& how) {
        const Model model(graph, options);
        ExecutionContext context(model, how);
        std::vector<std::byte> all;
        std::mt19937_64 rng = octet::test::rng(5);
        for (int step = 0; step < 3; ++step) {
          const Codes x = random_codes(rng, static_cast<std::int64_t>(model.inputs()[0].bytes));
          for (int s = 0; s < how.batch; ++s)
            write_sample(context, model, s, std::as_bytes(std::span(x)));
          context.run();
          for (std::size_t i = 0; i < model.outputs().size(); ++i) {
            const auto y = context.output(static_cast<int>(i));
            const std::size_t size = model.outputs()[i].bytes;
            for (std::size_t s = 1; s < static_cast<std::size_t>(how.batch); ++s)
              CHECK(std::equal(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(size),
                               y.begin() + static_cast<std::ptrdiff_t>(size * s)));
            all.insert(all.end(), y.begin(), y.begin() + static_cast<std::ptrdiff_t>(size));
          }
        }
        return all;
      };
      const ModelOptions portable{
          .rounding = rounding, .isa = Isa::portable, .fuse = false, .ops = &all_ops()};
      const auto expected = outputs(portable, {});
      for (const Isa isa : octet::test::isas_under_test()) {
        const ModelOptions options{.rounding = rounding, .isa = isa, .ops = &all_ops()};
        for (const int batch : {1, 2, 5}) {
          for (const int threads : {1, 3}) {
            for (const bool keep : {false, true}) {
              CHECK(outputs(options, {.batch = batch, .threads = threads, .keep_values = keep}) ==
                    expected);
            }
          }
        }
      }
    }
  }

  TEST_CASE("refused: recurrent operators") {
    const auto node_of = [](Builder& b, OpCode op) -> Node& {
      return *std::find_if(b.graph.nodes.begin(), b.graph.nodes.end(),
                           [op](const Node& n) { return n.op == op; });
    };
    const auto refused = [&](const char* name, auto damage, const char* message) {
      CAPTURE(name);
      Builder b;
      b.graph = every_other_op_graph();
      damage(b);
      CHECK_THROWS_WITH_AS(Model(b.graph, {.ops = &all_ops()}), doctest::Contains(message),
                           octet::Error);
    };
    const auto lstm = [&](Builder& b) -> Node& {
      return node_of(b, OpCode::unidirectional_sequence_lstm);
    };
    const auto svdf = [&](Builder& b) -> Node& { return node_of(b, OpCode::svdf); };
    const auto tensor = [](Builder& b, int t) -> TensorDef& { return b[t]; };
    refused(
        "no state", [&](Builder& b) { b.graph.states.clear(); }, "earlier op's output");
    refused(
        "another state's", [&](Builder& b) { svdf(b).inputs[4] = lstm(b).inputs[19]; },
        "has other uses");
    refused(
        "peephole", [&](Builder& b) { lstm(b).inputs[9] = lstm(b).inputs[12]; }, "peephole");
    refused(
        "projection", [&](Builder& b) { lstm(b).inputs[16] = lstm(b).inputs[1]; }, "projections");
    refused(
        "layer norm", [&](Builder& b) { lstm(b).inputs[20] = lstm(b).inputs[12]; }, "layer norms");
    refused(
        "cell scale",
        [&](Builder& b) { tensor(b, lstm(b).inputs[19]).quantization.scale = {0.001f}; },
        "power of two");
    refused(
        "states of the other's type",
        [&](Builder& b) { std::swap(lstm(b).inputs[18], lstm(b).inputs[19]); },
        "expected type i8, got i16");
    refused(
        "recurrent shape", [&](Builder& b) { lstm(b).inputs[5] = lstm(b).inputs[1]; },
        "expected shape");
    refused(
        "gate overflows",
        [&](Builder& b) { tensor(b, lstm(b).inputs[1]).quantization.scale = {1e6f}; },
        "could overflow");
    refused(
        "rank", [&](Builder& b) { svdf(b).attributes = SvdfAttributes{3}; }, "divisor of 8");
    refused(
        "zero rank", [&](Builder& b) { svdf(b).attributes = SvdfAttributes{0}; }, "divisor of 8");
    refused(
        "time weights", [&](Builder& b) { svdf(b).inputs[2] = svdf(b).inputs[1]; },
        "expected type i8");
    refused(
        "log_softmax",
        [&](Builder& b) {
          tensor(b, node_of(b, OpCode::log_softmax).outputs[0]).quantization.scale = {0.1f};
        },
        "expected scale 0.0625");
    refused(
        "wide softmax",
        [&](Builder& b) {
          tensor(b, node_of(b, OpCode::softmax).outputs[0]).quantization.scale = {0.1f};
        },
        "1/65536");
  }
}
