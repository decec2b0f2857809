// What a model and its contexts take: arenas of known nets, values that share memory, constants
// that stay where they are, and limits that a hostile file cannot pass.
#include <doctest/doctest.h>

#include "base/error.h"
#include "int8/ops/catalogue.h"
#include "int8/reference/tables/unary.h"
#include "interop/tflite/reader.h"
#include "tests/int8/nets.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

// The four networks of MLPerf Tiny, with random weights.

Graph image_classification() {  // ResNet-8
  NetBuilder b;
  const int in = b.i8({1, 32, 32, 3}, 0.02f, -5);
  int x = b.conv(in, 16, 3, 1);
  for (const int width : {16, 32, 64}) {
    const int stride = width == 16 ? 1 : 2;
    const int inner = b.conv(b.conv(x, width, 3, stride), width, 3, 1);
    x = b.add(inner, width == 16 ? x : b.conv(x, width, 1, stride));
  }
  return b.done({in}, {b.head(x, 10)});
}

int separable(NetBuilder& b, int x, int width, int stride) {
  return b.conv(b.conv(x, 0, 3, stride, Padding::same, true), width, 1, 1);
}

Graph keyword_spotting() {  // DS-CNN
  NetBuilder b;
  const int in = b.i8({1, 49, 10, 1}, 0.5f, 80);
  int x = b.conv(in, 64, 4, 2);
  for (int i = 0; i < 4; ++i) x = separable(b, x, 64, 1);
  return b.done({in}, {b.head(x, 12)});
}

Graph visual_wake_words() {  // MobileNetV1, width 0.25
  NetBuilder b;
  const int in = b.i8({1, 96, 96, 3}, 0.01f, -128);
  int x = b.conv(in, 8, 3, 2);
  const std::pair<int, int> layers[] = {{16, 1},  {32, 2},  {32, 1},  {64, 2},  {64, 1},
                                        {128, 2}, {128, 1}, {128, 1}, {128, 1}, {128, 1},
                                        {128, 1}, {256, 2}, {256, 1}};
  for (const auto& [width, stride] : layers) x = separable(b, x, width, stride);
  return b.done({in}, {b.head(x, 2)});
}

Graph anomaly_detection() {  // autoencoder
  NetBuilder b;
  const int in = b.i8({1, 640}, 0.2f, 4);
  int x = in;
  for (const int width : {128, 128, 128, 128, 8, 128, 128, 128, 128, 640}) x = b.dense(x, width);
  return b.done({in}, {x});
}

struct Tiny {
  const char* name;
  Graph graph;
  std::size_t tflm_arena;  ///< bytes that TFLite Micro's arena takes for the published model
};

void check_arena(const Tiny& tiny) {
  const Model model(tiny.graph);
  const ExecutionContext context(model);
  CAPTURE(tiny.name);
  CAPTURE(context.arena_bytes());
  CHECK(context.arena_bytes() * 100 <= context.arena_lower_bound() * 102);
  CHECK(context.arena_bytes() * 10 <= tiny.tflm_arena * 9);
}

template <class F>
std::string memory_error(const F& f) {
  try {
    f();
  } catch (const octet::MemoryError& e) {
    return e.what();
  }
  return "";
}

bool says(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("arenas of the MLPerf Tiny networks") {
    check_arena({"ic", image_classification(), 55712});
    check_arena({"kws", keyword_spotting(), 24000});
    check_arena({"vww", visual_wake_words(), 103392});
    check_arena({"ad", anomaly_detection(), 3424});
  }

  TEST_CASE("elementwise ops, tables, softmax and reshapes work in the memory of their input") {
    const auto arena = [](const auto& add_op) {
      Builder b;
      const int x = b.i8({1, 4, 4, 40}), other = b.i8({1, 4, 4, 40});
      const int y = add_op(b, x, other);
      return ExecutionContext(Model(b.done({x, other}, {y}))).arena_bytes();
    };
    const auto binary = [&](OpCode op, const Attributes& attributes) {
      return arena([&](Builder& b, int x, int other) {
        const int y = b.i8({1, 4, 4, 40});
        b.node(op, {x, other}, {y}, attributes);
        return y;
      });
    };
    for (const OpCode op : {OpCode::add, OpCode::sub, OpCode::mul})
      CHECK(binary(op, ElementwiseAttributes{}) == 2 * 640);
    for (const OpCode op : {OpCode::minimum, OpCode::maximum, OpCode::prelu})
      CHECK(binary(op, {}) == 2 * 640);
    const auto unary = [&](OpCode op, float scale, int zero_point, const Attributes& attributes) {
      return arena([&](Builder& b, int x, int) {
        const int y = b.i8({1, 4, 4, 40}, scale, zero_point);
        b.node(op, {x}, {y}, attributes);
        return y;
      });
    };
    for (const OpEntry& entry : op_catalogue()) {
      const UnaryOp* table = find_unary_op(entry.op);
      if (!table) continue;
      CAPTURE(std::string(entry.name));
      const QuantParams out = table->fixed_output.value_or(QuantParams{0.5f, 0});
      CHECK(unary(entry.op, out.scale, out.zero_point, {}) == 2 * 640);
    }
    CHECK(unary(OpCode::quantize, 0.5f, 0, {}) == 2 * 640);
    CHECK(unary(OpCode::softmax, 1.0f / 256, -128, SoftmaxAttributes{}) == 2 * 640);
    CHECK(unary(OpCode::reshape, 0.5f, 0, ReshapeAttributes{{1, 4, 4, 40}}) == 2 * 640);
    // The same op on an input that is read again takes memory of its own.
    Builder b;
    const int x = b.i8({1, 640}), y = b.i8({1, 640}), z = b.i8({1, 640});
    b.node(OpCode::relu, {x}, {y});
    b.node(OpCode::add, {x, y}, {z}, ElementwiseAttributes{});
    CHECK(ExecutionContext(Model(b.done({x}, {z}))).arena_bytes() == 2 * 640);
    CHECK(ExecutionContext(Model(b.done({x}, {z, y}))).arena_bytes() == 2 * 640);
  }

  TEST_CASE("constants of ADD and a bias stay in the graph's memory") {
    Builder b;
    const int x = b.i8({1, 1000}), y = b.i8({1, 1000}), z = b.i8({1, 2}, 4.0f);
    b.node(OpCode::add, {x, b.constant({1, 1000}, Codes(1000, 3))}, {y}, ElementwiseAttributes{});
    CHECK(Model(b.done({x}, {y})).packed_bytes() == 0);
    const int w = b.constant({2, 1000}, Codes(2000, 5), {0.01f}), bias = b.ints({7, -9});
    b.node(OpCode::fully_connected, {y, w, bias}, {z}, FullyConnectedAttributes{});
    Graph graph = b.done({x}, {z});
    const std::size_t in_place = Model(graph).packed_bytes();
    CHECK(in_place >= 2000);
    // A bias that int32 cannot be read from in place is copied, and gives the same bytes.
    const std::vector<Codes> input{Codes(1000, 1)};
    const Codes expected = run_graph(graph, input);
    ConstBytes& bytes = graph.tensors[static_cast<std::size_t>(bias)].constant;
    std::vector<std::byte> shifted(bytes.size + 1);
    std::memcpy(shifted.data() + 1, bytes.data, bytes.size);
    ConstBytes moved = own_bytes(shifted);
    ++moved.data;
    --moved.size;
    bytes = moved;
    CHECK(Model(graph).packed_bytes() == in_place + 2 * sizeof(std::int32_t));
    CHECK(first_difference(run_graph(graph, input), expected) == -1);
  }

  TEST_CASE("a context beyond its limit names the op that needs most, before it allocates") {
    const auto enlarged_to = [](int pixels) {  // a value of 96 * pixels^2 bytes between small ones
      Builder b;
      const int x = b.i8({1, 64, 64, 96}), y = b.i8({1, pixels, pixels, 96});
      const int z = b.i8({1, 1, 1, 96});
      b.node(OpCode::resize_nearest_neighbor, {x, b.ints({pixels, pixels})}, {y},
             ResizeAttributes{});
      b.node(OpCode::resize_nearest_neighbor, {y, b.ints({1, 1})}, {z}, ResizeAttributes{});
      return b.done({x}, {z});
    };
    const std::string by_default =
        memory_error([&] { ExecutionContext(Model(enlarged_to(4096))); });
    CHECK(says(by_default, "limit of 1073741824"));
    CHECK(says(by_default, "op 0 RESIZE_NEAREST_NEIGHBOR ('t1')"));
    CHECK(says(by_default, "memory_limit"));

    const Model model(enlarged_to(512));
    const std::size_t value = 96 * 512 * 512;
    CHECK_NOTHROW(ExecutionContext(model, {.memory_limit = 2 * value}));
    CHECK(says(memory_error([&] { ExecutionContext(model, {.memory_limit = value}); }), "('t1')"));
    CHECK(says(memory_error(
                   [&] { ExecutionContext(model, {.keep_values = true, .memory_limit = value}); }),
               "more than the limit of 25165824"));
    // Inputs and outputs of a batch that is cut, and lanes beside each other, count.
    CHECK_NOTHROW(ExecutionContext(model, {.batch = 2, .memory_limit = 2 * value}));
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 2, .threads = 2, .memory_limit = 2 * value}),
                    octet::MemoryError);
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 100, .memory_limit = 2 * value}),
                    octet::MemoryError);
    // More than any size_t arithmetic could be trusted with.
    CHECK_THROWS_AS(ExecutionContext(model, {.batch = 2147483647}), octet::MemoryError);
    Builder b;
    std::vector<int> inputs, outputs;
    for (int i = 0; i < 5; ++i) {
      inputs.push_back(b.i8({1, 2147483647}));
      outputs.push_back(b.i8({1, 2147483647}));
      b.node(OpCode::relu, {inputs.back()}, {outputs.back()});
    }
    const Model large(b.done(inputs, outputs));
    for (const int threads : {1, 7})
      CHECK_THROWS_AS(ExecutionContext(large, {.batch = 2147483647, .threads = threads}),
                      octet::MemoryError);
  }

  TEST_CASE("scratch counts towards the limit") {
    const Graph graph = ds_cnn_like();
    const Model model(graph);
    const ExecutionContext context(model);
    const std::size_t needed = context.arena_bytes() + context.scratch_bytes();
    CHECK_NOTHROW(ExecutionContext(model, {.memory_limit = needed}));
    CHECK_THROWS_AS(ExecutionContext(model, {.memory_limit = needed - 1}), octet::MemoryError);
  }

  TEST_CASE("many ops that share one constant cannot grow a model without end") {
    Builder b;
    const int x = b.i8({1, 512});
    const int w = b.constant({512, 512}, Codes(512 * 512, 1), {0.01f});
    int y = x;
    for (int i = 0; i < 20; ++i) {
      const int next = b.i8({1, 512});
      b.node(OpCode::fully_connected, {y, w}, {next}, FullyConnectedAttributes{});
      y = next;
    }
    const Graph graph = b.done({x}, {y});
    const std::size_t all = Model(graph).packed_bytes();
    CHECK(all >= 20 * 512 * 512);
    CHECK_NOTHROW(Model(graph, {.memory_limit = all}));
    const std::string message =
        memory_error([&] { Model(graph, {.memory_limit = std::size_t{1} << 20}); });
    CHECK(says(message, "expected at most 1048576 bytes"));
    CHECK(says(message, "FULLY_CONNECTED"));
  }

  TEST_CASE("tables of a few bytes of file count, too") {
    Builder b;
    const int x = b.i8({1, 1, 1, 1}), y = b.i8({1, 1, 1 << 20, 1});
    b.node(OpCode::resize_bilinear, {x, b.ints({1, 1 << 20})}, {y}, ResizeAttributes{});
    const Graph graph = b.done({x}, {y});
    CHECK(Model(graph).packed_bytes() >= std::size_t{1} << 20);
    CHECK(says(memory_error([&] { Model(graph, {.memory_limit = 1 << 20}); }), "RESIZE_BILINEAR"));
  }
}

TEST_SUITE("shared") {
  TEST_CASE("arenas of the published MLPerf Tiny models") {
    const auto nets = *shared_dir() / "golden" / "nets";
    check_arena({"ic", octet::read_tflite((nets / "ic" / "model.tflite").string()), 55712});
    check_arena({"kws", octet::read_tflite((nets / "kws" / "model.tflite").string()), 24000});
  }
}
