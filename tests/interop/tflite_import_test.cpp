// Files of others become networks that train: operators that training does not write, values at the
// edges, float files, and what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>

#include "core/ops/ops.h"
#include "int8/graph/op_set.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/interop/file_builder.h"
#include "tests/interop/round_trip.h"
#include "tests/support.h"

using namespace octet;
using int8::OpCode;
using octet::test::different_codes;
using octet::test::FileBuilder;
using octet::test::GraphBuilder;
using octet::test::import_bytes;
using Floats = std::vector<float>;

namespace {

std::string op_names(const TfliteNetwork& network) {
  std::string names;
  for (const GraphNode& n : network.graph->nodes()) {
    if (n.kind == Tape::Kind::op) names += (names.empty() ? "" : " ") + std::string(n.op->name());
  }
  return names;
}

/// The graph's network ships with its codes.
TfliteNetwork check_trip(const int8::Graph& graph) {
  const test::Bytes file = serialize_tflite(graph);
  TfliteNetwork network = import_bytes(file);
  CHECK(different_codes(file, network) == 0);
  return network;
}

/// Of one node: its first operand is the input.
struct OneNode {
  GraphBuilder b;
  int x, y;
  OneNode(int8::Dims in, int8::Dims out, float scale = 0.5f)
      : x(b.value("x", std::move(in), 0.5f, 3)), y(b.value("y", std::move(out), scale, 3)) {
    b.graph.inputs = {x};
    b.graph.outputs = {y};
  }
  OneNode& node(OpCode op, std::vector<int> others, int8::Attributes attributes = {}) {
    others.insert(others.begin(), x);
    b.node(op, std::move(others), {y}, std::move(attributes));
    return *this;
  }
  TfliteNetwork trip() const { return check_trip(b.graph); }
};

TfliteNetwork import_file(const FileBuilder& f) {
  const std::string bytes = f.bytes();
  return import_bytes(std::as_bytes(std::span(bytes)));
}

Floats run(const TfliteNetwork& network, const Floats& x) {
  Context context;
  context.training = false;
  Tape tape(context, GradMode::off);
  const Shape& shape =
      network.graph->nodes()[static_cast<std::size_t>(network.graph->inputs()[0])].shape;
  const Var y = (*network.graph)(tape.input(Tensor::from(shape, std::span<const float>(x))));
  const auto values = y.value().span<real>();
  return {values.begin(), values.end()};
}

std::string refusal(const test::Bytes& file) {
  try {
    import_bytes(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Floats numbers(std::size_t n, float step = 0.25f) {
  Floats values;
  for (std::size_t i = 0; i < n; ++i)
    values.push_back(step * static_cast<float>(static_cast<int>(i * 7 % 11) - 5));
  return values;
}

}  // namespace

TEST_CASE("tflite in: every operator of the engine has a row") {
  std::set<std::string_view> rows;
  for (const TfliteOperator& op : tflite_operators()) CHECK(rows.insert(op.name).second);
#define OCTET_INT8_OP(op, code, name, create) CHECK(rows.contains(name));
#include "int8/graph/ops.inc"
}

TEST_CASE("tflite in: a convolution takes in the PAD before it, and gives out its clamp") {
  GraphBuilder b;
  const int x = b.value("x", {1, 5, 5, 2}, 0.5f, 3), p = b.value("p", {1, 7, 8, 2}, 0.5f, 3);
  const int y = b.value("y", {1, 3, 3, 4}, 0.25f, -128);
  b.node(OpCode::pad, {x, b.ints("pads", {0, 0, 1, 1, 2, 1, 0, 0}, {4, 2})}, {p});
  b.node(OpCode::depthwise_conv_2d, {p, b.weights("c/w", {1, 3, 3, 4}, 3, 0.01f), b.bias("c/b", 4)},
         {y},
         int8::ConvAttributes{.stride_h = 2,
                              .stride_w = 2,
                              .depth_multiplier = 2,
                              .activation = int8::Activation::relu6});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(op_names(network) == "conv2d relu6");
  const auto parameters = network.graph->named_parameters();
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].name == "c/w");
  CHECK(parameters[0].parameter->value.shape() == Shape{4, 3, 3, 1});
  CHECK(parameters[0].parameter->decay);
  CHECK(parameters[1].name == "c/b");
  CHECK(!parameters[1].parameter->decay);
  CHECK(network.stored.weights.at("c/w").size() == 4);
  CHECK(network.stored.values.at("x") == StoredQuantization::Value{0.5f, 3});
  CHECK(!network.graph->is_training());
}

TEST_CASE("tflite in: a PAD that others read, too, stays one") {
  GraphBuilder b;
  const int x = b.value("x", {1, 4, 4, 2}, 0.5f, 3), p = b.value("p", {1, 6, 6, 2}, 0.5f, 3);
  const int y = b.value("y", {1, 4, 4, 2}, 0.25f, 1);
  b.node(OpCode::pad, {x, b.ints("pads", {0, 0, 1, 1, 1, 1, 0, 0}, {4, 2})}, {p});
  b.node(OpCode::conv_2d, {p, b.weights("w", {2, 3, 3, 2}, -1, 0.01f)}, {y},
         int8::ConvAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y, p};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(op_names(network) == "pad2d conv2d");
  const auto* conv = dynamic_cast<const Conv2dOp*>(network.graph->nodes().back().op.get());
  REQUIRE(conv);
  CHECK(conv->window.padding == Padding2d{});
  CHECK(network.stored.weights.at("w").size() == 1);
}

TEST_CASE("tflite in: moves along any dimension have an int8 form") {
  const auto pads = [](OneNode& n, std::vector<std::int32_t> values) {
    const auto rank = static_cast<std::int32_t>(values.size() / 2);
    return n.b.ints("pads", values, {rank, 2});
  };
  OneNode channels({1, 3, 4, 2}, {1, 4, 4, 5});
  channels.node(OpCode::pad, {pads(channels, {0, 0, 1, 0, 0, 0, 1, 2})}).trip();
  OneNode rows({1, 3, 4}, {1, 6, 4});
  rows.node(OpCode::pad, {pads(rows, {0, 0, 2, 1, 0, 0})}).trip();
  OneNode mirror({1, 3, 4, 2}, {1, 7, 5, 2});
  mirror
      .node(OpCode::mirror_pad, {pads(mirror, {0, 0, 2, 2, 0, 1, 0, 0})},
            int8::MirrorPadAttributes{.symmetric = false})
      .trip();
  OneNode tile({1, 2, 3}, {2, 4, 9});
  tile.node(OpCode::tile, {tile.b.ints("times", {2, 2, 3})}).trip();
  OneNode broadcast({1, 1, 3}, {2, 4, 3});
  broadcast.node(OpCode::broadcast_to, {broadcast.b.ints("shape", {2, 4, 3})}).trip();
  OneNode gather({1, 3, 5}, {1, 3, 4});
  gather.node(OpCode::gather, {gather.b.ints("at", {4, 1, 2, 2})}, int8::GatherAttributes{2})
      .trip();
  OneNode largest({1, 3, 4, 2}, {1, 2});
  largest.node(OpCode::reduce_max, {largest.b.ints("axes", {1, -2})}, int8::MeanAttributes{})
      .trip();
  OneNode mean({1, 3, 4, 2}, {1, 3, 1, 1}, 0.125f);
  mean.node(OpCode::mean, {mean.b.ints("axes", {3, 2, 0})}, int8::MeanAttributes{.keep_dims = true})
      .trip();
  OneNode flat({1, 3, 4, 2}, {24});
  flat.node(OpCode::reshape, {flat.b.ints("to", {24})}, int8::ReshapeAttributes{{24}}).trip();
  OneNode moved({1, 3, 4}, {4, 1, 3});
  moved.node(OpCode::transpose, {moved.b.ints("order", {2, 0, 1})}).trip();
  OneNode crop({1, 5, 4, 2}, {2, 4});
  crop.node(OpCode::strided_slice,
            {crop.b.ints("begin", {0, 1, 0, 1}), crop.b.ints("end", {1, 4, 4, 2}),
             crop.b.ints("by", {1, 2, 1, 1})},
            int8::StridedSliceAttributes{.end_mask = 4, .shrink_axis_mask = 9})
      .trip();
}

TEST_CASE("tflite in: PACK, UNPACK and rows of samples that are none") {
  GraphBuilder b;
  const int x = b.value("x", {3, 4}, 0.5f, 3);
  const int a = b.value("a", {4}, 0.5f, 3), c = b.value("c", {4}, 0.5f, 3),
            d = b.value("d", {4}, 0.5f, 3);
  const int p = b.value("p", {4, 2}, 0.5f, 3), y = b.value("y", {4, 5}, 0.25f, 7);
  b.node(OpCode::unpack, {x}, {a, c, d}, int8::PackAttributes{3, 0});
  b.node(OpCode::pack, {d, a}, {p}, int8::PackAttributes{2, -1});
  b.node(OpCode::fully_connected, {p, b.weights("w", {5, 2}, 0, 0.01f), b.bias("b", 5)}, {y},
         int8::FullyConnectedAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {y};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(network.inputs[0].dims == int8::Dims{3, 4});
  CHECK(network.graph->nodes()[0].shape == Shape{1, 3, 4});
}

TEST_CASE("tflite in: operands of fewer dimensions, and constants with scales of their own") {
  GraphBuilder b;
  const int x = b.value("x", {1, 2, 3, 4}, 0.5f, 3), z = b.value("z", {1, 4}, 0.25f, -7);
  const int s = b.value("s", {1, 2, 3, 4}, 0.5f, 1), y = b.value("y", {1, 2, 3, 4}, 0.25f, -128);
  int c = b.weights("c", {4}, -1, 0.03f);
  b.tensor(c).quantization.zero_point = {11};
  const int one = b.weights("one", {}, -1, 0.02f);
  const int t = b.value("t", {1, 2, 3, 4}, 0.125f, 9);
  b.node(OpCode::add, {x, z}, {s}, int8::ElementwiseAttributes{});
  b.node(OpCode::mul, {c, s}, {t}, int8::ElementwiseAttributes{});
  b.node(OpCode::sub, {one, t}, {y}, int8::ElementwiseAttributes{int8::Activation::relu});
  b.graph.inputs = {x, z};
  b.graph.outputs = {y};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(op_names(network) == "reshape add mul sub relu");
  CHECK(std::ranges::any_of(network.stored.values, [](const auto& v) {
    return v.second == StoredQuantization::Value{0.03f, 11};
  }));
}

TEST_CASE("tflite in: edges of uint8 and float32, and codes that are scaled anew") {
  GraphBuilder b;
  const int in = b.value("in", {1, 6}, 0.5f, 131), x = b.value("x", {1, 6}, 0.5f, 3);
  const int f = b.float_value("f", {1, 6}), g = b.value("g", {1, 6}, 0.125f, -4);
  const int wide = b.value("wide", {1, 6}, 0.75f, 2), both = b.value("both", {1, 12}, 0.75f, 2);
  const int g2 = b.value("g2", {1, 6}, 0.75f, 2);
  const int out = b.value("out", {1, 12}, 0.75f, 130), reals = b.float_value("reals", {1, 6});
  b.tensor(in).type = b.tensor(out).type = int8::DType::u8;
  b.node(OpCode::quantize, {in}, {x});
  b.node(OpCode::quantize, {f}, {g});
  b.node(OpCode::quantize, {x}, {wide});
  b.node(OpCode::quantize, {g}, {g2});
  b.node(OpCode::concatenation, {wide, g2}, {both}, int8::ConcatenationAttributes{1});
  b.node(OpCode::quantize, {both}, {out});
  b.node(OpCode::dequantize, {wide}, {reals});
  b.graph.inputs = {in, f};
  b.graph.outputs = {out, reals};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(network.inputs[0].type == int8::DType::u8);
  CHECK(network.stored.values.at("in") == StoredQuantization::Value{0.5f, 3});
  CHECK(network.stored.values.at("f") == StoredQuantization::Value{0.125f, -4});
}

TEST_CASE("tflite in: a file of two samples") {
  GraphBuilder b;
  const int x = b.value("x", {2, 4, 4, 2}, 0.5f, 3), y = b.value("y", {2, 2, 2, 3}, 0.25f, -128);
  const int z = b.value("z", {2, 12}, 0.25f, -128), s = b.value("s", {2, 12}, 0.125f, 5);
  b.node(OpCode::conv_2d, {x, b.weights("w", {3, 3, 3, 2}, 0, 0.01f), b.bias("b", 3)}, {y},
         int8::ConvAttributes{.activation = int8::Activation::relu});
  b.node(OpCode::reshape, {y, b.ints("to", {2, 12})}, {z}, int8::ReshapeAttributes{{2, 12}});
  b.node(OpCode::add, {z, b.weights("c", {1, 12}, -1, 0.02f)}, {s}, int8::ElementwiseAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {s};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(network.inputs[0].dims == int8::Dims{2, 4, 4, 2});
  CHECK(network.outputs[0].dims == int8::Dims{2, 12});
  CHECK(network.graph->nodes()[0].shape == Shape{1, 4, 4, 2});
  CHECK(network.notes[0] == "the batch is open, in the file it is 2");
}

TEST_CASE("tflite in: a file of two samples of two rows each") {
  OneNode rows({2, 6}, {4, 3});
  const TfliteNetwork network =
      rows.node(OpCode::reshape, {rows.b.ints("to", {4, 3})}, int8::ReshapeAttributes{{4, 3}})
          .trip();
  CHECK(network.inputs[0].dims == int8::Dims{2, 6});
  CHECK(network.outputs[0].dims == int8::Dims{2, 3});
  const GraphModule& graph = *network.graph;
  CHECK(graph.nodes()[static_cast<std::size_t>(graph.outputs()[0].node)].shape == Shape{1, 2, 3});
}

TEST_CASE("tflite in: what mixes the rows of an input is of one sample") {
  const auto check_whole = [](OneNode& n) {
    const TfliteNetwork network = n.trip();
    CHECK(network.notes.empty());
    CHECK(network.graph->nodes()[0].shape[1] == 2);
  };
  OneNode joined({2, 3}, {4, 3});
  check_whole(joined.node(OpCode::concatenation, {joined.x}, int8::ConcatenationAttributes{-2}));
  OneNode packed({2, 3}, {2, 2, 3});
  check_whole(packed.node(OpCode::pack, {packed.x}, int8::PackAttributes{2, 0}));
  OneNode mean({2, 3}, {1, 3}, 0.25f);
  check_whole(
      mean.node(OpCode::mean, {mean.b.ints("axes", {0})}, int8::MeanAttributes{.keep_dims = true}));
  OneNode tile({2, 3}, {4, 3});
  check_whole(tile.node(OpCode::tile, {tile.b.ints("times", {2, 1})}));
  OneNode sum({2, 2, 3}, {2, 2, 3});  // rows of samples beside the rows of one
  const int rows = sum.b.value("rows", {2, 3}, 0.25f, 3);
  sum.b.node(OpCode::mean, {sum.x, sum.b.ints("axes", {1})}, {rows}, int8::MeanAttributes{});
  check_whole(sum.node(OpCode::add, {rows}, int8::ElementwiseAttributes{}));
  OneNode first({2, 3}, {1, 3});
  check_whole(first.node(OpCode::slice, {first.b.ints("from", {0, 0}), first.b.ints("n", {1, 3})}));
}

TEST_CASE("tflite in: outputs that are constants are left out") {
  GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 3), y = b.value("y", {1, 4}, 0.5f, 0);
  const int c = b.value("c", {1, 8}, 0.5f, 0), q = b.value("q", {1, 8}, 0.25f, 0);
  b.node(OpCode::relu, {x}, {y});
  b.node(OpCode::tile, {b.weights("k", {1, 4}, -1, 0.5f), b.ints("times", {1, 2})}, {c});
  b.node(OpCode::quantize, {c}, {q});
  b.graph.inputs = {x};
  b.graph.outputs = {q, y};
  const TfliteNetwork network = check_trip(b.graph);
  REQUIRE(network.outputs.size() == 1);
  CHECK(network.outputs[0].name == "y");
  CHECK(network.notes[0] == "output 'q' is a constant, and left out");
}

TEST_CASE("tflite in: a channel that is switched off, and one weight for two layers") {
  GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 3), y = b.value("y", {1, 4}, 0.25f, 0);
  const int z = b.value("z", {1, 4}, 0.125f, 4), w = b.weights("w", {4, 4}, 0, 0.01f);
  b.tensor(w).quantization.scale[2] = 0;
  b.node(OpCode::fully_connected, {x, w, b.bias("b", 4)}, {y}, int8::FullyConnectedAttributes{});
  b.node(OpCode::fully_connected, {y, w}, {z}, int8::FullyConnectedAttributes{});
  b.graph.inputs = {x};
  b.graph.outputs = {z};
  const TfliteNetwork network = check_trip(b.graph);
  CHECK(network.graph->named_parameters().size() == 2);
}

TEST_CASE("tflite in: all that cannot train is named") {
  GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 3), y = b.index_value("y", {1});
  const int t = b.value("t", {1, 4}, 0.5f, 3), f = b.float_value("f", {1, 4});
  const int g = b.float_value("g", {1, 4}), h = b.float_value("h", {1, 4});
  b.node(OpCode::arg_max, {x, b.ints("axis", {1}, {})}, {y}, int8::ArgAttributes{});
  b.node(OpCode::dequantize, {x}, {f});
  b.node(OpCode::floor, {f}, {g});
  b.node(OpCode::neg, {g}, {h});  // behind one that is named
  b.node(OpCode::relu, {x}, {t});
  b.graph.inputs = {x};
  b.graph.outputs = {y, h, t};
  const std::string text = refusal(serialize_tflite(b.graph));
  CHECK(has(text, "net.tflite: 2 nodes cannot train: "));
  CHECK(has(text, "ARG_MAX 'y': it computes indices, which have no gradient"));
  CHECK(has(text, "FLOOR 'g': its gradient is zero"));
  CHECK(!has(text, "NEG"));
  CHECK(
      has(refusal(serialize_tflite(test::streaming_graph())), "it keeps a state from run to run"));
  CHECK(has(refusal({}), "not a TFLite file"));
}

TEST_CASE("tflite in: float files") {
  FileBuilder f;
  using test::FLOAT32;
  const int x = f.tensor(FLOAT32, {1, 4, 4, 2}), w = f.tensor(FLOAT32, {3, 3, 3, 2});
  const int b = f.tensor(FLOAT32, {3}), y = f.tensor(FLOAT32, {1, 2, 2, 3});
  const int k = f.tensor(FLOAT32, {5, 12}), z = f.tensor(FLOAT32, {1, 5});
  f.set_data(w, numbers(54));
  f.set_data(b, numbers(3));
  f.set_data(k, numbers(60));
  test::fbs::Conv2DOptionsT conv;
  conv.padding = 1;
  conv.stride_h = conv.stride_w = 1;
  conv.activation = 1;
  f.op(/*CONV_2D*/ 3, {x, w, b}, {y}, conv);
  f.op(/*FULLY_CONNECTED*/ 9, {y, k, -1}, {z}, test::fbs::FullyConnectedOptionsT());
  f.graph().inputs = {x};
  f.graph().outputs = {z};
  const TfliteNetwork network = import_file(f);
  CHECK(op_names(network) == "conv2d relu reshape linear");
  CHECK(network.stored.empty());
  const Floats in = numbers(32, 0.5f), weights = numbers(54), bias = numbers(3),
               matrix = numbers(60);
  Floats hidden;
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t o = 0; o < 3; ++o) {
      float sum = bias[o];
      for (std::size_t t = 0; t < 9; ++t) {
        const std::size_t pixel = (i / 2 + t / 3) * 4 + i % 2 + t % 3;
        for (std::size_t c = 0; c < 2; ++c) sum += in[2 * pixel + c] * weights[(o * 9 + t) * 2 + c];
      }
      hidden.push_back(std::max(sum, 0.0f));
    }
  }
  const Floats got = run(network, in);
  for (std::size_t o = 0; o < 5; ++o) {
    float sum = 0;
    for (std::size_t i = 0; i < 12; ++i) sum += hidden[i] * matrix[12 * o + i];
    CHECK(got[o] == doctest::Approx(sum).epsilon(1e-5));
  }
  const int8::Model model(f.parse(), {.ops = &int8::all_ops()});
  int8::ExecutionContext context(model);
  REQUIRE(context.input(0).size() == in.size() * sizeof(float));
  std::memcpy(context.input(0).data(), in.data(), context.input(0).size());
  context.run();
  Floats computed(5);
  REQUIRE(context.output(0).size() == computed.size() * sizeof(float));
  std::memcpy(computed.data(), context.output(0).data(), context.output(0).size());
  for (std::size_t o = 0; o < 5; ++o) CHECK(computed[o] == doctest::Approx(got[o]).epsilon(1e-5));
}

TEST_CASE("tflite in: weights in float16, and int8 ones beside float values") {
  FileBuilder f;
  using test::FLOAT32;
  constexpr auto half = static_cast<test::FileType>(1);
  const int x = f.tensor(FLOAT32, {1, 2}), h = f.tensor(half, {3, 2}),
            w = f.tensor(FLOAT32, {3, 2});
  const int y = f.tensor(FLOAT32, {1, 3}), q = f.i8({2, 3}, 0.5f), z = f.tensor(FLOAT32, {1, 2});
  f.set_data(h, std::vector<std::uint16_t>{0x3c00, 0xc000, 0x3800, 0x0001, 0x7bff, 0x8000});
  f.set_data(q, std::vector<std::int8_t>{2, 4, -6, 0, 1, 127});
  f.op(/*DEQUANTIZE*/ 6, {h}, {w});
  f.op(/*FULLY_CONNECTED*/ 9, {x, w}, {y}, test::fbs::FullyConnectedOptionsT());
  f.op(/*FULLY_CONNECTED*/ 9, {y, q}, {z}, test::fbs::FullyConnectedOptionsT());
  f.graph().inputs = {x};
  f.graph().outputs = {z};
  const TfliteNetwork network = import_file(f);
  CHECK(op_names(network) == "linear linear");
  const auto parameters = network.graph->named_parameters();
  REQUIRE(parameters.size() == 2);
  const Floats expected{1, -2, 0.5f, 0x1p-24f, 65504, -0.0f};
  const auto got = parameters[0].parameter->value.span<real>();
  CHECK(Floats(got.begin(), got.end()) == expected);
  CHECK(parameters[1].parameter->value.r()[5] == 63.5f);
  CHECK(network.stored.values.empty());
  CHECK(network.stored.weights.at("t4") == Floats{0.5f});
  CHECK(run(network, {1, 1})[0] == doctest::Approx(-1 + 2 * (0.5f + 0x1p-24f) - 3 * 65504));
  CHECK_THROWS_AS(f.parse(), Error);
}

TEST_SUITE("shared") {
  namespace fs = std::filesystem;

  test::Bytes file_in(const fs::path& folder) {
    const std::vector<char> read = test::read_file(folder / "model.tflite");
    test::Bytes file(read.size());
    std::memcpy(file.data(), read.data(), read.size());
    return file;
  }

  TEST_CASE("tflite in: files of converters and of others ship again with the same codes") {
    // What has no int8 form of ours, or computes with floats that have no scale.
    const std::set<std::string> others{
        "aeq_unet",           "aeq_vit", "l2_normalization",     "log_softmax", "pt2e_mbv3",
        "pt2e_float_islands", "tf_vit",  "tf_vit_gelu_layernorm"};
    const std::set<std::string> refused{"arg_max", "int16x8_conv", "int8_without_scales",
                                        "streaming_state_1"};
    int equal = 0;
    for (const char* kind : {"cases/int8", "cases/converters", "golden/nets"}) {
      for (const auto& entry : fs::directory_iterator(*test::shared_dir() / kind)) {
        if (!fs::exists(entry.path() / "model.tflite")) continue;
        const std::string name = entry.path().filename();
        CAPTURE(name);
        const test::Bytes file = file_in(entry.path());
        if (refused.contains(name)) {
          CHECK(has(refusal(file), "cannot train"));
          continue;
        }
        const TfliteNetwork network = import_bytes(file);
        if (others.contains(name)) continue;
        CHECK(different_codes(file, network) == 0);
        ++equal;
      }
    }
    CHECK(equal >= 39);
  }

  TEST_CASE("tflite in: single operators, of one sample and of two") {
    int equal = 0;
    for (const auto& entry : fs::directory_iterator(*test::shared_dir() / "golden/ops")) {
      if (!fs::exists(entry.path() / "model.tflite")) continue;
      const std::string name = entry.path().filename();
      CAPTURE(name);
      const test::Bytes file = file_in(entry.path());
      const TfliteNetwork network = import_bytes(file);
      if (op_names(network).empty()) continue;  // from reals to codes or back, and nothing else
      if (op_names(network) == "mul softmax") continue;  // its beta becomes a product
      const std::int64_t different = different_codes(file, network);
      CHECK((different == 0 || name.ends_with("_PRELU")));  // slopes with a zero point are not kept
      equal += different == 0;
    }
    CHECK(equal >= 210);
  }
}
