// UINT8 at the edges of a graph, and codes that are moved without being quantized.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "int8/engine/reals.h"
#include "tests/int8/isas.h"
#include "tests/int8/op_reference.h"
#include "tests/int8/refusal.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

int as_code(DType type, std::int8_t bits) {
  return type == DType::u8 ? static_cast<std::uint8_t>(bits) : bits;
}
std::int64_t clamped(DType type, std::int64_t v) {
  return std::clamp<std::int64_t>(v, least_code(type), least_code(type) + 255);
}

int value(Builder& b, DType type, const Dims& shape, Params p) {
  const int t = b.i8(shape, p.s, p.z);
  b[t].type = type;
  return t;
}

/// One node from one value of 256 elements to another.
Graph one_node(OpCode op, DType from, Params x, DType to, Params y, Rounding rounding) {
  Builder b;
  const auto add = [&](DType type, Params p) {
    return type == DType::f32 ? b.f32({1, 256}) : value(b, type, {1, 256}, p);
  };
  const int in = add(from, x), out = add(to, y);
  b.node(op, {in}, {out});
  return b.done({in}, {out}, rounding);
}

Codes run_bytes(const Model& model, std::span<const std::byte> input, const ContextOptions& o) {
  ExecutionContext context(model, o);
  write_input(context, 0, input);
  context.run();
  return codes_of(context.output(0));
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("QUANTIZE between codes of either type: every code, ISA, rounding, batch") {
    const Params signed_params{0.0078f, -3}, unsigned_params{0.0123f, 131};
    const Codes one = all_codes();
    Codes two = one;
    two.insert(two.end(), one.rbegin(), one.rend());
    for (const DType from : {DType::i8, DType::u8}) {
      for (const DType to : {DType::i8, DType::u8}) {
        for (const Rounding r : {Rounding::single_rounding, Rounding::double_rounding}) {
          const Params x = from == DType::u8 ? unsigned_params : signed_params;
          const Params y = to == DType::u8 ? Params{0.0078f, 125} : Params{0.0123f, 3};
          Codes want;
          for (const std::int8_t q : two) {
            const auto v = reference::times(as_code(from, q) - x.z,
                                            reference::factor(double{x.s} / double{y.s}), r);
            want.push_back(static_cast<std::int8_t>(clamped(to, v + y.z)));
          }
          for (const Isa isa : octet::test::isas_under_test()) {
            const Model model(one_node(OpCode::quantize, from, x, to, y, r), {.isa = isa});
            CAPTURE(isa_name(isa));
            CHECK(run_bytes(model, std::as_bytes(std::span(two)), {.batch = 2, .threads = 2}) ==
                  want);
          }
        }
      }
    }
  }

  TEST_CASE("UINT8 from and to floats") {
    std::vector<float> reals;
    for (int i = 0; i < 256; ++i) reals.push_back((static_cast<float>(i) - 140.5f) * 0.031f);
    const Params p{0.03f, 137};
    for (const Isa isa : octet::test::isas_under_test()) {
      const Model to(
          one_node(OpCode::quantize, DType::f32, {}, DType::u8, p, Rounding::double_rounding),
          {.isa = isa});
      const Codes codes = run_bytes(to, std::as_bytes(std::span(reals)), {});
      Codes from_info(256);
      quantize_values(to.outputs()[0], isa, reals.data(),
                      reinterpret_cast<std::byte*>(from_info.data()), 256);
      const Model from(
          one_node(OpCode::dequantize, DType::u8, p, DType::f32, {}, Rounding::double_rounding),
          {.isa = isa});
      const Codes all = all_codes();
      const Codes bytes = run_bytes(from, std::as_bytes(std::span(all)), {});
      std::vector<float> back(256);
      dequantize_values(from.inputs()[0], isa, reinterpret_cast<const std::byte*>(all.data()),
                        back.data(), 256);
      bool same = std::memcmp(bytes.data(), back.data(), bytes.size()) == 0;
      for (std::size_t i = 0; i < 256; ++i) {
        const auto steps = static_cast<std::int64_t>(std::round(reals[i] / p.s));
        same &= as_code(DType::u8, codes[i]) == clamped(DType::u8, steps + p.z);
        same &= codes[i] == from_info[i];
        same &= back[i] == p.s * static_cast<float>(as_code(DType::u8, all[i]) - p.z);
      }
      CAPTURE(isa_name(isa));
      CHECK(same);
    }
  }

  TEST_CASE("codes that are only moved: UINT8, or without scale") {
    struct Kind {
      DType type;
      bool quantized;
    };
    for (const Kind kind :
         {Kind{DType::u8, true}, Kind{DType::u8, false}, Kind{DType::i8, false}}) {
      Builder b;
      const auto add = [&](const Dims& shape) {
        const int t = value(b, kind.type, shape, {0.5f, 9});
        if (!kind.quantized) b[t].quantization = {};
        return t;
      };
      const int x = add({1, 2, 3}), turned = add({1, 3, 2}), twice = add({1, 3, 4});
      const int halves[] = {add({1, 3, 2}), add({1, 3, 2})};
      const int cut = add({1, 1, 2}), flat = add({1, 2}), padded = add({1, 4});
      b.node(OpCode::transpose, {x, b.ints({0, 2, 1})}, {turned});
      b.node(OpCode::concatenation, {turned, turned}, {twice}, ConcatenationAttributes{2});
      b.node(OpCode::split, {b.ints({2}, {}), twice}, {halves[0], halves[1]}, SplitAttributes{2});
      b.node(OpCode::strided_slice,
             {halves[1], b.ints({0, 2, 0}), b.ints({1, 3, 2}), b.ints({1, 1, 1})}, {cut});
      b.node(OpCode::squeeze, {cut}, {flat}, SqueezeAttributes{{1}});
      b.node(OpCode::pad, {flat, b.ints({0, 0, 1, 1}, {2, 2})}, {padded});
      const Graph graph = b.done({x}, {padded});
      const auto zero = static_cast<std::int8_t>(kind.quantized ? 9 : 0);
      CHECK(run_graph(graph, {{1, 2, -3, 4, 5, -6}}) == Codes{zero, -3, -6, zero});
      const Model model(graph);
      CHECK(model.inputs()[0].type == kind.type);
      CHECK(model.inputs()[0].scale == (kind.quantized ? 0.5f : 0.0f));
    }
  }

  TEST_CASE("CAST of floats stops at the ends of the type, as TensorFlow Lite's does") {
    const std::vector<float> reals{0.9f, -0.9f, NAN, INFINITY, -INFINITY, 255.9f, -129.0f, 128.0f};
    const auto cast = [&](DType type) {
      Builder b;
      const int x = b.f32({8}), y = b.f32({8});
      b[y].type = type;
      b.node(OpCode::cast, {x}, {y});
      return run_bytes(Model(b.done({x}, {y}), {.ops = &all_ops()}),
                       std::as_bytes(std::span(reals)), {});
    };
    CHECK(cast(DType::i8) == Codes{0, 0, 127, 127, -128, 127, -128, 127});
    CHECK(cast(DType::u8) == Codes{0, 0, -1, -1, 0, -1, 0, -128});
    const Codes wide = cast(DType::i64);
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t expected[] = {0, 0, most, most, -most - 1, 255, -129, 128};
    CHECK(std::memcmp(wide.data(), expected, sizeof expected) == 0);
  }

  TEST_CASE("refused: arithmetic on UINT8 or on codes without scale, moves between types") {
    const auto quantized = [](OpCode op) { return [op] { return unary(op); }; };
    check_cases(quantized(OpCode::relu), "RELU",
                {{"u8", [](Builder& b) { b[0].type = DType::u8; }, "expected type i8, got u8"},
                 {"no scale", [](Builder& b) { b[0].quantization = {}; },
                  "expected one scale and zero point, got 0 and 0"}});
    check_cases(quantized(OpCode::quantize), "QUANTIZE",
                {{"no scale", [](Builder& b) { b[0].quantization = {}; }, "expected one scale"},
                 {"f32 out", [](Builder& b) { b[1].type = DType::f32; }, "type i8 or u8"}});
    check_cases(
        quantized(OpCode::reshape), "RESHAPE",
        {{"other type", [](Builder& b) { b[1].type = DType::u8; }, "expected type i8"},
         {"other scale", [](Builder& b) { b[1].quantization.scale[0] = 0.4f; }, "expected scale"}});
    check_cases(quantized(OpCode::quantize), "tensor 't0'",
                {{"u8 zero point",
                  [](Builder& b) {
                    b[0].type = DType::u8;
                    b[0].quantization.zero_point[0] = -1;
                  },
                  "[0, 255], got -1"}});
  }
}
