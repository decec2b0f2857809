// Floats between DEQUANTIZE and QUANTIZE: functions against the C library's in double, operators
// against loops.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include "int8/floats/functions.h"
#include "interop/tflite/reader.h"
#include "tests/int8/build.h"
#include "tests/int8/golden_lines.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;
using octet::test::Builder;
namespace floats = octet::int8::floats;

namespace {

using Floats = std::vector<float>;
constexpr float infinity = std::numeric_limits<float>::infinity();

Floats random_floats(std::mt19937_64& rng, std::int64_t n, float least = -3, float most = 3) {
  Floats values(static_cast<std::size_t>(n));
  for (float& v : values) {
    const auto unit = static_cast<float>(rng() >> 40) * 0x1p-24f;
    v = least + (most - least) * unit;
  }
  return values;
}

/// The outputs, one behind the other, of `samples`: the inputs of each, one behind the other.
Floats run(const Graph& graph, const std::vector<Floats>& samples, int threads = 1) {
  const Model model(graph, {.ops = &all_ops()});
  ExecutionContext context(model, {.batch = static_cast<int>(samples.size()), .threads = threads});
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const float* from = samples[s].data();
    for (std::size_t i = 0; i < model.inputs().size(); ++i) {
      const std::size_t size = model.inputs()[i].bytes;
      std::memcpy(context.input(static_cast<int>(i)).data() + s * size, from, size);
      from += size / sizeof(float);
    }
  }
  context.run();
  Floats result;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (std::size_t i = 0; i < model.outputs().size(); ++i) {
      const std::size_t size = model.outputs()[i].bytes;
      Floats y(size / sizeof(float));
      std::memcpy(y.data(), context.output(static_cast<int>(i)).data() + s * size, size);
      result.insert(result.end(), y.begin(), y.end());
    }
  }
  return result;
}

void check_equal(const Floats& got, const Floats& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    if (std::isnan(expected[i]))
      CHECK(std::isnan(got[i]));
    else
      CHECK(got[i] == expected[i]);
  }
}

int float_constant(Builder& b, Dims shape, const Floats& values) {
  const int t = b.f32(std::move(shape));
  b[t].constant = own_bytes(std::as_bytes(std::span(values)));
  return t;
}

Graph unary_graph(OpCode op, Dims shape, Attributes attributes) {
  Builder b;
  const int x = b.f32(shape), y = b.f32(shape);
  b.node(op, {x}, {y}, std::move(attributes));
  return b.done({x}, {y});
}

double round_half_even(double v) {
  return std::nearbyint(v);
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("float functions are the nearest float, nearly always") {
    struct Function {
      const char* name;
      float (*ours)(float);
      double (*exact)(double);
      float least, most;
    };
    const Function functions[] = {
        {"exp", floats::exp, [](double x) { return std::exp(x); }, -90, 88},
        {"log", floats::log, [](double x) { return std::log(x); }, 1e-6f, 1e4f},
        {"logistic", floats::logistic, [](double x) { return 1 / (1 + std::exp(-x)); }, -30, 30},
        {"tanh", floats::tanh, [](double x) { return std::tanh(x); }, -12, 12},
        {"elu", floats::elu, [](double x) { return x < 0 ? std::expm1(x) : x; }, -20, 2},
        {"gelu", floats::gelu, [](double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); },
         -8, 8},
        {"round", floats::round, round_half_even, -50, 50}};
    std::mt19937_64 rng = octet::test::rng(3);
    for (const Function& f : functions) {
      CAPTURE(std::string(f.name));
      int off = 0;
      for (const float x : random_floats(rng, 20000, f.least, f.most)) {
        const auto exact = static_cast<float>(f.exact(x));
        const float y = f.ours(x);
        CAPTURE(x);
        if (y == exact) continue;
        ++off;
        CHECK((y == std::nextafter(exact, infinity) || y == std::nextafter(exact, -infinity)));
      }
      CHECK(off <= 2);
    }
    CHECK(floats::exp(200.0f) == infinity);
    CHECK(floats::exp(-infinity) == 0.0f);
    CHECK(floats::log(0.0f) == -infinity);
    CHECK(floats::log(infinity) == infinity);
    CHECK(floats::log(std::numeric_limits<float>::denorm_min()) ==
          static_cast<float>(-149 * std::log(2.0)));
    CHECK(std::isnan(floats::log(-1.0f)));
    CHECK(floats::round(2.5f) == 2.0f);
    CHECK(floats::round(-3.5f) == -4.0f);
    CHECK(floats::gelu(-infinity) == 0.0f);
    CHECK(floats::gelu(infinity) == infinity);
    const float specials[] = {0.0f, -0.0f, 1.0f, -1.0f,    0.5f,      2.0f,         -2.0f,
                              3.0f, -3.0f, 0.3f, infinity, -infinity, std::nanf("")};
    for (const float x : specials) {
      for (const float y : specials) {
        CAPTURE(x);
        CAPTURE(y);
        const auto exact = static_cast<float>(std::pow(static_cast<double>(x), y));
        const float got = floats::pow(x, y);
        if (std::isnan(exact))
          CHECK(std::isnan(got));
        else if (got != exact)
          CHECK(got == doctest::Approx(exact).epsilon(1e-6));
      }
    }
  }

  TEST_CASE("one float value, element by element, in batches and on threads") {
    struct Case {
      OpCode op;
      float (*exact)(float);
      Attributes attributes = {};
    };
    const Case cases[] = {
        {OpCode::abs, [](float x) { return std::fabs(x); }},
        {OpCode::neg, [](float x) { return -x; }},
        {OpCode::floor, [](float x) { return std::floor(x); }},
        {OpCode::ceil, [](float x) { return std::ceil(x); }},
        {OpCode::round, [](float x) { return std::nearbyint(x); }},
        {OpCode::sqrt, [](float x) { return std::sqrt(x); }},
        {OpCode::rsqrt, [](float x) { return 1 / std::sqrt(x); }},
        {OpCode::square, [](float x) { return x * x; }},
        {OpCode::exp, floats::exp},
        {OpCode::log, floats::log},
        {OpCode::logistic, floats::logistic},
        {OpCode::tanh, floats::tanh},
        {OpCode::elu, floats::elu},
        {OpCode::gelu, floats::gelu, GeluAttributes{false}},
        {OpCode::gelu, floats::gelu_by_tanh, GeluAttributes{true}},
        {OpCode::hard_swish, floats::hard_swish},
        {OpCode::relu, [](float x) { return x < 0 ? 0 : x; }},
        {OpCode::relu6, [](float x) { return x < 0 ? 0 : std::min(x, 6.0f); }},
        {OpCode::relu_n1_to_1, [](float x) { return std::clamp(x, -1.0f, 1.0f); }},
        {OpCode::leaky_relu, [](float x) { return x > 0 ? x : x * 0.25f; },
         LeakyReluAttributes{0.25f}}};
    std::mt19937_64 rng = octet::test::rng(4);
    for (const Case& c : cases) {
      CAPTURE(std::string(op_name(c.op)));
      const Dims shape{1, 70, 300};
      std::vector<Floats> samples;
      Floats expected;
      for (int s = 0; s < 3; ++s) {
        samples.push_back(random_floats(rng, count_of(shape), -9, 9));
        for (const float x : samples.back()) expected.push_back(c.exact(x));
      }
      const Graph graph = unary_graph(c.op, shape, c.attributes);
      check_equal(run(graph, samples), expected);
      check_equal(run(graph, samples, 2), expected);
    }
  }

  TEST_CASE("two float values that broadcast, either of them a constant") {
    struct Case {
      OpCode op;
      float (*exact)(float, float);
      Attributes attributes = {};
    };
    const Case cases[] = {
        {OpCode::add, [](float a, float b) { return std::max(a + b, 0.0f); },
         ElementwiseAttributes{Activation::relu}},
        {OpCode::sub, [](float a, float b) { return a - b; }},
        {OpCode::mul, [](float a, float b) { return std::clamp(a * b, -1.0f, 1.0f); },
         ElementwiseAttributes{Activation::relu_n1_to_1}},
        {OpCode::div, [](float a, float b) { return a / b; }},
        {OpCode::maximum, [](float a, float b) { return std::max(a, b); }},
        {OpCode::minimum, [](float a, float b) { return std::min(a, b); }},
        {OpCode::squared_difference, [](float a, float b) { return (a - b) * (a - b); }},
        {OpCode::prelu, [](float a, float b) { return a >= 0 ? a : a * b; }}};
    const std::pair<Dims, Dims> shapes[] = {
        {{1, 3, 4, 5}, {1, 3, 4, 5}},     {{1, 3, 4, 5}, {5}},
        {{1, 3, 4, 5}, {1, 1, 4, 1}},     {{1, 3, 4, 5}, {}},
        {{1, 60, 60, 16}, {1, 1, 1, 16}}, {{1, 3, 1, 5}, {1, 1, 4, 1}}};
    std::mt19937_64 rng = octet::test::rng(5);
    for (const Case& c : cases) {
      for (const auto& [left, right] : shapes) {
        for (const int constant : {-1, 0, 1}) {
          CAPTURE(std::string(op_name(c.op)));
          CAPTURE(constant);
          Dims out(4, 1);
          for (std::size_t d = 0; d < 4; ++d) {
            out[d] = left[d];
            if (d + right.size() >= 4) out[d] = std::max(out[d], right[d + right.size() - 4]);
          }
          const Floats fixed[] = {random_floats(rng, count_of(left)),
                                  random_floats(rng, count_of(right))};
          Builder b;
          const int operands[] = {
              constant == 0 ? float_constant(b, left, fixed[0]) : b.f32(left),
              constant == 1 ? float_constant(b, right, fixed[1]) : b.f32(right)};
          const int y = b.f32(out);
          b.node(c.op, {operands[0], operands[1]}, {y}, c.attributes);
          std::vector<int> inputs;
          for (int i = 0; i < 2; ++i)
            if (i != constant) inputs.push_back(operands[i]);
          const Graph graph = b.done(inputs, {y});
          std::vector<Floats> samples(2);
          Floats expected;
          for (Floats& sample : samples) {
            Floats values[2];
            for (int i = 0; i < 2; ++i) {
              values[i] =
                  i == constant ? fixed[i] : random_floats(rng, count_of(i == 0 ? left : right));
              if (i != constant) sample.insert(sample.end(), values[i].begin(), values[i].end());
            }
            for (std::int64_t i = 0; i < count_of(out); ++i) {
              const auto at = [&](const Dims& dims, const Floats& v) {
                std::int64_t rest = i, index = 0, stride = 1;
                for (std::size_t d = 4; d-- > 0;) {
                  const std::int64_t k = rest % out[d];
                  rest /= out[d];
                  if (d + dims.size() < 4) continue;
                  const std::int32_t size = dims[d + dims.size() - 4];
                  if (size > 1) index += k * stride;
                  stride *= size;
                }
                return v[static_cast<std::size_t>(index)];
              };
              expected.push_back(c.exact(at(left, values[0]), at(right, values[1])));
            }
          }
          check_equal(run(graph, samples, 2), expected);
        }
      }
    }
  }

  TEST_CASE("floats are reduced in their order, and along rows") {
    std::mt19937_64 rng = octet::test::rng(6);
    Builder b;
    const int x = b.f32({1, 2, 3, 4}), mean = b.f32({1, 1, 1, 4}), flat = b.f32({1, 2, 4});
    const int soft = b.f32({1, 2, 3, 4}), logs = b.f32({1, 2, 3, 4});
    b.node(OpCode::mean, {x, b.ints({1, 2})}, {mean}, MeanAttributes{true});
    b.node(OpCode::mean, {x, b.ints({-2})}, {flat}, MeanAttributes{false});
    b.node(OpCode::softmax, {x}, {soft}, SoftmaxAttributes{2.0f});
    b.node(OpCode::log_softmax, {x}, {logs});
    const Floats v = random_floats(rng, 24);
    const auto at = [&](int h, int w, int c) {
      return v[static_cast<std::size_t>((h * 3 + w) * 4 + c)];
    };
    Floats expected;
    for (int c = 0; c < 4; ++c) {
      float sum = 0;
      for (int h = 0; h < 2; ++h)
        for (int w = 0; w < 3; ++w) sum += at(h, w, c);
      expected.push_back(sum / 6);
    }
    for (int h = 0; h < 2; ++h)
      for (int c = 0; c < 4; ++c) expected.push_back((at(h, 0, c) + at(h, 1, c) + at(h, 2, c)) / 3);
    Floats log_row;
    for (std::size_t r = 0; r < 24; r += 4) {
      const float most = *std::max_element(&v[r], &v[r] + 4);
      float sum = 0, log_sum = 0;
      for (std::size_t c = 0; c < 4; ++c) {
        sum += floats::exp((v[r + c] - most) * 2);
        log_sum += floats::exp(v[r + c] - most);
      }
      for (std::size_t c = 0; c < 4; ++c) {
        expected.push_back(floats::exp((v[r + c] - most) * 2) / sum);
        log_row.push_back(v[r + c] - most - floats::log(log_sum));
      }
    }
    expected.insert(expected.end(), log_row.begin(), log_row.end());
    check_equal(run(b.done({x}, {mean, flat, soft, logs}), {v}), expected);
  }

  TEST_CASE("floats are moved as codes are") {
    std::mt19937_64 rng = octet::test::rng(7);
    Builder b;
    const Dims shape{1, 2, 3, 4};
    const int x = b.f32(shape), z = b.f32(shape);
    const Floats fixed = random_floats(rng, 6);
    std::vector<int> outputs;
    const auto out = [&](Dims dims) {
      outputs.push_back(b.f32(std::move(dims)));
      return outputs.back();
    };
    b.node(OpCode::transpose, {x, b.ints({0, 3, 2, 1})}, {out({1, 4, 3, 2})});
    b.node(OpCode::pad, {x, b.ints({0, 0, 0, 0, 1, 0, 0, 0}, {4, 2})}, {out({1, 2, 4, 4})});
    b.node(OpCode::padv2,
           {x, b.ints({0, 0, 0, 0, 0, 1, 0, 0}, {4, 2}), float_constant(b, {}, {-7.5f})},
           {out({1, 2, 4, 4})});
    b.node(OpCode::concatenation, {x, float_constant(b, {1, 2, 3, 1}, fixed), z, x},
           {out({1, 2, 3, 13})}, ConcatenationAttributes{3});
    b.node(OpCode::strided_slice,
           {z, b.ints({0, 1, 2, 0}), b.ints({1, 2, -4, 4}), b.ints({1, 1, -2, 3})},
           {out({1, 1, 2, 2})}, StridedSliceAttributes{});
    const int low = out({1, 2, 3, 2}), high = out({1, 2, 3, 2});
    b.node(OpCode::split, {b.ints({3}, {}), x}, {low, high}, SplitAttributes{2});
    b.node(OpCode::resize_nearest_neighbor, {x, b.ints({4, 3})}, {out({1, 4, 3, 4})},
           ResizeAttributes{});
    b.node(OpCode::reshape, {z, b.ints({1, 24})}, {out({1, 24})}, ReshapeAttributes{});
    const Graph graph = b.done({x, z}, outputs);
    std::vector<Floats> samples;
    Floats expected;
    for (int s = 0; s < 3; ++s) {
      const Floats vx = random_floats(rng, 24), vz = random_floats(rng, 24);
      samples.push_back(vx);
      samples.back().insert(samples.back().end(), vz.begin(), vz.end());
      const auto of = [](const Floats& v, int h, int w, int c) {
        return v[static_cast<std::size_t>((h * 3 + w) * 4 + c)];
      };
      const auto each = [&](int height, int width, int channels, auto value) {
        for (int h = 0; h < height; ++h)
          for (int w = 0; w < width; ++w)
            for (int c = 0; c < channels; ++c) expected.push_back(value(h, w, c));
      };
      each(4, 3, 2, [&](int h, int w, int c) { return of(vx, c, w, h); });
      each(2, 4, 4, [&](int h, int w, int c) { return w == 0 ? 0.0f : of(vx, h, w - 1, c); });
      each(2, 4, 4, [&](int h, int w, int c) { return w == 3 ? -7.5f : of(vx, h, w, c); });
      each(2, 3, 13, [&](int h, int w, int c) {
        return c < 4    ? of(vx, h, w, c)
               : c == 4 ? fixed[static_cast<std::size_t>(h * 3 + w)]
               : c < 9  ? of(vz, h, w, c - 5)
                        : of(vx, h, w, c - 9);
      });
      each(1, 2, 2, [&](int, int w, int c) { return of(vz, 1, 2 - 2 * w, 3 * c); });
      each(2, 3, 2, [&](int h, int w, int c) { return of(vx, h, w, c); });
      each(2, 3, 2, [&](int h, int w, int c) { return of(vx, h, w, c + 2); });
      each(4, 3, 4, [&](int h, int w, int c) { return of(vx, h / 2, w, c); });
      expected.insert(expected.end(), vz.begin(), vz.end());
    }
    check_equal(run(graph, samples), expected);
    check_equal(run(graph, samples, 2), expected);
  }

  TEST_CASE("an island between codes; a constant that is dequantized; NaN has one pattern") {
    Builder b;
    const int q = b.i8({1, 256}, 0.1f, -3), x = b.f32({1, 256}), slope = b.f32({2});
    const int pairs = b.f32({1, 128, 2}), scaled = b.f32({1, 128, 2}), e = b.f32({1, 128, 2});
    const int y = b.i8({1, 128, 2}, 0.7f, 5);
    b.node(OpCode::dequantize, {q}, {x});
    b.node(OpCode::reshape, {x}, {pairs}, ReshapeAttributes{{1, 128, 2}});
    b.node(OpCode::dequantize, {b.constant({2}, {3, -2}, {0.1f, 0.25f}, 0, 0)}, {slope});
    b.node(OpCode::mul, {pairs, slope}, {scaled}, ElementwiseAttributes{});
    b.node(OpCode::exp, {scaled}, {e});
    b.node(OpCode::quantize, {e}, {y});
    const Model model(b.done({q}, {y}), {.ops = &all_ops()});
    Codes expected;
    for (const std::int8_t code : all_codes()) {
      const float factor = expected.size() % 2 == 0 ? 0.1f * 3 : 0.25f * -2;
      const float v = floats::exp(0.1f * static_cast<float>(code + 3) * factor);
      expected.push_back(
          static_cast<std::int8_t>(std::clamp(std::round(v / 0.7f) + 5.0f, -128.0f, 127.0f)));
    }
    CHECK(run_model(model, {all_codes()}) == expected);

    const Floats nans = run(unary_graph(OpCode::sqrt, {1, 2}, {}), {{-1.0f, -infinity}});
    for (const float v : nans) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &v, 4);
      CHECK(bits == 0x7fc00000u);
    }
  }

  TEST_CASE("golden codes behind islands: equal, or off by 1 in at most 0.1 %") {
    std::map<std::string, std::pair<int, int>> counts;  // different and all, by operator
    for (const GoldenLine& g : golden_lines("floats.txt")) {
      CAPTURE(g.name);
      const Model model(octet::parse_tflite(g.file, nullptr), {.ops = &all_ops()});
      const Codes y = run_model(model, {codes_of(g.in[0])}), expected = codes_of(g.out[0]);
      REQUIRE(y.size() == expected.size());
      for (std::size_t i = 0; i < y.size(); ++i) {
        CHECK(std::abs(y[i] - expected[i]) <= 1);
        counts[g.name].first += y[i] != expected[i];
      }
      counts[g.name].second += static_cast<int>(y.size());
    }
    CHECK(counts.size() >= 27);
    for (const auto& [op, count] : counts) {
      const std::string& name = op;
      CAPTURE(name);
      CHECK(count.first * 1000 <= count.second);
    }
  }

  TEST_CASE("refused: floats where codes are expected, and the other way round") {
    Builder b;
    const int q = b.i8({1, 4}), f = b.f32({1, 4}), y = b.f32({1, 4}), z = b.i8({1, 4});
    b.node(OpCode::dequantize, {q}, {f});
    const auto refused = [&](OpCode op, std::vector<int> in, int out, const char* message) {
      Builder c = b;
      c.node(op, std::move(in), {out});
      const Graph graph = c.done({q}, {out});
      CHECK_THROWS_WITH_AS(Model(graph, {.ops = &all_ops()}), doctest::Contains(message),
                           octet::Error);
    };
    refused(OpCode::add, {f, q}, y, "expected type f32, got i8");
    refused(OpCode::neg, {q}, z, "for floats only: expected type f32, got i8");
    refused(OpCode::neg, {q}, y, "expected type f32, got i8");
    refused(OpCode::exp, {f}, z, "expected type i8, got f32");
    refused(OpCode::transpose, {q, b.ints({0, 1})}, y, "expected type f32, got i8");
    // Not among the operators of convolutional networks.
    Builder c = b;
    c.node(OpCode::neg, {f}, {y});
    CHECK_THROWS_WITH_AS(Model(c.done({q}, {y})), doctest::Contains("octet_all_operators"),
                         octet::Error);
  }
}
