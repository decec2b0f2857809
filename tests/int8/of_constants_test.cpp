// Nodes of constants alone: computed while a model is loaded.
#include <doctest/doctest.h>

#include <sys/resource.h>

#include <algorithm>

#include "tests/int8/graphs.h"
#include "tests/int8/last_sample.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

std::vector<std::byte> run(const Graph& graph, const std::vector<Codes>& inputs, int batch) {
  Codes all;
  for (const Codes& x : inputs) all.insert(all.end(), x.begin(), x.end());
  if (inputs.empty()) all.resize(1);  // that of nobody
  return last_sample(Model(graph, {.ops = &all_ops()}), std::as_bytes(std::span(all)), batch);
}

/// `graph` with its inputs as constants, and an input that nobody reads.
Graph with_constants(Graph graph, const std::vector<Codes>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    graph.tensors[static_cast<std::size_t>(graph.inputs[i])].constant =
        own_bytes(std::as_bytes(std::span(values[i])));
  }
  TensorDef unread;
  unread.shape = {1};
  graph.tensors.push_back(unread);
  graph.inputs = {static_cast<int>(graph.tensors.size()) - 1};
  return graph;
}

bool accumulates(const Graph& graph) {
  const Model model(graph, {.ops = &all_ops()});
  const OpCode op = graph.nodes[0].op;
  return model.macs() > 0 || op == OpCode::average_pool_2d || op == OpCode::max_pool_2d;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("every operator gives of constants what it gives of values") {
    std::mt19937_64 rng = octet::test::rng(11);
    int computed = 0;
    for (const Graph& all : {every_op_graph(), every_other_op_graph()}) {
      for (std::size_t n = 0; n < all.nodes.size(); ++n) {
        const Graph graph = single_node_graph(all, n);
        if (graph.inputs.empty() || !graph.states.empty()) continue;
        CAPTURE(std::string(op_name(graph.nodes[0].op)));
        CAPTURE(n);
        std::vector<Codes> values;
        for (const int t : graph.inputs) {
          const TensorDef& x = graph.tensors[static_cast<std::size_t>(t)];
          const auto bytes = count_of(x.shape) * static_cast<std::int64_t>(dtype_size(x.type));
          values.push_back(random_codes(rng, bytes));
          // Floats of usual size.
          for (std::size_t i = 3; x.type == DType::f32 && i < values.back().size(); i += 4)
            values.back()[i] = static_cast<std::int8_t>(values.back()[i] < 0 ? 0xbf : 0x3f);
        }
        const Graph constant = with_constants(graph, values);
        if (accumulates(graph)) {
          CHECK(refusal(constant).find("expected a computed value, got a constant") !=
                std::string::npos);
          continue;
        }
        const bool counts = std::all_of(graph.inputs.begin(), graph.inputs.end(), [&](int t) {
          return is_integer(graph.tensors[static_cast<std::size_t>(t)].type);
        });
        if (counts) continue;
        ++computed;
        for (const int batch : {1, 3}) CHECK(run(constant, {}, batch) == run(graph, values, batch));
      }
    }
    CHECK(computed > 80);
  }

  TEST_CASE("what is of constants is read by other nodes, and a pad of it is not fused") {
    Builder b;
    const int x = b.i8({1, 2, 2, 1}), one = b.constant({1, 1, 1, 1}, {7});
    const int tile = b.i8({1, 2, 2, 1}), sum = b.i8({1, 2, 2, 1}, 1.0f);
    b.node(OpCode::tile, {one, b.ints({1, 2, 2, 1})}, {tile});
    b.node(OpCode::add, {x, tile}, {sum}, ElementwiseAttributes{});
    const int padded = b.i8({1, 3, 3, 1}), pooled = b.i8({1, 2, 2, 1});
    b.node(OpCode::padv2, {one, b.ints({0, 0, 1, 1, 1, 1, 0, 0}, {4, 2}), b.constant({}, {-128})},
           {padded});
    b.node(OpCode::max_pool_2d, {padded}, {pooled},
           PoolAttributes{.stride_h = 1, .stride_w = 1, .filter_h = 2, .filter_w = 2});
    CHECK(run_graph(b.done({x}, {sum, pooled}), {{1, 3, 5, -7}}, {}, {.ops = &all_ops()}) ==
          Codes{4, 5, 6, 0, 7, 7, 7, 7});
  }

  TEST_CASE("what is of constants counts as packed memory before it is there") {
    Builder b;
    const int x = b.i8({1}), one = b.constant({1}, {7}), y = b.i8({1 << 30});
    b.node(OpCode::tile, {one, b.ints({1 << 30})}, {y});
    const Graph graph = b.done({x}, {y});
    const auto peak = [] {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss;  // KiB
    };
    const auto before = peak();
    CHECK_THROWS_AS(Model(graph, {.memory_limit = 1 << 20, .ops = &all_ops()}), octet::MemoryError);
    CHECK(peak() - before < 1 << 18);
    CHECK_THROWS_WITH(Model(graph, {.memory_limit = 1 << 20, .ops = &all_ops()}),
                      doctest::Contains("got 1073741824 up to op 0 TILE"));
  }

  TEST_CASE("constants of UINT8 are moved beside values") {
    Builder b;
    const auto u8 = [&b](int t) {
      b[t].type = DType::u8;
      return t;
    };
    const int x = u8(b.i8({1, 2})), c = u8(b.constant({1, 2}, {-1, 5}));
    const int joined = u8(b.i8({1, 4})), packed = u8(b.i8({2, 1, 2})), padded = u8(b.i8({1, 3}));
    b.node(OpCode::concatenation, {c, x}, {joined}, ConcatenationAttributes{1});
    b.node(OpCode::pack, {x, c}, {packed}, PackAttributes{2, 0});
    b.node(OpCode::padv2, {x, b.ints({0, 0, 0, 1}, {2, 2}), u8(b.constant({}, {-56}))}, {padded});
    CHECK(run_graph(b.done({x}, {joined, packed, padded}), {{3, 4}}, {}, {.ops = &all_ops()}) ==
          Codes{-1, 5, 3, 4, 3, 4, -1, 5, 3, 4, -56});
  }

  TEST_CASE("operators of the larger set are named as such") {
    const auto message = [](Graph graph) {
      try {
        const Model model(std::move(graph));
        return std::string();
      } catch (const octet::Error& e) {
        return std::string(e.what());
      }
    };
    for (const OpCode op : {OpCode::add, OpCode::transpose, OpCode::softmax, OpCode::quantize}) {
      CAPTURE(std::string(op_name(op)));
      Builder b;
      const auto value = [&] { return op == OpCode::quantize ? b.i8({1, 4}) : b.f32({1, 4}); };
      const int x = value(), y = value();
      if (op == OpCode::quantize) b[y].type = DType::i16;
      b.node(op, {x}, {y});
      CHECK(message(b.done({x}, {y})).find("octet_all_operators") != std::string::npos);
    }
    Builder b;
    const int x = b.i8({1}), y = b.f32({1});
    b.node(OpCode::dequantize, {b.constant({1}, {7})}, {y});
    CHECK(message(b.done({x}, {y})).find("octet_all_operators") != std::string::npos);
  }
}
