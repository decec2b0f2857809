// Times the int8 operators without a convolution's weights (and TRANSPOSE_CONV), one at a time,
// after checking each answer against the portable kernels. CPU time of one thread; several threads
// by the clock.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "int8/engine/model.h"
#include "int8/graph/graph_builder.h"
#include "int8/reference/scales.h"

namespace {

using namespace octet;
using namespace octet::int8;
using Shape = std::vector<std::int32_t>;

constexpr const char* usage =
    "usage: bench_ops [TEXT [ISA [BATCH [THREADS [ROUNDING]]]]]\n"
    "  TEXT      only cases whose name contains it (\"\": all)\n"
    "  ISA       kernels to use (default: the best)\n"
    "  ROUNDING  single (default) or double\n"
    "bytes/ns counts what is read and written once.\n";

struct Case {
  std::string name;
  Graph graph;
};

std::string text(const Shape& shape) {
  std::string s;
  for (const std::int32_t d : shape) s += (s.empty() ? "" : "x") + std::to_string(d);
  return s;
}

/// Cases of one operator on computed values.
class Cases {
 public:
  /// Inputs of `in` (all computed), constants as `operands` adds them.
  template <class Operands>
  void add(OpCode op, const std::vector<Shape>& in, const Shape& out, const Attributes& attributes,
           const Operands& operands, float scale = 0.05f, int zero_point = 3) {
    GraphBuilder b;
    std::vector<int> computed;
    for (const Shape& s : in) computed.push_back(b.value("x", s, 0.05f, 3));
    const int y = b.value("y", out, scale, zero_point);
    std::string name = std::string(op_name(op)) + ' ';
    for (const Shape& s : in) name += text(s) + ' ';
    b.node(op, operands(b, computed), {y}, attributes);
    b.graph.inputs = computed;
    b.graph.outputs = {y};
    cases.push_back({name + "-> " + text(out), b.graph});
  }
  void add(OpCode op, const std::vector<Shape>& in, const Shape& out,
           const Attributes& attributes = {}, float scale = 0.05f, int zero_point = 3) {
    add(
        op, in, out, attributes, [](GraphBuilder&, const std::vector<int>& x) { return x; }, scale,
        zero_point);
  }
  std::vector<Case> cases;
};

/// Operands: the computed value and int32 constants.
auto with_ints(std::vector<std::vector<std::int32_t>> values, Shape shape = {}) {
  return [=](GraphBuilder& b, std::vector<int> x) {
    for (const auto& v : values)
      x.push_back(shape.empty() ? b.ints("i", v) : b.ints("i", v, shape));
    return x;
  };
}

std::vector<Case> all_cases() {
  Cases c;
  const Shape image{1, 56, 56, 64};
  const ElementwiseAttributes relu{Activation::relu};
  c.add(OpCode::add, {image, image}, image, relu);
  c.add(OpCode::sub, {image, image}, image, relu);
  c.add(OpCode::add, {image, image}, image, relu);
  c.cases.back().graph.tensors[1].quantization.scale = {0.03f};
  c.cases.back().name += " two scales";
  c.add(OpCode::mul, {image, image}, image, relu);
  c.add(OpCode::mul, {image, {1, 1, 1, 64}}, image, relu);
  c.add(OpCode::mul, {{1, 112, 112, 16}, {1, 1, 1, 16}}, {1, 112, 112, 16}, relu);
  c.add(OpCode::mul, {image, {1, 56, 56, 1}}, image, relu);
  c.add(OpCode::maximum, {image, image}, image);
  c.add(OpCode::minimum, {image, {1}}, image);
  for (const int channels : {64, 8}) {
    const Shape x{1, 56, 56, channels};
    c.add(OpCode::prelu, {x}, x, {}, [=](GraphBuilder& b, std::vector<int> v) {
      v.push_back(b.weights("alpha", {1, 1, channels}, -1, 0.01f));
      return v;
    });
  }
  c.add(OpCode::hard_swish, {image}, image);
  c.add(OpCode::logistic, {image}, image, {}, logistic_params.scale, logistic_params.zero_point);
  c.add(OpCode::leaky_relu, {image}, image, LeakyReluAttributes{0.1f});
  for (const Shape& s : {Shape{1, 7, 7, 1280}, Shape{1, 112, 112, 16}}) {
    c.add(OpCode::mean, {s}, {1, 1, 1, s[3]}, MeanAttributes{true}, with_ints({{1, 2}}));
    c.add(OpCode::average_pool_2d, {s}, {1, 1, 1, s[3]},
          PoolAttributes{.filter_h = s[1], .filter_w = s[2]});
  }
  c.add(OpCode::mean, {{1, 64, 56, 56}}, {1, 64}, MeanAttributes{}, with_ints({{2, 3}}));
  c.add(OpCode::mean, {image}, {1, 56, 56}, MeanAttributes{}, with_ints({{3}}));
  for (const Shape& s : {Shape{1, 10}, Shape{1, 1000}, Shape{64, 64}, Shape{4096, 10}}) {
    c.add(OpCode::softmax, {s}, s, SoftmaxAttributes{}, softmax_params.scale,
          softmax_params.zero_point);
  }
  for (const int channels : {64, 21, 3}) {
    for (const bool half : {false, true}) {
      const Shape x{1, 28, 28, channels}, y{1, 56, 56, channels};
      const ResizeAttributes a{.half_pixel_centers = half};
      c.add(OpCode::resize_bilinear, {x}, y, a, with_ints({{56, 56}}));
      if (!half) c.add(OpCode::resize_nearest_neighbor, {x}, y, a, with_ints({{56, 56}}));
    }
  }
  c.add(OpCode::reduce_max, {{1, 7, 7, 1280}}, {1, 1280}, {}, with_ints({{1, 2}}));
  c.add(OpCode::reduce_max, {image}, {1, 56, 56}, {}, with_ints({{3}}));
  c.add(OpCode::l2_normalization, {{64, 128}}, {64, 128}, {}, 1.0f / 128, 0);
  c.add(OpCode::batch_matmul, {{1, 8, 64, 32}, {1, 8, 32, 64}}, {1, 8, 64, 64}, {}, 1.0f);
  c.add(OpCode::tile, {{1, 28, 28, 64}}, image, {}, with_ints({{1, 2, 2, 1}}));
  c.add(OpCode::gather, {image}, image, GatherAttributes{.axis = 3},
        with_ints({{0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
                    8,  40, 9,  41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47,
                    16, 48, 17, 49, 18, 50, 19, 51, 20, 52, 21, 53, 22, 54, 23, 55,
                    24, 56, 25, 57, 26, 58, 27, 59, 28, 60, 29, 61, 30, 62, 31, 63}}));
  c.add(OpCode::mirror_pad, {image}, {1, 58, 58, 64}, {},
        with_ints({{0, 0, 1, 1, 1, 1, 0, 0}}, {4, 2}));
  c.add(OpCode::depth_to_space, {{1, 56, 56, 12}}, {1, 112, 112, 3}, BlockAttributes{2});
  c.add(OpCode::space_to_batch_nd, {image}, {4, 29, 29, 64}, {},
        [](GraphBuilder& b, std::vector<int> x) {
          x.push_back(b.ints("block", {2, 2}));
          x.push_back(b.ints("pads", {1, 1, 1, 1}, {2, 2}));
          return x;
        });
  c.add(OpCode::transpose, {image}, {1, 64, 56, 56}, {}, with_ints({{0, 3, 1, 2}}));
  c.add(OpCode::transpose, {{1, 64, 56, 56}}, image, {}, with_ints({{0, 2, 3, 1}}));
  c.add(OpCode::transpose, {{1, 224, 224, 3}}, {1, 3, 224, 224}, {}, with_ints({{0, 3, 1, 2}}));
  c.add(OpCode::transpose, {image}, image, {}, with_ints({{0, 2, 1, 3}}));
  c.add(OpCode::transpose, {{1, 28, 28, 4, 16}}, {1, 28, 28, 16, 4}, {},
        with_ints({{0, 1, 2, 4, 3}}));
  c.add(OpCode::strided_slice, {image}, {1, 28, 28, 64}, StridedSliceAttributes{},
        with_ints({{0, 0, 0, 0}, {1, 56, 56, 64}, {1, 2, 2, 1}}));
  c.add(OpCode::strided_slice, {{1, 112, 112, 4}}, {1, 56, 56, 4}, StridedSliceAttributes{},
        with_ints({{0, 0, 0, 0}, {1, 112, 112, 4}, {1, 2, 2, 1}}));
  c.add(OpCode::strided_slice, {image}, {1, 56, 56, 32}, StridedSliceAttributes{},
        with_ints({{0, 0, 0, 0}, {1, 56, 56, 64}, {1, 1, 1, 2}}));
  for (const int channels : {64, 3}) {
    c.add(OpCode::pad, {{1, 56, 56, channels}}, {1, 58, 58, channels}, {},
          with_ints({{0, 0, 1, 1, 1, 1, 0, 0}}, {4, 2}));
  }
  c.add(OpCode::concatenation, {{1, 56, 56, 32}, {1, 56, 56, 32}}, image,
        ConcatenationAttributes{3});
  c.add(OpCode::concatenation, {{1, 56, 56, 8}, {1, 56, 56, 12}, {1, 56, 56, 4}}, {1, 56, 56, 24},
        ConcatenationAttributes{3});
  {
    GraphBuilder b;
    const int x = b.value("x", image, 0.05f, 3);
    const int y0 = b.value("y0", {1, 56, 56, 32}, 0.05f, 3),
              y1 = b.value("y1", {1, 56, 56, 32}, 0.05f, 3);
    b.node(OpCode::split, {b.ints("axis", {3}, {}), x}, {y0, y1}, SplitAttributes{2});
    b.graph.inputs = {x};
    b.graph.outputs = {y0, y1};
    c.cases.push_back({"SPLIT " + text(image) + " -> 2", b.graph});
  }
  for (const bool quantize : {true, false}) {
    GraphBuilder b;
    const int f = b.float_value("f", image), q = b.value("q", image, 0.05f, 3);
    const int x = quantize ? f : q, y = quantize ? q : f;
    b.node(quantize ? OpCode::quantize : OpCode::dequantize, {x}, {y});
    b.graph.inputs = {x};
    b.graph.outputs = {y};
    c.cases.push_back({(quantize ? "QUANTIZE " : "DEQUANTIZE ") + text(image), b.graph});
  }
  struct Deconv {
    int size, in_c, out_c, kernel, stride;
  };
  for (const Deconv& d :
       {Deconv{14, 64, 32, 3, 2}, Deconv{28, 32, 16, 4, 2}, Deconv{28, 16, 3, 2, 2}}) {
    const int out = d.size * d.stride;
    c.add(
        OpCode::transpose_conv, {{1, d.size, d.size, d.in_c}}, {1, out, out, d.out_c},
        TransposeConvAttributes{
            .padding = Padding::same, .stride_h = d.stride, .stride_w = d.stride},
        [=](GraphBuilder& b, std::vector<int> x) {
          const int w = b.weights("w", {d.out_c, d.kernel, d.kernel, d.in_c}, 0, 0.001f);
          return std::vector<int>{b.ints("shape", {1, out, out, d.out_c}), w, x[0],
                                  b.bias("b", d.out_c)};
        },
        0.2f, 0);
    c.cases.back().name += " k" + std::to_string(d.kernel) + "/" + std::to_string(d.stride);
  }
  return c.cases;
}

double seconds_now(int threads) {
  timespec t{};
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::vector<std::byte> outputs(const Context& context, const Model& model) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto part = context.output(static_cast<int>(i));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

void set_inputs(Context& context, const Model& model) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const auto to = context.input(static_cast<int>(i));
    if (model.inputs()[i].type == DType::f32) {
      auto* f = reinterpret_cast<float*>(to.data());
      std::generate(f, f + to.size() / 4,
                    [&] { return static_cast<float>(random() >> 40) * 1e-6f - 8.0f; });
    } else {
      std::generate(to.begin(), to.end(), [&] { return static_cast<std::byte>(random() >> 56); });
    }
  }
}

void bench(const Case& c, Isa isa, Rounding rounding, int batch, int threads) {
  const Model model(c.graph, {.rounding = rounding, .isa = isa, .ops = &all_ops()});
  const Model portable(c.graph, {.rounding = rounding, .isa = Isa::portable, .ops = &all_ops()});
  // With values kept nothing runs in place: every run sees the same codes.
  Context context(model, {.batch = batch, .threads = threads, .keep_values = true});
  Context expected(portable, {.batch = batch, .keep_values = true});
  set_inputs(context, model);
  set_inputs(expected, portable);
  context.run();
  expected.run();
  OCTET_CHECK(outputs(context, model) == outputs(expected, portable), c.name,
              ": not the portable kernels' bytes");
  int repeats = 1;
  for (;; repeats *= 2) {
    const double start = seconds_now(threads);
    for (int i = 0; i < repeats; ++i) context.run();
    if (seconds_now(threads) - start > 3e-4) break;
  }
  double best = 1;
  for (int round = 0; round < 40; ++round) {
    const double start = seconds_now(threads);
    for (int i = 0; i < repeats; ++i) context.run();
    best = std::min(best, (seconds_now(threads) - start) / repeats);
  }
  double bytes = 0;
  for (const ValueInfo& v : model.inputs()) bytes += static_cast<double>(v.bytes) * batch;
  for (const ValueInfo& v : model.outputs()) bytes += static_cast<double>(v.bytes) * batch;
  std::printf("%-62s %-28s %9.2f us %7.2f bytes/ns\n", c.name.c_str(), model.steps()[0].kernel,
              best * 1e6, bytes / best * 1e-9);
}

int run(int argc, char** argv) {
  const auto argument = [&](int i, const char* otherwise) {
    return std::string(i < argc ? argv[i] : otherwise);
  };
  if (argument(1, "") == "--help") {
    std::cout << usage;
    return 0;
  }
  const std::string isa_text = argument(2, std::string(isa_name(best_isa())).c_str());
  const auto isa = parse_isa(isa_text);
  OCTET_CHECK(isa, "expected the name of an ISA, got \"", isa_text, "\"\n", usage);
  const int batch = std::atoi(argument(3, "1").c_str());
  const int threads = std::atoi(argument(4, "1").c_str());
  OCTET_CHECK(batch >= 1 && threads >= 1, "expected a batch and threads >= 1\n", usage);
  const std::string mode = argument(5, "single");
  OCTET_CHECK(mode == "single" || mode == "double", "expected single or double, got ", mode);
  const Rounding rounding =
      mode == "single" ? Rounding::single_rounding : Rounding::double_rounding;
  for (const Case& c : all_cases()) {
    if (c.name.find(argument(1, "")) != std::string::npos) bench(c, *isa, rounding, batch, threads);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "bench_ops: " << e.what() << '\n';
    return 1;
  }
}
