// What must not change a result: batch, threads, fusion, planning, ISA, other contexts; and run()
// must not allocate.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "tests/int8/allocations.h"
#include "tests/int8/isas.h"
#include "tests/int8/nets.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

std::vector<std::pair<std::string, Graph>> graphs() {
  auto all = zoo_like_graphs();
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    all.emplace_back("random " + std::to_string(seed), random_graph(seed));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].second.rounding = i % 2 ? Rounding::single_rounding : Rounding::double_rounding;
  }
  return all;
}

std::vector<Codes> random_inputs(const Model& model, int batch) {
  std::mt19937_64 rng = octet::test::rng(7);
  std::vector<Codes> inputs;
  for (const ValueInfo& info : model.inputs()) {
    inputs.push_back(random_codes(rng, static_cast<std::int64_t>(info.bytes) * batch));
  }
  return inputs;
}

Codes slice(const Codes& all, std::size_t i, std::size_t n) {
  const auto at = [&](std::size_t k) { return all.begin() + static_cast<std::ptrdiff_t>(k); };
  return {at(i * n), at((i + 1) * n)};
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("planned memory gives what separate memory gives, fused or not") {
    for (const auto& entry : graphs()) {
      const std::string& name = entry.first;
      const Graph& graph = entry.second;
      CAPTURE(name);
      const Model model(graph);
      const std::vector<Codes> inputs = random_inputs(model, 1);
      const Codes expected =
          run_graph(graph, inputs, {.keep_values = true}, {.isa = Isa::portable, .fuse = false});
      CHECK(first_difference(run_model(model, inputs), expected) == -1);
      CHECK(first_difference(run_graph(graph, inputs, {}, {.fuse = false}), expected) == -1);
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(isa_name(isa));
        CHECK(first_difference(run_graph(graph, inputs, {}, {.isa = isa}), expected) == -1);
      }
    }
  }

  TEST_CASE("a batch is its samples one by one, on 1, 2 and 3 threads") {
    constexpr int batch = 4;
    for (const auto& entry : graphs()) {
      const std::string& name = entry.first;
      const Graph& graph = entry.second;
      CAPTURE(name);
      const Model model(graph);
      const std::vector<Codes> inputs = random_inputs(model, batch);
      std::vector<Codes> outputs(model.outputs().size());
      ExecutionContext one(model);
      for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t i = 0; i < inputs.size(); ++i) {
          const Codes sample = slice(inputs[i], s, model.inputs()[i].bytes);
          write_input(one, static_cast<int>(i), std::as_bytes(std::span(sample)));
        }
        one.run();
        for (std::size_t o = 0; o < outputs.size(); ++o) {
          const Codes y = codes_of(one.output(static_cast<int>(o)));
          outputs[o].insert(outputs[o].end(), y.begin(), y.end());
        }
      }
      Codes expected;
      for (const Codes& o : outputs) expected.insert(expected.end(), o.begin(), o.end());
      for (const int threads : {1, 2, 3}) {
        CAPTURE(threads);
        const Codes got = run_model(model, inputs, {.batch = batch, .threads = threads});
        CHECK(first_difference(got, expected) == -1);
      }
    }
  }

  TEST_CASE("values large enough to be shared among threads") {
    NetBuilder b(9);
    const Dims image{1, 112, 112, 32}, channels{1, 1, 1, 32};
    const int in = b.i8(image, 0.05f, 3), gate = b.i8(channels, 0.05f, 3);
    const auto like = [&](const Dims& shape) { return b.i8(shape, 0.05f, 3); };
    std::vector<int> outputs;
    const auto op = [&](OpCode code, std::vector<int> inputs, const Dims& shape,
                        const Attributes& attributes = {}) {
      outputs.push_back(like(shape));
      b.node(code, std::move(inputs), {outputs.back()}, attributes);
      return outputs.back();
    };
    const int sum = op(OpCode::add, {in, in}, image);
    const int product = op(OpCode::mul, {sum, gate}, image);
    op(OpCode::prelu, {product, b.constant(channels, random_codes(b.rng, 32))}, image);
    op(OpCode::maximum, {in, product}, image);
    op(OpCode::hard_swish, {in}, image);
    op(OpCode::pad, {in, b.ints({0, 0, 1, 2, 3, 4, 5, 6}, {4, 2})}, {1, 115, 119, 43});
    op(OpCode::transpose, {in, b.ints({0, 3, 1, 2})}, {1, 32, 112, 112});
    op(OpCode::concatenation, {in, sum}, {1, 112, 112, 64}, ConcatenationAttributes{3});
    op(OpCode::mean, {in, b.ints({3})}, {1, 112, 112}, MeanAttributes{});
    op(OpCode::average_pool_2d, {in}, {1, 110, 110, 32},
       PoolAttributes{.filter_h = 3, .filter_w = 3});
    op(OpCode::resize_bilinear, {in, b.ints({100, 130})}, {1, 100, 130, 32}, ResizeAttributes{});
    op(OpCode::resize_nearest_neighbor, {in, b.ints({224, 224})}, {1, 224, 224, 32},
       ResizeAttributes{});
    const int soft = b.i8(image, 1.0f / 256, -128), real = b.f32(image);
    b.node(OpCode::softmax, {in}, {soft}, SoftmaxAttributes{});
    b.node(OpCode::dequantize, {in}, {real});
    outputs.insert(outputs.end(), {soft, real});
    const Model model(b.done({in, gate}, outputs));
    const std::vector<Codes> inputs = random_inputs(model, 2);
    const Codes expected = run_model(model, inputs, {.batch = 2});
    for (const int threads : {2, 3}) {
      CHECK(first_difference(run_model(model, inputs, {.batch = 2, .threads = threads}),
                             expected) == -1);
    }
    const Model portable(model.graph(), {.isa = Isa::portable});
    CHECK(first_difference(run_model(portable, inputs, {.batch = 2}), expected) == -1);
  }

  TEST_CASE("kept values: each op's value, and why some are not there") {
    const Graph graph = resnet_like();
    const Model model(graph), unfused(graph, {.fuse = false});
    const std::vector<Codes> inputs = random_inputs(model, 2);
    ExecutionContext kept(model, {.batch = 2, .keep_values = true});
    ExecutionContext all(unfused, {.batch = 2, .keep_values = true});
    for (ExecutionContext* c : {&kept, &all}) {
      write_input(*c, 0, std::as_bytes(std::span(inputs[0])));
      c->run();
      CHECK(codes_of(c->value(graph.inputs[0])) == inputs[0]);
    }
    int missing = 0;
    for (const Node& node : graph.nodes) {
      const int t = node.outputs[0];
      const Codes expected = codes_of(all.value(t));
      try {
        const Codes value = codes_of(kept.value(t));
        CHECK(value == expected);
      } catch (const octet::Error& e) {
        ++missing;
        CHECK(node.op == OpCode::pad);
        CHECK(std::string(e.what()).find("fused away") != std::string::npos);
      }
    }
    CHECK(missing == 1);
    CHECK_THROWS_AS(ExecutionContext(model).value(0), octet::Error);
    CHECK_THROWS_AS(kept.value(-1), octet::Error);
    CHECK_THROWS_AS(kept.value(1000), octet::Error);
  }

  TEST_CASE("run() allocates nothing") {
    for (const auto& entry : graphs()) {
      const std::string& name = entry.first;
      const Graph& graph = entry.second;
      const Model model(graph);
      for (const int threads : {1, 2}) {
        ExecutionContext context(model, {.batch = 3, .threads = threads});
        context.run();
        const std::int64_t before = allocations();
        context.run();
        CAPTURE(name);
        CHECK(allocations() == before);
      }
    }
    const std::int64_t before = allocations();
    ::operator delete(::operator new(100));
    CHECK(allocations() > before);  // the counter counts
  }

  TEST_CASE("padding that fills whole windows: fused and unfused agree") {
    for (const OpCode op : {OpCode::conv_2d, OpCode::depthwise_conv_2d, OpCode::max_pool_2d}) {
      Builder b;
      const int x = b.i8({1, 3, 3, 2}, 0.5f, 9), p = b.i8({1, 9, 9, 2}, 0.5f, 9);
      const int y = b.i8({1, 8, 8, 2}, 0.5f, 9);
      const std::vector<std::int32_t> pads{0, 0, 4, 2, 3, 3, 0, 0};
      if (op == OpCode::max_pool_2d) {
        b.node(OpCode::padv2, {x, b.ints(pads, {4, 2}), b.constant({}, {-128}, {0.5f}, 9)}, {p});
        b.node(op, {p}, {y}, PoolAttributes{.filter_h = 2, .filter_w = 2});
      } else {
        b.node(OpCode::pad, {x, b.ints(pads, {4, 2})}, {p});
        const bool depthwise = op == OpCode::depthwise_conv_2d;
        const Dims shape = depthwise ? Dims{1, 2, 2, 2} : Dims{2, 2, 2, 2};
        std::mt19937_64 rng = octet::test::rng(8);
        b.node(op, {p, b.constant(shape, random_codes(rng, count_of(shape)), {0.02f})}, {y},
               ConvAttributes{});
      }
      const Graph graph = b.done({x}, {y});
      const std::vector<Codes> inputs = random_inputs(Model(graph), 1);
      const Codes expected =
          run_graph(graph, inputs, {.keep_values = true}, {.isa = Isa::portable, .fuse = false});
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(isa_name(isa));
        CAPTURE(op_name(op));
        const Model fused(graph, {.isa = isa});
        CHECK(first_difference(run_model(fused, inputs), expected) == -1);
        ExecutionContext context(fused, {.keep_values = true});
        CHECK_THROWS_AS(context.value(p), octet::Error);  // it was fused indeed
      }
    }
  }

  TEST_CASE("pads that mean something else, or are needed elsewhere, stay") {
    enum class Why { another_code, output, second_use, same_padding, channels };
    for (const Why why :
         {Why::another_code, Why::output, Why::second_use, Why::same_padding, Why::channels}) {
      Builder b;
      const int in_c = why == Why::channels ? 1 : 2, extent = why == Why::same_padding ? 5 : 4;
      const int x = b.i8({1, 3, 3, in_c}, 0.5f, 9), p = b.i8({1, 5, 5, 2}, 0.5f, 9);
      const int y = b.i8({1, extent, extent, 2}, 0.5f, 9), r = b.i8({1, 5, 5, 2}, 0.5f, 9);
      const int value =
          b.constant({1}, {static_cast<std::int8_t>(why == Why::another_code ? 8 : 9)}, {0.5f}, 9);
      b.node(OpCode::padv2, {x, b.ints({0, 0, 1, 1, 1, 1, 0, 2 - in_c}, {4, 2}), value}, {p});
      std::mt19937_64 rng = octet::test::rng(12);
      b.node(OpCode::conv_2d, {p, b.constant({2, 2, 2, 2}, random_codes(rng, 16), {0.02f})}, {y},
             ConvAttributes{.padding = why == Why::same_padding ? Padding::same : Padding::valid});
      std::vector<int> outputs{y};
      if (why == Why::output) outputs.push_back(p);
      if (why == Why::second_use) {
        b.node(OpCode::relu, {p}, {r});
        outputs.push_back(r);
      }
      const Graph graph = b.done({x}, outputs);
      const Model model(graph);
      const std::vector<Codes> inputs = random_inputs(model, 1);
      const Codes expected =
          run_graph(graph, inputs, {.keep_values = true}, {.isa = Isa::portable, .fuse = false});
      CAPTURE(static_cast<int>(why));
      CHECK(first_difference(run_model(model, inputs), expected) == -1);
      ExecutionContext context(model, {.keep_values = true});
      CHECK_NOTHROW(context.value(p));
    }
  }

  TEST_CASE("outputs that are an input or the same twice, beside an input that nobody reads") {
    Builder b;
    const int x = b.i8({1, 6}), unused = b.i8({1, 3}), y = b.i8({1, 6});
    b.node(OpCode::add, {x, x}, {y}, ElementwiseAttributes{});
    const Model model(b.done({x, unused}, {x, y, y}));
    for (const ContextOptions& options :
         {ContextOptions{}, ContextOptions{.batch = 5, .threads = 2}}) {
      ExecutionContext context(model, options);
      const auto in = context.input(0);
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::byte>(i);
      const std::vector<std::byte> given(in.begin(), in.end());
      context.run();
      const auto out = context.output(0);
      CHECK(std::vector<std::byte>(out.begin(), out.end()) == given);
      CHECK(context.input(1).size() == in.size() / 2);
      CHECK(std::ranges::equal(context.output(1), context.output(2)));
      CHECK(!std::ranges::equal(context.output(1), given));
    }
  }

  TEST_CASE("a model may be moved and shared by contexts; float inputs and outputs") {
    Builder b;
    const int f = b.f32({1, 5}), q = b.i8({1, 5}, 0.25f, 3), g = b.f32({1, 5});
    b.node(OpCode::quantize, {f}, {q});
    b.node(OpCode::dequantize, {q}, {g});
    Model first(b.done({f}, {g}));
    const Model model = std::move(first);
    ExecutionContext a(model), c(model);
    const std::vector<float> values{0.1f, 0.13f, -0.125f, 1e9f, -1e9f};
    write_input(a, 0, std::as_bytes(std::span(values)));
    a.run();
    std::vector<float> y(5);
    std::memcpy(y.data(), a.output(0).data(), 20);
    CHECK(y == std::vector<float>{0.0f, 0.25f, -0.25f, 31.0f, -32.75f});
  }

  TEST_CASE("signature: the same on every ISA, different for another model or rounding") {
    const Graph graph = resnet_like();
    const std::uint64_t expected = signature(Model(graph, {.isa = Isa::portable}));
    for (const auto& other : graphs()) {
      const std::uint64_t portable = signature(Model(other.second, {.isa = Isa::portable}), 3);
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(other.first);
        CAPTURE(std::string(isa_name(isa)));
        CHECK(signature(Model(other.second, {.isa = isa}), 3) == portable);
      }
    }
    CHECK(signature(Model(graph, {.rounding = Rounding::double_rounding})) != expected);
    CHECK(signature(Model(ds_cnn_like())) != expected);
    CHECK(signature_text(0x0123456789abcdefu) == "0123456789abcdef");
    CHECK(signature_text(expected).size() == 16);
  }

  TEST_CASE("the ISA that was asked for is the one that runs") {
    const Model model(ds_cnn_like());
    if (const char* wanted = std::getenv("OCTET_MAX_ISA")) {
      CHECK(isa_name(model.isa()) == wanted);
    } else {
      CHECK(model.isa() == available_isas().front());
    }
  }
}
