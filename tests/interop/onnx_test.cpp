// ONNX in: values of small models against sums written out here, and what they become.
#include <doctest/doctest.h>

#include <cmath>

#include "core/ops/ops.h"
#include "tests/interop/onnx_builder.h"

namespace octet {
namespace {

using test::numbers;
using test::OnnxBuilder;
using test::op_names;
using test::run_onnx;
using Floats = std::vector<float>;

void check_near(const Floats& got, const Floats& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(i);
    CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

/// y[n, o, h, w] of x [n, c, h, w] and w [o, c, k, k], stride 1, no pads.
Floats conv(const Floats& x, const Floats& w, int n, int c, int h, int o, int k) {
  const int out = h - k + 1;
  Floats y;
  for (int b = 0; b < n; ++b)
    for (int f = 0; f < o; ++f)
      for (int i = 0; i < out; ++i)
        for (int j = 0; j < out; ++j) {
          double sum = 0;
          for (int d = 0; d < c; ++d)
            for (int p = 0; p < k; ++p)
              for (int q = 0; q < k; ++q) {
                const auto at_x = static_cast<std::size_t>(((b * c + d) * h + i + p) * h + j + q);
                const auto at_w = static_cast<std::size_t>(((f * c + d) * k + p) * k + q);
                sum += static_cast<double>(x[at_x]) * static_cast<double>(w[at_w]);
              }
          y.push_back(static_cast<float>(sum));
        }
  return y;
}

OnnxBuilder conv_net() {
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).floats("c.weight", {3, 2, 3, 3}, numbers(54));
  b.node("Conv", {"x", "c.weight"}, {"y"}, "/c/Conv").with("kernel_shape", {3, 3});
  return b;
}

TEST_CASE("onnx: a convolution, its layout and its parameter") {
  OnnxBuilder b = conv_net();
  b.output("y");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d");
  CHECK(net.inputs[0].order == std::vector{0, 2, 3, 1});
  CHECK(net.inputs[0].dims == std::vector<std::int64_t>{0, 2, 4, 4});
  const Floats x = numbers(2 * 32, 1);
  check_near(run_onnx(net, {x}, 2)[0], conv(x, numbers(54), 2, 2, 4, 3, 3));
  const auto parameters = net.graph->named_parameters();
  REQUIRE(parameters.size() == 1);
  CHECK(parameters[0].name == "c.weight");
  CHECK(parameters[0].parameter->value.shape() == Shape{3, 3, 3, 2});
  CHECK(parameters[0].parameter->decay);
  CHECK(net.graph->nodes().back().name == "c");
}

TEST_CASE("onnx: parameters train, batch norm stays one") {
  OnnxBuilder b = conv_net();
  for (const char* name : {"bn.weight", "bn.bias", "mean"}) b.floats(name, {3}, {1, 2, 3});
  b.floats("var", {3}, {4, 5, 6});
  b.node("BatchNormalization", {"y", "bn.weight", "bn.bias", "mean", "var"}, {"z"})
      .with("momentum", 0.75f)
      .output("z");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d batch_norm");
  const auto* bn = dynamic_cast<const BatchNormOp*>(net.graph->nodes().back().op.get());
  REQUIRE(bn);
  CHECK(bn->momentum == 0.25f);
  CHECK(net.graph->named_buffers()[0].name == "bn.running_mean");

  net.graph->train();
  Context context;
  Tape tape(context);
  const Var y = (*net.graph)(tape.input(Tensor::full({2, 4, 4, 2}, 1)));
  tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
  for (const NamedParameter& p : net.graph->named_parameters()) {
    INFO(p.name);
    CHECK(!p.parameter->grad.empty());
    CHECK(p.parameter->decay == (p.name == "c.weight"));
  }
}

TEST_CASE("onnx: flattening in front of a product permutes its weights") {
  OnnxBuilder b = conv_net();
  b.floats("w", {5, 12}, numbers(60, 3)).floats("bias", {5}, numbers(5));
  b.node("Flatten", {"y"}, {"f"}).node("Dropout", {"f"}, {"d"});
  b.node("Gemm", {"d", "w", "bias"}, {"z"}).with("transB", 1).output("z");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d dropout reshape linear");
  const Floats x = numbers(32, 1), y = conv(x, numbers(54), 1, 2, 4, 3, 3);
  const Floats w = numbers(60, 3), bias = numbers(5);
  Floats expected;
  for (std::size_t o = 0; o < 5; ++o) {
    float sum = bias[o];
    for (std::size_t i = 0; i < 12; ++i) sum += y[i] * w[o * 12 + i];
    expected.push_back(sum);
  }
  check_near(run_onnx(net, {x}, 1)[0], expected);
}

TEST_CASE("onnx: a flattening that somebody else reads is transposed") {
  OnnxBuilder b = conv_net();
  b.node("Flatten", {"y"}, {"f"}).output("f");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d transpose reshape");
  const Floats x = numbers(64, 1);
  check_near(run_onnx(net, {x}, 2)[0], conv(x, numbers(54), 2, 2, 4, 3, 3));
}

TEST_CASE("onnx: transpositions cancel") {
  OnnxBuilder b;
  b.input("img", {0, 4, 4, 2}).floats("w", {3, 2, 3, 3}, numbers(54));
  b.node("Transpose", {"img"}, {"x"}).with("perm", {0, 3, 1, 2});
  b.node("Conv", {"x", "w"}, {"y"});
  b.node("Transpose", {"y"}, {"z"}).with("perm", {0, 2, 3, 1}).output("z");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d");
  CHECK(net.inputs[0].order == std::vector{0, 1, 2, 3});
  CHECK(net.outputs[0].order == std::vector{0, 1, 2, 3});
  CHECK(net.outputs[0].dims == std::vector<std::int64_t>{0, 2, 2, 3});
}

TEST_CASE("onnx: constants behind a convolution are in it") {
  OnnxBuilder b = conv_net();
  b.floats("s", {3, 1, 1}, {2, 3, 4}).floats("t", {1, 3, 1, 1}, {5, 6, 7});
  b.node("Mul", {"y", "s"}, {"ys"}).node("Add", {"t", "ys"}, {"z"}).output("z");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d");
  CHECK(net.notes.size() == 2);
  const Floats x = numbers(32, 1);
  Floats expected = conv(x, numbers(54), 1, 2, 4, 3, 3);
  for (std::size_t i = 0; i < 12; ++i)
    expected[i] = expected[i] * static_cast<float>(2 + i / 4) + static_cast<float>(5 + i / 4);
  check_near(run_onnx(net, {x}, 1)[0], expected);
}

TEST_CASE("onnx: a convolution that others read keeps what is behind it apart") {
  OnnxBuilder b = conv_net();
  b.floats("t", {1, 3, 1, 1}, {5, 6, 7});
  b.node("Add", {"t", "y"}, {"z"}).output("z").output("y");
  CHECK(op_names(b.import()) == "conv2d add");
}

TEST_CASE("onnx: weights shared by two convolutions are one parameter, also if one is scaled") {
  OnnxBuilder b = conv_net();
  b.input("x2", {0, 2, 4, 4}).node("Conv", {"x2", "c.weight"}, {"y2"});
  OnnxBuilder scaled = b;
  b.output("y").output("y2");
  CHECK(b.import().graph->named_parameters().size() == 1);
  scaled.floats("s", {1}, {2}).node("Mul", {"y2", "s"}, {"z2"}).output("y").output("z2");
  const OnnxNetwork net = scaled.import();
  const Floats x = numbers(32, 1);
  const auto y = run_onnx(net, {x, x}, 1);
  for (std::size_t i = 0; i < 12; ++i) CHECK(y[1][i] == doctest::Approx(2 * y[0][i]));
}

TEST_CASE("onnx: weights through Constant, Identity, Reshape and Cast") {
  OnnxBuilder b;
  b.input("x", {0, 2, 4, 4}).ints("shape", {4}, {3, 2, 3, 3});
  b.node("Constant", {}, {"c"}).with_tensor({54}, numbers(54));
  b.node("Identity", {"c"}, {"i"}).node("Cast", {"i"}, {"f"}).with("to", 1);
  b.node("Reshape", {"f", "shape"}, {"w"}).node("Conv", {"x", "w"}, {"y"}).output("y");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "conv2d");
  CHECK(net.graph->named_parameters()[0].name == "c");
  const Floats x = numbers(32, 1);
  check_near(run_onnx(net, {x}, 1)[0], conv(x, numbers(54), 1, 2, 4, 3, 3));
}

TEST_CASE("onnx: shapes computed with an open batch") {
  OnnxBuilder b = conv_net();
  b.ints("zero", {}, {0}).ints("axis", {1}, {0}).ints("rest", {1}, {-1});
  b.node("Shape", {"y"}, {"s"}).node("Gather", {"s", "zero"}, {"n"});
  b.node("Unsqueeze", {"n", "axis"}, {"n1"});
  b.node("Concat", {"n1", "rest"}, {"to"}).with("axis", 0);
  b.node("Reshape", {"y", "to"}, {"z"}).output("z");
  const OnnxNetwork net = b.import();
  CHECK(net.outputs[0].dims == std::vector<std::int64_t>{0, 12});
  const Floats x = numbers(96, 1);
  check_near(run_onnx(net, {x}, 3)[0], conv(x, numbers(54), 3, 2, 4, 3, 3));
}

TEST_CASE("onnx: gates written out") {
  OnnxBuilder b;
  b.input("x", {0, 4}).floats("three", {}, {3}).floats("six", {1}, {6}).floats("no", {}, {0});
  b.node("Sigmoid", {"x"}, {"s"}).node("Mul", {"x", "s"}, {"silu"});
  b.node("Add", {"x", "three"}, {"r"}).node("Clip", {"r", "no", "six"}, {"c"});
  b.node("Mul", {"x", "c"}, {"m"}).node("Div", {"m", "six"}, {"hswish"});
  b.node("Div", {"c", "six"}, {"hsig"}).node("Mul", {"hsig", "x"}, {"hswish2"});
  b.output("silu").output("hswish").output("hswish2");
  CHECK(op_names(b.import()) == "silu hard_swish hard_swish");
}

TEST_CASE("onnx: a batch that the file mixes with others is taken for one") {
  OnnxBuilder b;
  b.input("x", {0, 3, 1, 4}).ints("axes", {1}, {2}).ints("flat", {2}, {-1, 3});
  b.floats("w", {3, 2}, numbers(6));
  b.node("Squeeze", {"x", "axes"}, {"s"});
  b.node("Transpose", {"s"}, {"t"}).with("perm", {2, 0, 1});  // [4, N, 3]
  b.node("Reshape", {"t", "flat"}, {"f"}).node("MatMul", {"f", "w"}, {"y"}).output("y");
  const OnnxNetwork net = b.import();
  REQUIRE(net.notes.size() == 1);
  const Floats x = numbers(24, 1), w = numbers(6);
  const Floats y = run_onnx(net, {x}, 2)[0];
  REQUIRE(y.size() == 16);
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t t = 0; t < 4; ++t)
      for (std::size_t o = 0; o < 2; ++o) {
        float sum = 0;
        for (std::size_t c = 0; c < 3; ++c) sum += x[n * 12 + c * 4 + t] * w[c * 2 + o];
        CHECK(y[n * 8 + t * 2 + o] == doctest::Approx(sum));
      }
}

TEST_CASE("onnx: several inputs and outputs, broadcasting between layouts") {
  OnnxBuilder b = conv_net();
  b.input("g", {0, 3}).ints("axes", {2}, {2, 3});
  b.node("Unsqueeze", {"g", "axes"}, {"g4"}).node("Mul", {"y", "g4"}, {"z"});
  b.output("z").output("g4");
  const OnnxNetwork net = b.import();
  const Floats x = numbers(64, 1), g = numbers(6, 2);
  Floats expected = conv(x, numbers(54), 2, 2, 4, 3, 3);
  for (std::size_t i = 0; i < 24; ++i) expected[i] *= g[i / 4];
  const auto y = run_onnx(net, {x, g}, 2);
  check_near(y[0], expected);
  check_near(y[1], g);
}

TEST_CASE("onnx: a constant joined to each sample") {
  OnnxBuilder b;
  b.input("x", {0, 2, 3}).floats("c", {1, 1, 3}, {7, 8, 9}).floats("d", {1, 1, 3}, {4, 5, 6});
  b.node("Concat", {"c", "x", "d", "x"}, {"y"}).with("axis", 1).output("y");
  const Floats x = numbers(12, 1);
  Floats expected;
  for (std::size_t n = 0; n < 2; ++n) {
    const auto sample = x.begin() + static_cast<std::ptrdiff_t>(6 * n);
    expected.insert(expected.end(), {7, 8, 9});
    expected.insert(expected.end(), sample, sample + 6);
    expected.insert(expected.end(), {4, 5, 6});
    expected.insert(expected.end(), sample, sample + 6);
  }
  check_near(run_onnx(b.import(), {x}, 2)[0], expected);
}

TEST_CASE("onnx: rows (N, C, L) are images of height 1") {
  OnnxBuilder b;
  b.input("x", {0, 2, 5}).floats("w", {3, 2, 2}, numbers(12));
  b.node("Conv", {"x", "w"}, {"y"}).node("Relu", {"y"}, {"r"});
  b.node("MaxPool", {"r"}, {"p"}).with("kernel_shape", {2}).with("strides", {2}).output("p");
  const OnnxNetwork net = b.import();
  CHECK(op_names(net) == "transpose reshape conv2d relu max_pool2d transpose reshape");
  CHECK(run_onnx(net, {numbers(10)}, 1)[0].size() == 6);
}

TEST_CASE("onnx: a value with two names is as it was for whoever reads the other") {
  for (const char* alias : {"Identity", "Cast", "Reshape"}) {
    CAPTURE(alias);
    OnnxBuilder b;
    b.input("x", {0, 3}).floats("w", {3, 2}, numbers(6)).floats("b", {2}, {10, 20});
    b.ints("shape", {2}, {-1, 2});
    b.node("MatMul", {"x", "w"}, {"c"});
    if (alias == std::string("Reshape")) {
      b.node(alias, {"c", "shape"}, {"t"});
    } else {
      b.node(alias, {"c"}, {"t"});
      if (alias == std::string("Cast")) b.with("to", 1);
    }
    b.node("Add", {"t", "b"}, {"y"}).node("Neg", {"c"}, {"z"}).output("y").output("z");
    const auto y = run_onnx(b.import(), {{1, 2, 3}}, 1);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(y[0][i] + y[1][i] == doctest::Approx(i == 0 ? 10 : 20));
  }
}

TEST_CASE("onnx: the number of samples, where it is computed with, is one") {
  OnnxBuilder b;
  b.input("x", {0, 3}).node("Size", {"x"}, {"n"}).node("Cast", {"n"}, {"f"}).with("to", 1);
  b.node("Div", {"x", "f"}, {"y"}).output("y");
  const OnnxNetwork net = b.import();
  CHECK(net.notes.size() >= 1);
  check_near(run_onnx(net, {{3, 6, 9}}, 1)[0], {1, 2, 3});
}

TEST_CASE("onnx: one weight scaled by two small numbers") {
  OnnxBuilder b;
  b.input("x", {0, 1}).floats("w", {1, 1}, {1e8f});
  b.node("Gemm", {"x", "w"}, {"a"}).with("alpha", 1e-8f);
  b.node("Gemm", {"x", "w"}, {"b"}).with("alpha", 3e-8f).output("a").output("b");
  const auto y = run_onnx(b.import(), {{1}}, 1);
  CHECK(y[0][0] == doctest::Approx(1));
  CHECK(y[1][0] == doctest::Approx(3));
}

TEST_CASE("onnx: a divisor whose inverse is infinite") {
  OnnxBuilder b;
  b.input("x", {0, 1}).floats("d", {1}, {1e-39f}).node("Div", {"x", "d"}, {"y"}).output("y");
  CHECK(run_onnx(b.import(), {{1e-10f}}, 1)[0][0] == 1e-10f / 1e-39f);
}

TEST_CASE("onnx: integers are computed as integers") {
  OnnxBuilder b;
  b.input("x", {0, 5}).ints("a", {5}, {-7, 7, (1LL << 32) + 5, 3, 1000});
  b.ints("p", {2}, {-4, 7}).ints("three", {}, {3}).ints("many", {}, {39}).ints("k", {}, {1000});
  b.node("Mod", {"a", "three"}, {"m"}).with("fmod", 1);                    // -1, 1, 0, 0, 1
  b.node("Cast", {"a"}, {"n"}).with("to", 6);                              // -7, 7, 5, 3, 1000
  b.node("Pow", {"three", "many"}, {"q"}).node("Mod", {"q", "k"}, {"r"});  // 267
  b.node("ReduceProd", {"p"}, {"s"}).with("keepdims", 0);                  // -28
  b.node("Add", {"m", "n"}, {"t"}).node("Add", {"t", "r"}, {"u"}).node("Add", {"u", "s"}, {"v"});
  b.node("Cast", {"v"}, {"f"}).with("to", 1).node("Add", {"x", "f"}, {"y"}).output("y");
  check_near(run_onnx(b.import(), {{0, 0, 0, 0, 0}}, 1)[0], {231, 247, 244, 242, 1240});
}

TEST_CASE("onnx: pads of SAME stay where windows are rounded up") {
  OnnxBuilder b;
  b.input("x", {0, 1, 5, 5}).node("AveragePool", {"x"}, {"y"}).with("kernel_shape", {3, 3});
  b.with("strides", {2, 2}).with("ceil_mode", 1).with("count_include_pad", 1);
  b.with("auto_pad", std::string("SAME_UPPER")).output("y");
  const Floats y = run_onnx(b.import(), {Floats(25, 9)}, 1)[0];
  REQUIRE(y.size() == 9);
  CHECK(y[0] == doctest::Approx(4));
  CHECK(y[4] == doctest::Approx(9));
}

}  // namespace
}  // namespace octet
