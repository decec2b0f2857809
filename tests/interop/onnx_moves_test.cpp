// ONNX in: random chains of operators that move elements, computed by the graph and, as constants,
// when the file is read: two ways that have nothing in common but the shapes.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <numeric>
#include <random>

#include "tests/interop/onnx_builder.h"
#include "tests/support.h"

namespace octet {
namespace {

using test::numbers;
using test::OnnxBuilder;
using Ints = OnnxBuilder::Ints;

/// A chain on "v0", and its present shape.
struct Chain {
  OnnxBuilder b{13};
  Ints dims;
  int count = 0;
  std::string what;

  std::string value() const { return "v" + std::to_string(count); }
  /// Adds a node on the present value, with an operand of integers if it has any.
  OnnxBuilder& node(const std::string& op, const Ints& operand, bool has_operand) {
    std::vector<std::string> inputs{value()};
    ++count;
    if (has_operand) {
      inputs.push_back("p" + std::to_string(count));
      b.ints(inputs[1], {static_cast<std::int64_t>(operand.size())}, operand);
    }
    what += " " + op;
    return b.node(op, inputs, {value()});
  }
};

using Random = std::mt19937_64;
std::size_t below(Random& rng, std::size_t n) {
  return static_cast<std::size_t>(rng() % n);
}

void transpose(Chain& c, Random& rng, bool keep_batch) {
  std::vector<int> perm(c.dims.size());
  std::iota(perm.begin(), perm.end(), 0);
  std::shuffle(perm.begin() + keep_batch, perm.end(), rng);
  c.node("Transpose", {}, false);
  onnx::AttributeProto& a = *c.b.graph().mutable_node(c.b.graph().node_size() - 1)->add_attribute();
  a.set_name("perm");
  a.set_type(onnx::AttributeProto::INTS);
  Ints dims;
  for (const int d : perm) {
    a.add_ints(d);
    dims.push_back(c.dims[static_cast<std::size_t>(d)]);
  }
  c.dims = dims;
}

/// Splits an extent, joins two neighbours, or adds or takes away one of 1; not the first, if it is
/// the batch.
void reshape(Chain& c, Random& rng, bool keep_batch) {
  Ints dims = c.dims;
  const std::size_t first = keep_batch;
  const std::size_t d = first + below(rng, dims.size() - first);
  const auto at = dims.begin() + static_cast<std::ptrdiff_t>(d);
  const std::size_t kind = below(rng, 3);
  if (kind == 0 && dims.size() < 5) {
    const std::int64_t part = dims[d] % 2 == 0 ? 2 : dims[d] % 3 == 0 ? 3 : 1;
    dims[d] /= part;
    dims.insert(at, part);
  } else if (kind == 1 && d + 1 < dims.size()) {
    dims[d] *= dims[d + 1];
    dims.erase(dims.begin() + static_cast<std::ptrdiff_t>(d) + 1);
  } else if (dims.size() < 5) {
    dims.insert(at, 1);
  }
  Ints shape = dims;
  if (keep_batch) shape[0] = 0;
  c.node("Reshape", shape, true);
  c.dims = dims;
}

void slice(Chain& c, Random& rng, bool keep_batch) {
  const std::size_t d = keep_batch + below(rng, c.dims.size() - keep_batch);
  if (c.dims[d] < 2) return;
  const std::string from = c.value();
  ++c.count;
  const std::string n = std::to_string(c.count);
  const bool back = below(rng, 2) == 0;
  c.b.ints("s" + n, {1}, {back ? -1 : 1}).ints("e" + n, {1}, {back ? -c.dims[d] : c.dims[d]});
  c.b.ints("a" + n, {1}, {static_cast<std::int64_t>(d)}).ints("t" + n, {1}, {back ? -1 : 1});
  c.b.node("Slice", {from, "s" + n, "e" + n, "a" + n, "t" + n}, {c.value()});
  c.dims[d] -= 1;
  c.what += " Slice";
}

void concat(Chain& c, Random& rng, bool keep_batch) {
  const std::size_t d = keep_batch + below(rng, c.dims.size() - keep_batch);
  const std::string from = c.value();
  ++c.count;
  c.b.node("Concat", {from, from}, {c.value()}).with("axis", static_cast<int>(d));
  c.dims[d] *= 2;
  c.what += " Concat";
}

void tile(Chain& c, Random& rng, bool keep_batch) {
  Ints repeats(c.dims.size(), 1);
  const std::size_t d = keep_batch + below(rng, c.dims.size() - keep_batch);
  repeats[d] = 2;
  c.node("Tile", repeats, true);
  c.dims[d] *= 2;
}

Chain random_chain(Random& rng, bool keep_batch) {
  Chain c;
  const std::size_t rank = 2 + below(rng, 3);
  for (std::size_t d = 0; d < rank; ++d)
    c.dims.push_back(1 + static_cast<std::int64_t>(below(rng, 4)));
  if (keep_batch) c.dims[0] = 2;
  const auto steps = 1 + below(rng, 6);
  for (std::size_t i = 0; i < steps; ++i) {
    constexpr std::array moves{transpose, reshape, reshape, slice, concat, tile};
    const auto move = moves[below(rng, moves.size())];
    if (std::accumulate(c.dims.begin(), c.dims.end(), std::int64_t{1}, std::multiplies<>()) < 500)
      move(c, rng, keep_batch);
  }
  return c;
}

TEST_CASE("onnx: chains of moves") {
  for (const bool keep_batch : {true, false}) {
    auto rng = test::rng(keep_batch ? 1 : 2);
    for (int round = 0; round < 200; ++round) {
      Random start = rng;
      Chain c = random_chain(rng, keep_batch);
      // The first draws are the shape's.
      Ints dims;
      const std::size_t rank = 2 + below(start, 3);
      for (std::size_t d = 0; d < rank; ++d)
        dims.push_back(1 + static_cast<std::int64_t>(below(start, 4)));
      if (keep_batch) dims[0] = 2;
      const std::int64_t n =
          std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
      CAPTURE(round);
      CAPTURE(c.what);
      Chain constant = c;
      c.b.input("v0", dims).output(c.value());
      const OnnxNetwork network = c.b.import();
      const std::int64_t batch = network.inputs[0].order[0] == 0 ? dims[0] : 1;
      const auto got = test::run_onnx(network, {numbers(n)}, batch)[0];

      constant.b.floats("v0", dims, numbers(n)).input("z", {1, 1});
      constant.b.ints("flat", {1}, {-1}).node("Reshape", {constant.value(), "flat"}, {"f"});
      constant.b.ints("one", {1}, {1}).node("Reshape", {"z", "one"}, {"z1"});
      constant.b.node("Add", {"f", "z1"}, {"sum"}).output("sum");
      const auto expected = test::run_onnx(constant.b.import(), {{0}}, 1)[0];
      CHECK(got == expected);
    }
  }
}

}  // namespace
}  // namespace octet
