// A batch of one on several threads, in bands: the same bytes, and no band that touches memory
// which another may use at the same time.
#include <doctest/doctest.h>

#include "int8/engine/every_op.h"
#include "int8/ops/node_view.h"
#include "tests/address_sanitizer.h"
#include "tests/base/forked_child.h"
#include "tests/int8/allocations.h"
#include "tests/int8/banded.h"
#include "tests/int8/isas.h"
#include "tests/int8/nets.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

/// Odd sizes, strides of 2, filters that span several bands, dilation, residuals and branches.
Graph odd_net() {
  NetBuilder b(21);
  const int in = b.i8({1, 37, 29, 3}, 0.02f, -5);
  int x = b.conv(in, 16, 3, 2);
  for (const int stride : {1, 2, 1}) {
    const int wide = b.conv(x, 48, 1, 1);
    const int deep = b.conv(wide, 0, 5, stride, Padding::same, true);
    const int narrow = b.conv(deep, 16, 1, 1, Padding::same, false, Activation::none);
    x = stride == 1 ? b.add(narrow, x) : narrow;
  }
  const int tall = b.conv(x, 16, 7, 1);  // 7 rows of a band of one
  const int pooled = b.max_pool(x, 5, 1);
  const int gate = b.table(OpCode::logistic, tall);
  const int product = b.i8(b.shape(tall), b.scale(tall), b.zero_point(tall));
  b.node(OpCode::mul, {tall, gate}, {product}, ElementwiseAttributes{});
  const int again = b.i8(b.shape(pooled), b.scale(tall), b.zero_point(tall));
  b.node(OpCode::quantize, {pooled}, {again});
  const int all = b.concat({product, again, product});
  const int strided = b.conv(all, 24, 1, 2);
  return b.done({in}, {b.head(strided, 10), strided});
}

/// Images one pixel wide, or one pixel high.
Graph line_net(bool tall) {
  NetBuilder b(23);
  const int in = b.i8(tall ? Dims{1, 61, 1, 12} : Dims{1, 1, 61, 12}, 0.02f, -5);
  const auto conv = [&](int x, int out_c, int kernel, int stride, bool depthwise,
                        Padding padding = Padding::same) {
    return b.conv(x, out_c, tall ? kernel : 1, stride, padding, depthwise, Activation::relu,
                  tall ? 1 : kernel);
  };
  int x = conv(in, 40, 5, 1, false);
  x = conv(conv(x, 0, 9, 1, true), 24, 3, 2, false);
  const int skip = x;
  x = b.add(conv(conv(x, 0, 4, 1, true), 24, 1, 1, false), skip);
  return b.done({in}, {b.head(x, 10), conv(x, 16, 31, 1, false, Padding::valid),
                       conv(x, 0, 31, 2, true, Padding::valid)});
}

std::vector<std::pair<std::string, Graph>> graphs() {
  auto all = zoo_like_graphs();
  all.emplace_back("one pixel wide", line_net(true));
  all.emplace_back("one pixel high", line_net(false));
  all.emplace_back("odd", odd_net());
  all.emplace_back("every op", every_op_graph());
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    all.emplace_back("random " + std::to_string(seed), random_graph(seed));
  }
  return all;
}

/// Large enough for bands to be worth it.
Graph large_net() {
  NetBuilder b(22);
  const int in = b.i8({1, 56, 56, 32}, 0.02f, -5);
  int x = in;
  for (int i = 0; i < 4; ++i) {
    const int wide = b.conv(b.conv(x, 96, 1, 1), 0, 3, 1, Padding::same, true);
    x = b.add(b.conv(wide, 32, 1, 1, Padding::same, false, Activation::none), x);
  }
  return b.done({in}, {b.head(x, 10), x});
}

/// A stretch of the arena.
struct Stretch {
  std::size_t begin, end;
  bool meets(const Stretch& o) const { return begin < o.end && o.begin < end; }
};
struct Access {
  std::vector<Stretch> reads, writes;
};

/// What every band reads and writes, in the order of the plan's bands.
std::vector<Access> accesses(const Model::Impl& model, const Banded& banded) {
  const auto whole = [&](int t) {
    const auto tensor = static_cast<std::size_t>(t);
    const auto block = static_cast<std::size_t>(banded.memory.storage.block_of[tensor]);
    const std::size_t at = banded.memory.memory.offsets[block];
    return Stretch{at, at + model.bytes[tensor]};
  };
  std::vector<Access> all;
  for (const BandStep& s : banded.plan.steps) {
    const Step& step = *model.steps[static_cast<std::size_t>(s.step)];
    const auto unit = static_cast<std::size_t>(step.unit_bytes());
    for (int b = 0; b < s.bands; ++b) {
      const Range units = banded.plan.bands[static_cast<std::size_t>(s.first_band + b)].units;
      Access& a = all.emplace_back();
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        Stretch x = whole(step.inputs[i]);
        if (unit > 0) {
          const Range bytes = step.bytes_read(i, units);
          x = {x.begin + static_cast<std::size_t>(bytes.begin),
               x.begin + static_cast<std::size_t>(bytes.end)};
        }
        a.reads.push_back(x);
      }
      for (const int t : step.outputs) {
        Stretch y = whole(t);
        if (unit > 0) {
          y.end = std::min(y.end, y.begin + static_cast<std::size_t>(units.end) * unit);
          y.begin += static_cast<std::size_t>(units.begin) * unit;
        }
        a.writes.push_back(y);
      }
    }
  }
  return all;
}

/// before[b][a]: band a is done when band b begins.
std::vector<std::vector<bool>> orders(const BandPlan& plan) {
  const std::size_t n = plan.bands.size();
  std::vector<std::vector<bool>> before(n, std::vector<bool>(n));
  for (std::size_t s = 0; s < plan.steps.size(); ++s) {
    for (int b = 0; b < plan.steps[s].bands; ++b) {
      const auto band = static_cast<std::size_t>(plan.steps[s].first_band + b);
      const auto after = [&](std::size_t other) {
        before[band][other] = true;
        for (std::size_t k = 0; k < n; ++k) {
          if (before[other][k]) before[band][k] = true;
        }
      };
      const auto horizon = static_cast<std::size_t>(plan.steps[s].horizon);
      for (std::size_t e = 0; e < s; ++e) {
        const BandStep& earlier = plan.steps[e];
        const std::uint64_t needs = e < horizon ? earlier.all() : plan.bands[band].needs[s - e - 1];
        for (int k = 0; k < earlier.bands; ++k) {
          if (needs >> k & 1) after(static_cast<std::size_t>(earlier.first_band + k));
        }
      }
    }
  }
  return before;
}

/// Every unit of a step by itself, with all bytes inverted that it does not claim to read.
void check_units(const Model::Impl& model, const Step& step) {
  const auto bytes = [&](int t) { return model.bytes[static_cast<std::size_t>(t)]; };
  std::vector<std::vector<std::byte>> inputs;
  for (const int t : step.inputs) {
    auto& x = inputs.emplace_back(bytes(t));
    const bool codes = model.graph.tensors[static_cast<std::size_t>(t)].type == DType::i8;
    for (std::size_t k = 0; k < x.size(); ++k) {
      x[k] = static_cast<std::byte>(codes || k % 4 < 3 ? (k + 7) * 2654435761U >> 13 : 0x3e);
    }
  }
  REQUIRE(step.outputs.size() == 1);
  std::vector<std::byte> whole(bytes(step.outputs[0]));
  const AlignedBuffer scratch(step.scratch_bytes(1, 1));
  octet::ThreadPool alone;
  const auto run = [&](auto& values, std::vector<std::byte>& y, const Range* units) {
    std::vector<const std::byte*> in;
    for (const auto& x : values) in.push_back(x.data());
    std::byte* const out = y.data();
    const RunArgs args{
        .in = in.data(), .out = &out, .batch = 1, .threads = alone, .scratch = scratch.get()};
    units ? step.run_units(args, *units) : step.run(args);
  };
  run(inputs, whole, nullptr);
  const auto unit = static_cast<std::size_t>(step.unit_bytes());
  const std::size_t units = (whole.size() + unit - 1) / unit;
  for (std::size_t u = 0; u < units; u += 1 + units / 40) {
    const Range one{static_cast<std::int64_t>(u), static_cast<std::int64_t>(u) + 1};
    auto partial = inputs;
    for (std::size_t i = 0; i < partial.size(); ++i) {
      const Range read = step.bytes_read(i, one);
      REQUIRE(read.begin >= 0);
      REQUIRE(static_cast<std::size_t>(read.end) <= partial[i].size());
      for (std::size_t k = 0; k < partial[i].size(); ++k) {
        const auto at = static_cast<std::int64_t>(k);
        if (at < read.begin || at >= read.end) partial[i][k] = ~partial[i][k];
      }
    }
    constexpr std::byte untouched{0x5a};
    std::vector<std::byte> y(whole.size(), untouched);
    run(partial, y, &one);
    std::size_t wrong = 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      wrong += y[k] != (k / unit == u ? whole[k] : untouched);
    }
    CHECK(wrong == 0);
  }
}

bool meet(const std::vector<Stretch>& a, const std::vector<Stretch>& b) {
  for (const Stretch& x : a) {
    for (const Stretch& y : b) {
      if (x.meets(y)) return true;
    }
  }
  return false;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("bands: bands that may run at once never touch what one of them writes") {
    int at_once = 0;
    for (const auto& entry : graphs()) {
      CAPTURE(entry.first);
      const Model model(entry.second);
      const Banded banded(model, 3);
      const auto touched = accesses(model.impl(), banded);
      const auto before = orders(banded.plan);
      int clashes = 0;
      for (std::size_t b = 0; b < touched.size(); ++b) {
        for (std::size_t a = 0; a < b; ++a) {
          if (before[b][a]) continue;
          ++at_once;
          clashes += meet(touched[a].writes, touched[b].writes) ||
                     meet(touched[a].reads, touched[b].writes) ||
                     meet(touched[a].writes, touched[b].reads);
        }
      }
      CHECK(clashes == 0);
    }
    CHECK(at_once > 10000);
  }

  TEST_CASE("bands: units are computed from the bytes they say, and write no others") {
    for (const auto& entry : graphs()) {
      for (const Isa isa : octet::test::isas_under_test()) {
        const Model model(entry.second, {.isa = isa});
        for (const auto& step : model.impl().steps) {
          if (step->unit_bytes() == 0) continue;
          CAPTURE(node_text(model.graph(), step->node_index));
          check_units(model.impl(), *step);
        }
      }
    }
  }

  TEST_CASE("bands: the same bytes as one thread, on 2, 3 and 5 threads and every ISA") {
    for (const auto& entry : graphs()) {
      CAPTURE(entry.first);
      for (const Isa isa : octet::test::isas_under_test()) {
        CAPTURE(std::string(isa_name(isa)));
        const Model model(entry.second, {.isa = isa});
        const auto first = input_bytes(model, 1), second = input_bytes(model, 2);
        const auto expected_first = run_alone(model, first);
        const auto expected_second = run_alone(model, second);
        for (const int threads : {2, 3, 5}) {
          CAPTURE(threads);
          Banded banded(model, threads, threads == 3 ? 20 : 0);
          CHECK(banded.run(first) == expected_first);
          CHECK(banded.run(second) == expected_second);
        }
      }
    }
  }

  TEST_CASE("bands: in a forked child the caller does all of them, and the team goes away" *
            doctest::skip(octet::test::address_sanitizer)) {
    const Model model(large_net());
    const auto inputs = input_bytes(model, 1);
    const auto expected = run_alone(model, inputs);
    for (const int spin_us : {0, 50}) {
      auto banded = std::make_unique<Banded>(model, 3, spin_us);
      CHECK(banded->run(inputs) == expected);
      CHECK(in_child([&] {
              const bool same = banded->run(inputs) == expected;
              banded.reset();
              return same ? 0 : 1;
            }) == 0);
      CHECK(banded->run(inputs) == expected);
    }
  }

  TEST_CASE("bands: arenas within 2 % of the lower bound") {
    for (const auto& entry : zoo_like_graphs()) {
      CAPTURE(entry.first);
      const Model model(entry.second);
      const Banded banded(model, 2);
      CAPTURE(banded.memory.memory.total);
      CAPTURE(banded.memory.lower_bound);
      CHECK(banded.memory.memory.total * 100 <= banded.memory.lower_bound * 102);
    }
  }

  TEST_CASE("bands: a context uses them for a large network, where memory allows it") {
    const Model model(large_net());
    const auto inputs = input_bytes(model, 5);
    const auto expected = run_alone(model, inputs);
    const std::size_t arena = ExecutionContext(model).arena_bytes();
    for (const int threads : {2, 3, 5}) {
      CAPTURE(threads);
      CHECK(run_alone(model, inputs, {.threads = threads}) == expected);
      CHECK(run_alone(model, inputs, {.threads = threads, .spin_us = 30}) == expected);
      CHECK(run_alone(model, inputs, {.threads = threads, .keep_values = true}) == expected);
      const ExecutionContext banded(model, {.threads = threads});
      CHECK(banded.arena_bytes() > arena);  // values live longer
      CHECK(banded.arena_bytes() * 100 <= banded.arena_lower_bound() * 102);
      // One byte less than that takes: each step is shared out as it comes.
      const std::size_t limit = banded.arena_bytes() + banded.scratch_bytes() - 1;
      CHECK(ExecutionContext(model, {.threads = threads, .memory_limit = limit}).arena_bytes() ==
            arena);
      CHECK(run_alone(model, inputs, {.threads = threads, .memory_limit = limit}) == expected);
    }
    CHECK(ExecutionContext(model, {.batch = 2, .threads = 3}).arena_bytes() == 2 * arena);
  }

  TEST_CASE("bands: a run allocates nothing, and the times of its steps add up") {
    const Model model(large_net());
    ExecutionContext context(model, {.threads = 3});
    context.run();
    const std::int64_t before = allocations();
    for (int i = 0; i < 20; ++i) context.run();
    CHECK(allocations() == before);
    std::vector<double> seconds(model.steps().size(), 0.0);
    context.run_profiled(seconds);
    double sum = 0;
    for (const double s : seconds) {
      CHECK(s >= 0);
      sum += s;
    }
    CHECK(sum > 0);
  }
}
