// One model, many contexts, many threads at once; built with the thread sanitizer by test.sh.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/parallel.h"
#include "int8/engine/every_op.h"
#include "tests/int8/banded.h"
#include "tests/int8/nets.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

/// All outputs of one run on inputs that `seed` decides.
std::vector<std::byte> outputs(ExecutionContext& context, const Model& model, unsigned seed) {
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const auto to = context.input(static_cast<int>(i));
    const bool codes = model.inputs()[i].type == DType::i8;
    for (std::size_t k = 0; k < to.size(); ++k)
      to[k] = static_cast<std::byte>(codes || k % 4 < 3 ? seed * 89 + k * 37 : 0x3e);
  }
  context.run();
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto y = context.output(static_cast<int>(i));
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

void check_contexts(const Graph& graph) {
  const Model model(graph);
  constexpr unsigned users = 4, runs = 6;
  std::vector<std::vector<std::byte>> expected;
  {
    ExecutionContext context(model, {.batch = 2});
    for (unsigned seed = 0; seed < users * runs; ++seed)
      expected.push_back(outputs(context, model, seed));
  }
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  for (unsigned user = 0; user < users; ++user) {
    threads.emplace_back([&, user] {
      // Made here: creating contexts at once is part of the claim.
      ExecutionContext context(model, {.batch = 2, .threads = static_cast<int>(user) + 1});
      for (unsigned run = 0; run < runs; ++run) {
        const unsigned seed = user * runs + run;
        if (outputs(context, model, seed) != expected[seed]) ++different;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(different == 0);
}

}  // namespace

TEST_CASE("contexts of one model run at once, each on threads of its own") {
  check_contexts(every_op_graph());
  for (const auto& entry : zoo_like_graphs()) {
    CAPTURE(entry.first);
    check_contexts(entry.second);
  }
}

TEST_CASE("bands of a sample on several threads, run after run") {
  auto graphs = zoo_like_graphs();
  graphs.emplace_back("every op", every_op_graph());
  for (std::uint64_t seed = 1; seed <= 5; ++seed) graphs.emplace_back("random", random_graph(seed));
  for (const auto& entry : graphs) {
    CAPTURE(entry.first);
    const Model model(entry.second);
    Banded two(model, 2), five(model, 5, 20);
    for (unsigned seed = 0; seed < 20; ++seed) {
      const auto inputs = input_bytes(model, seed);
      const auto expected = run_alone(model, inputs);
      CHECK(two.run(inputs) == expected);
      CHECK(five.run(inputs) == expected);
    }
  }
}

TEST_CASE("models are made, and signed, at once") {
  const Graph graph = resnet_like();
  const std::uint64_t expected = signature(Model(graph), 2);
  std::atomic<int> different = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      if (signature(Model(graph), 2) != expected) ++different;
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(different == 0);
}

TEST_CASE("the thread pool: every task once, one run after the other, pools side by side") {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> users;
  for (int user = 0; user < 3; ++user) {
    users.emplace_back([&] {
      octet::ThreadPool pool(4);
      for (std::int64_t tasks : {1, 2, 3, 64, 1000}) {
        std::vector<int> done(static_cast<std::size_t>(tasks));
        pool.run(tasks, [&](std::int64_t task, int) { ++done[static_cast<std::size_t>(task)]; });
        for (const int n : done) wrong += n != 1;
      }
    });
  }
  for (std::thread& t : users) t.join();
  CHECK(wrong == 0);
}
