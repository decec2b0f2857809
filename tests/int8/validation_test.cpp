// One malformed graph for each check of the Model constructor that is not one op's own: the message
// names op or tensor. int8/op_validation_test.cpp has those of the ops.
#include <cmath>

#include "tests/int8/nets.h"
#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;

TEST_SUITE("int8") {
  TEST_CASE("refused: tensors") {
    check_cases(
        [] { return unary(OpCode::relu); }, "tensor 't",
        {{"zero dimension",
          [](Builder& b) {
            b[0].shape = {1, 0};
          },
          ">= 1, got [1,0]"},
         {"negative dimension",
          [](Builder& b) {
            b[0].shape = {1, -1};
          },
          "got [1,-1]"},
         {"too large",
          [](Builder& b) {
            b[0].shape = {65536, 65536};
          },
          "[65536,65536]"},
         {"product wraps", [](Builder& b) { b[0].shape = Dims(8, 65536); }, "less than"},
         {"type", [](Builder& b) { b[0].type = static_cast<DType>(9); }, "unknown type 9"},
         {"no scale", [](Builder& b) { b[0].quantization = {}; }, "expected one scale"},
         {"no scale but a zero point", [](Builder& b) { b[0].quantization.scale.clear(); },
          "expected a scale"},
         {"scale 0", [](Builder& b) { b[0].quantization.scale[0] = 0.0f; }, "got 0"},
         {"scale < 0", [](Builder& b) { b[0].quantization.scale[0] = -1.0f; }, "got -1"},
         {"scale nan", [](Builder& b) { b[0].quantization.scale[0] = NAN; }, "nan"},
         {"scale inf", [](Builder& b) { b[0].quantization.scale[0] = INFINITY; }, "inf"},
         {"scale subnormal", [](Builder& b) { b[0].quantization.scale[0] = 1e-40f; }, "normal"},
         {"zero point", [](Builder& b) { b[0].quantization.zero_point = {128}; }, "got 128"},
         {"zero points",
          [](Builder& b) {
            b[0].quantization.zero_point = {1, 2};
          },
          "got 2"},
         {"no zero point", [](Builder& b) { b[0].quantization.zero_point = {}; }, "got 0"},
         {"input per channel",
          [](Builder& b) {
            b[0].quantization = {{1, 1, 1, 1}, {0}, 1};
          },
          "one scale, got 4"}});
    check_cases(conv, "tensor 't1'",
                {{"data size", [](Builder& b) { set_i8(b, 1, Codes(107, 1)); }, "108 bytes"},
                 {"axis", [](Builder& b) { b[1].quantization.axis = 4; }, "got 4"},
                 {"axis < 0", [](Builder& b) { b[1].quantization.axis = -1; }, "got -1"},
                 {"scales", [](Builder& b) { b[1].quantization.scale.pop_back(); }, "got 5"}});
  }

  TEST_CASE("refused: topology") {
    check_cases(
        [] { return unary(OpCode::relu); }, "",
        {{"input index", [](Builder& b) { b.graph.nodes[0].inputs = {7}; }, "below 2, got 7"},
         {"input -2", [](Builder& b) { b.graph.nodes[0].inputs = {-2}; }, "got -2"},
         {"missing input", [](Builder& b) { b.graph.nodes[0].inputs = {-1}; }, "missing"},
         {"output -1", [](Builder& b) { b.graph.nodes[0].outputs = {-1}; }, "got -1"},
         {"no outputs", [](Builder& b) { b.graph.nodes[0].outputs = {}; }, "at least 1"},
         {"later value", [](Builder& b) { b.graph.nodes[0].inputs = {1}; }, "earlier op"},
         {"own input", [](Builder& b) { b.graph.nodes[0].outputs = {0}; }, "is a graph input"},
         {"twice", [](Builder& b) { b.graph.nodes.push_back(b.graph.nodes[0]); }, "another op"},
         {"unknown op", [](Builder& b) { b.graph.nodes[0].op = static_cast<OpCode>(32); },
          "op code 32"},
         {"input twice",
          [](Builder& b) {
            b.graph.inputs = {0, 0};
          },
          "listed twice"},
         {"graph input index", [](Builder& b) { b.graph.inputs = {2}; }, "below 2, got 2"},
         {"constant input", [](Builder& b) { set_i8(b, 0, Codes(4, 0)); }, "is a constant"},
         {"constant output", [](Builder& b) { set_i8(b, 1, Codes(4, 0)); }, "is a constant"},
         {"outputs", [](Builder& b) { b.graph.outputs = {}; }, "at least 1"},
         {"unproduced", [](Builder& b) { b.graph.outputs = {b.i8({1})}; }, "no op produces"},
         {"i32 input",
          [](Builder& b) {
            b[0] = {.name = "t0",
                    .type = DType::i32,
                    .shape = {1, 4},
                    .quantization = {},
                    .constant = {}};
          },
          "expected type i8, got i32"},
         {"two inputs",
          [](Builder& b) {
            b.graph.nodes[0].inputs = {0, 0};
          },
          "expected 1, got 2"},
         {"attributes of another op",
          [](Builder& b) {
            b.graph.nodes[0] = {OpCode::softmax, {0}, {1}, PoolAttributes{}};
            b[1].quantization = {{1.0f / 256}, {-128}, 0};
          },
          "another op"}});
  }

  TEST_CASE("the worst accumulator is proved from the weights, not assumed") {
    // 2^31 / (127 * 128): 132104 taps of 127 fit at zero point 0, one more does not.
    for (const int taps : {132104, 132105}) {
      Builder b;
      b.i8({1, taps}, 1.0f, 0);
      b.constant({1, taps}, Codes(static_cast<std::size_t>(taps), 127), {1e-6f});
      b.i8({1, 1}, 1.0f, 0);
      b.node(OpCode::fully_connected, {0, 1}, {2}, FullyConnectedAttributes{});
      CAPTURE(taps);
      CHECK(refusal(b.done({0}, {2})).empty() == (taps == 132104));
      // Another zero point, another bound: |x - z| reaches 255.
      b[0].quantization.zero_point[0] = -128;
      CHECK(!refusal(b.done({0}, {2})).empty());
    }
  }

  TEST_CASE("messages are one line, whatever the names; tensors without one are told by shape") {
    Builder b;
    const int x = b.i8({1, 6}), y = b.i8({1, 5});
    b.node(OpCode::add, {x, x}, {y}, ElementwiseAttributes{});
    b[y].name = "a\nb\x1b[2J\xff\xc2\x85\xc3\xa9";
    CHECK(refusal(b.done({x}, {y})).starts_with("op 0 ADD ('a?b?[2J??\xc3\xa9'): "));
    b[y].name.clear();
    const std::string unnamed = refusal(b.done({x}, {y}));
    CAPTURE(unnamed);
    CHECK(unnamed.starts_with("op 0 ADD (tensor 1): unnamed tensor of shape [1,5]: "));
    b[y].name = std::string(79, 'n') + "\xc3\xa9";  // a cut does not split a character
    CHECK(refusal(b.done({x}, {y})).starts_with("op 0 ADD ('" + std::string(79, 'n') + "...'): "));
  }

  TEST_CASE("scales that differ in the last bit are told apart") {
    Builder b;
    const int x = b.i8({1, 6}), y = b.i8({1, 6});
    b.node(OpCode::reshape, {x}, {y}, ReshapeAttributes{});
    b[x].quantization.scale[0] = 0.1f;
    b[y].quantization.scale[0] = std::nextafter(0.1f, 1.0f);
    const std::string text = refusal(b.done({x}, {y}));
    CAPTURE(text);
    CHECK(text.find("scale 0.1 ") != std::string::npos);
    CHECK(text.find("got 0.10000001 ") != std::string::npos);
  }

  TEST_CASE("refused: context options") {
    const Model model(ds_cnn_like());
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 0}), octet::Error);
    CHECK_THROWS_AS(ExecutionContext(model, {.threads = 0}), octet::Error);
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 4, .threads = 0}), octet::Error);
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 4, .threads = -1}), octet::Error);
    CHECK_THROWS_AS(ExecutionContext(model, {.threads = 1025}), octet::Error);
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 2147483647}), octet::Error);
    CHECK_THROWS_AS(signature(model, 0), octet::Error);
    const Isa foreign = available_isas().front() == Isa::neon_dot ? Isa::avx2 : Isa::neon_dot;
    CHECK_THROWS_AS(Model(ds_cnn_like(), {.isa = foreign}), octet::Error);
  }
}
