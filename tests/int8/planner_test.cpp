// The memory planner: no overlap, never below the bound, close to it on real topologies.
#include <doctest/doctest.h>

#include <ctime>
#include <map>
#include <numeric>

#include "int8/engine/planner.h"
#include "int8/ops/catalogue.h"
#include "int8/reference/tables/unary.h"
#include "tests/address_sanitizer.h"
#include "tests/int8/nets.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

TEST_SUITE("int8") {
  TEST_CASE("plans of random lifetimes: blocks alive together never overlap") {
    std::mt19937_64 rng = octet::test::rng(6);
    for (int n = 0; n < 60; ++n) {
      const auto pick = [&](int lo, int hi) {
        return lo + static_cast<int>(rng() % static_cast<unsigned>(hi - lo + 1));
      };
      const int times = pick(1, 40);
      std::vector<MemoryBlock> blocks(static_cast<std::size_t>(pick(1, 60)));
      for (MemoryBlock& b : blocks) {
        b.bytes = static_cast<std::size_t>(pick(1, n % 2 ? 100 : 100000));
        b.first = pick(0, times);
        b.last = std::min(times, b.first + pick(0, 8));
        if (n % 3 == 0) b.alignment = pick(0, 1) ? 4 : 1;
      }
      const MemoryPlan plan = plan_memory(blocks);
      REQUIRE(plan.offsets.size() == blocks.size());
      std::size_t end = 0;
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        CHECK(plan.offsets[i] % plan.alignment == 0);
        CHECK(plan.offsets[i] % blocks[i].alignment == 0);
        end = std::max(end, plan.offsets[i] + blocks[i].bytes);
        for (std::size_t j = 0; j < i; ++j) {
          const bool together =
              blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
          const bool apart = plan.offsets[i] + blocks[i].bytes <= plan.offsets[j] ||
                             plan.offsets[j] + blocks[j].bytes <= plan.offsets[i];
          CHECK((!together || apart));
        }
      }
      CHECK(plan.total == end);
      CHECK(plan.total >= memory_lower_bound(blocks));
      CHECK(plan_memory(blocks).offsets == plan.offsets);
    }
  }

  TEST_CASE("a few bytes are packed without gaps, but where a value needs them") {
    CHECK(
        plan_memory(std::vector<MemoryBlock>{{3, 0, 1}, {12, 0, 1}, {9, 1, 2}, {7, 2, 3}}).total ==
        24);
    const std::vector<MemoryBlock> floats = {{3, 0, 1}, {8, 0, 1, 4}, {2, 0, 1}};
    CHECK(plan_memory(floats).total == 13);
    CHECK(plan_memory(floats).offsets[1] % 4 == 0);
  }

  TEST_CASE("the lower bound is the largest sum at one time") {
    const std::vector<MemoryBlock> blocks{{100, 0, 2}, {50, 2, 3}, {70, 3, 3}, {1, 0, 9}};
    CHECK(memory_lower_bound(blocks) == 151);
    CHECK(memory_lower_bound({}) == 0);
    CHECK(plan_memory({}).total == 0);
  }

  TEST_CASE("a hundred thousand values, alive together or one after the other, in seconds") {
    constexpr int n = octet::test::address_sanitizer ? 20'000 : 100'000;
    const std::clock_t begin = std::clock();
    std::vector<MemoryBlock> together(n, {64, 0, n}), chain, mixed;
    for (int i = 0; i < n; ++i) chain.push_back({64U << i % 5, i, i + 1});
    std::mt19937_64 rng = octet::test::rng(8);
    for (int i = 0; i < n; ++i) {
      const int first = static_cast<int>(rng() % n);
      mixed.push_back({rng() % 5000, first, std::min(n, first + static_cast<int>(rng() % 2000))});
    }
    for (const auto& blocks : {together, chain, mixed}) {
      const MemoryPlan plan = plan_memory(blocks);
      const std::size_t bound = memory_lower_bound(blocks);
      CHECK(plan.total >= bound);
      CHECK(plan.total <= bound * 3 / 2);
      // Those alive at a time, by offset: each ends before the next begins.
      std::vector<std::size_t> born(blocks.size()), dead(blocks.size());
      std::iota(born.begin(), born.end(), 0U);
      dead = born;
      std::sort(born.begin(), born.end(),
                [&](std::size_t a, std::size_t b) { return blocks[a].first < blocks[b].first; });
      std::sort(dead.begin(), dead.end(),
                [&](std::size_t a, std::size_t b) { return blocks[a].last < blocks[b].last; });
      std::map<std::size_t, std::size_t> alive;  // offset to end
      std::size_t overlaps = 0, next = 0;
      for (const std::size_t i : born) {
        for (; blocks[dead[next]].last < blocks[i].first; ++next) {
          if (blocks[dead[next]].bytes > 0) alive.erase(plan.offsets[dead[next]]);
        }
        if (blocks[i].bytes == 0) continue;
        const std::size_t at = plan.offsets[i], end = at + blocks[i].bytes;
        const auto after = alive.lower_bound(at);
        overlaps += after != alive.end() && after->first < end;
        overlaps += after != alive.begin() && std::prev(after)->second > at;
        alive.emplace(at, end);
      }
      CHECK(overlaps == 0);
    }
    CHECK((std::clock() - begin) / CLOCKS_PER_SEC < 60);  // the sanitizers take three times as long
  }

  TEST_CASE("arenas of whole nets are within 2 % of the lower bound") {
    for (const auto& entry : zoo_like_graphs()) {
      const std::string& name = entry.first;
      const Graph& graph = entry.second;
      const Model model(graph);
      for (const int batch : {1, 3}) {
        const ExecutionContext context(model, {.batch = batch});
        CAPTURE(name);
        CAPTURE(context.arena_bytes());
        CHECK(context.arena_bytes() >= context.arena_lower_bound());
        CHECK(context.arena_bytes() * 100 <= context.arena_lower_bound() * 102);
      }
    }
  }

  TEST_CASE("elementwise ops take over the memory of an operand that dies") {
    const Dims image{1, 8, 8, 16}, channels{1, 1, 1, 16};
    const auto arena = [](const Graph& graph) {
      const Model model(graph);
      return ExecutionContext(model, {}).arena_bytes();
    };
    const auto unary = [&](OpCode op, QuantParams out, const Attributes& attributes) {
      Builder b;
      const int x = b.i8(image), y = b.i8(image, out.scale, out.zero_point);
      b.node(op, {x}, {y}, attributes);
      CAPTURE(std::string(op_name(op)));
      CHECK(arena(b.done({x}, {y})) == 1024);
    };
    for (const OpEntry& entry : op_catalogue()) {
      const UnaryOp* table = find_unary_op(entry.op);
      if (table) unary(entry.op, table->fixed_output.value_or(QuantParams{0.5f, 0}), {});
    }
    unary(OpCode::quantize, {0.25f, 3}, {});
    unary(OpCode::softmax, {1.0f / 256, -128}, SoftmaxAttributes{});
    unary(OpCode::reshape, {0.5f, 0}, ReshapeAttributes{image});
    for (const OpCode op :
         {OpCode::add, OpCode::sub, OpCode::mul, OpCode::minimum, OpCode::maximum, OpCode::prelu}) {
      // The image is the one taken over, on whichever side it is.
      for (const bool left : {true, false}) {
        if (!left && op == OpCode::prelu) continue;
        Builder b;
        const int x = b.i8(image), c = b.i8(channels), y = b.i8(image);
        b.node(op, left ? std::vector<int>{x, c} : std::vector<int>{c, x}, {y});
        CAPTURE(std::string(op_name(op)));
        CAPTURE(left);
        CHECK(arena(b.done({x, c}, {y})) == 1024 + 16);
      }
    }
  }

  TEST_CASE("values that share memory: in place, and as an alias") {
    // relu of a dead input and a reshape take no memory of their own.
    Builder b;
    const int x = b.i8({1, 640}), r = b.i8({1, 640}), s = b.i8({640, 1}), y = b.i8({640, 1});
    b.node(OpCode::relu, {x}, {r});
    b.node(OpCode::reshape, {r}, {s}, ReshapeAttributes{{640, 1}});
    b.node(OpCode::relu, {s}, {y});
    const Graph graph = b.done({x}, {y});
    CHECK(ExecutionContext(Model(graph)).arena_bytes() == 640);
    // Without fusion the reshape copies.
    CHECK(ExecutionContext(Model(graph, {.fuse = false})).arena_bytes() == 1280);
    CHECK(ExecutionContext(Model(graph), {.keep_values = true}).arena_bytes() == 4 * 640);
    // A value that is read later, or is an output, is not overwritten.
    CHECK(ExecutionContext(Model(b.done({x}, {y, x}))).arena_bytes() == 1280);
  }
}
