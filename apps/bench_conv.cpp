// Times int8 convolution on the layers of six networks, after checking each answer against the
// portable kernel. Thread CPU time, so that other work on the machine counts little.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "quant/int8/conv.h"

namespace {

using namespace octet;
using namespace octet::int8;

constexpr const char* usage =
    "usage: bench_conv [options]\n"
    "  --net NAME       only lenet, resnet8, mbv1_025, dscnn, resnet18 or mbv2\n"
    "  --layer TEXT     only layers whose description contains TEXT\n"
    "  --isa NAME       kernels of this ISA (default: the best)\n"
    "  --batch N        samples per run (default 1)\n"
    "  --rounds N       timed rounds per layer (default 15)\n"
    "  --rounding MODE  single (default) or double\n"
    "  --ceiling G      multiply-accumulates a nanosecond that the machine can do (default 236)\n";

struct Layer {
  const char* net;
  int count;  // how often the network has it
  ConvGeometry g;
};

ConvGeometry conv(int size, int in_c, int out_c, int kernel, int stride, int groups = 1) {
  ConvGeometry g;
  const int pad = (kernel - 1) / 2;
  g.in_h = g.in_w = size;
  g.in_c = in_c;
  g.out_c = out_c;
  g.kernel_h = g.kernel_w = kernel;
  g.stride_h = g.stride_w = stride;
  g.pad_top = g.pad_left = pad;
  g.out_h = g.out_w = (size + 2 * pad - kernel) / stride + 1;
  g.groups = groups;
  return g;
}
ConvGeometry depthwise(int size, int c, int stride, int kernel = 3) {
  return conv(size, c, c, kernel, stride, c);
}
ConvGeometry linear(int in, int out) {
  return conv(1, in, out, 1, 1);
}

ConvGeometry keyword(int in_c, int out_c, int kernel, int groups) {
  ConvGeometry g = conv(25, in_c, out_c, kernel, 1, groups);
  g.in_w = g.out_w = 5;
  return g;
}
ConvGeometry keyword_stem() {
  ConvGeometry g;
  g.in_h = 49;
  g.in_w = 10;
  g.in_c = 1;
  g.out_h = 25;
  g.out_w = 5;
  g.out_c = 64;
  g.kernel_h = 10;
  g.kernel_w = 4;
  g.stride_h = g.stride_w = 2;
  g.pad_top = 5;
  g.pad_left = 1;
  return g;
}

std::vector<Layer> layers() {
  std::vector<Layer> all = {
      {"lenet", 1, conv(28, 1, 32, 5, 1)},
      {"lenet", 1, conv(14, 32, 64, 5, 1)},
      {"lenet", 1, linear(3136, 512)},
      {"lenet", 1, linear(512, 10)},
      {"resnet8", 1, conv(32, 3, 16, 3, 1)},
      {"resnet8", 2, conv(32, 16, 16, 3, 1)},
      {"resnet8", 1, conv(32, 16, 32, 3, 2)},
      {"resnet8", 1, conv(16, 32, 32, 3, 1)},
      {"resnet8", 1, conv(32, 16, 32, 1, 2)},
      {"resnet8", 1, conv(16, 32, 64, 3, 2)},
      {"resnet8", 1, conv(8, 64, 64, 3, 1)},
      {"resnet8", 1, conv(16, 32, 64, 1, 2)},
      {"resnet8", 1, linear(64, 10)},
      {"mbv1_025", 1, conv(96, 3, 8, 3, 2)},
      {"dscnn", 1, keyword_stem()},
      {"dscnn", 4, keyword(64, 64, 3, 64)},
      {"dscnn", 4, keyword(64, 64, 1, 1)},
      {"dscnn", 1, linear(64, 12)},
      {"resnet18", 1, conv(224, 3, 64, 7, 2)},
      {"resnet18", 4, conv(56, 64, 64, 3, 1)},
      {"resnet18", 1, conv(56, 64, 128, 3, 2)},
      {"resnet18", 3, conv(28, 128, 128, 3, 1)},
      {"resnet18", 1, conv(56, 64, 128, 1, 2)},
      {"resnet18", 1, conv(28, 128, 256, 3, 2)},
      {"resnet18", 3, conv(14, 256, 256, 3, 1)},
      {"resnet18", 1, conv(28, 128, 256, 1, 2)},
      {"resnet18", 1, conv(14, 256, 512, 3, 2)},
      {"resnet18", 3, conv(7, 512, 512, 3, 1)},
      {"resnet18", 1, conv(14, 256, 512, 1, 2)},
      {"resnet18", 1, linear(512, 1000)},
      {"mbv2", 1, conv(224, 3, 32, 3, 2)},
  };
  const auto add = [&](const char* net, const ConvGeometry& g) {
    for (Layer& l : all) {
      if (l.net == std::string_view(net) && l.g == g) {
        ++l.count;
        return;
      }
    }
    all.push_back({net, 1, g});
  };
  int size = 48, c = 8;
  for (const auto& [out, stride] : std::vector<std::pair<int, int>>{{16, 1},
                                                                    {32, 2},
                                                                    {32, 1},
                                                                    {64, 2},
                                                                    {64, 1},
                                                                    {128, 2},
                                                                    {128, 1},
                                                                    {128, 1},
                                                                    {128, 1},
                                                                    {128, 1},
                                                                    {128, 1},
                                                                    {256, 2},
                                                                    {256, 1}}) {
    add("mbv1_025", depthwise(size, c, stride));
    size /= stride;
    add("mbv1_025", conv(size, c, out, 1, 1));
    c = out;
  }
  add("mbv1_025", linear(256, 2));
  size = 112;
  c = 32;
  struct Stage {
    int expand, out, count, stride;
  };
  for (const Stage& s :
       {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
        Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (int i = 0; i < s.count; ++i) {
      const int stride = i == 0 ? s.stride : 1, hidden = c * s.expand;
      if (s.expand > 1) add("mbv2", conv(size, c, hidden, 1, 1));
      add("mbv2", depthwise(size, hidden, stride));
      size /= stride;
      add("mbv2", conv(size, hidden, s.out, 1, 1));
      c = s.out;
    }
  }
  add("mbv2", conv(7, 320, 1280, 1, 1));
  add("mbv2", linear(1280, 1000));
  return all;
}

std::string describe(const ConvGeometry& g) {
  std::ostringstream s;
  s << g.in_h << 'x' << g.in_w << 'x' << g.in_c << "->" << g.out_c;
  if (g.in_h > 1) s << ' ' << g.kernel_h << 'x' << g.kernel_w << '/' << g.stride_h;
  if (g.groups > 1) s << " dw";
  return s.str();
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Options {
  std::string net, layer;
  Isa isa = Isa::portable;
  int batch = 1, rounds = 15;
  Rounding rounding = Rounding::single_rounding;
  double ceiling = 236;
};

struct Timing {
  double median = 0, min = 0;  // seconds
};

struct AlignedDelete {
  void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{64}); }
};

Timing time_layer(const ConvGeometry& g, const Options& options) {
  std::mt19937_64 random(1);
  const auto code = [&](int lo) {
    return static_cast<std::int8_t>(lo +
                                    static_cast<int>(random() % static_cast<unsigned>(128 - lo)));
  };
  std::vector<std::int8_t> weights(static_cast<std::size_t>(g.out_c * g.weights_per_channel()));
  for (auto& w : weights) w = code(-127);
  std::vector<std::int8_t> x(static_cast<std::size_t>(options.batch) *
                             static_cast<std::size_t>(g.in_h * g.in_w * g.in_c));
  for (auto& v : x) v = code(-128);
  const std::vector<std::int32_t> bias(static_cast<std::size_t>(g.out_c), 100);
  const std::vector<Multiplier> multiplier(
      static_cast<std::size_t>(g.out_c),
      quantize_multiplier(0.01 / static_cast<double>(g.kernel_h * g.kernel_w), options.rounding));
  Requantization r;
  r.bias = bias.data();
  r.multiplier = multiplier.data();
  r.output_zero_point = -5;
  r.rounding = options.rounding;

  const PackedConv conv(g, options.isa, weights.data());
  ThreadPool pool(1);
  std::unique_ptr<std::byte, AlignedDelete> scratch(
      static_cast<std::byte*>(::operator new (conv.scratch_bytes(1) + 64, std::align_val_t{64})));
  std::vector<std::int8_t> y(static_cast<std::size_t>(options.batch) *
                             static_cast<std::size_t>(g.out_h * g.out_w * g.out_c)),
      expected(y.size());
  const auto run = [&] { conv.run(x.data(), 3, r, y.data(), options.batch, pool, scratch.get()); };
  PackedConv(g, Isa::portable, weights.data())
      .run(x.data(), 3, r, expected.data(), options.batch, pool, nullptr);
  run();
  OCTET_CHECK(y == expected, describe(g), ": ", conv.kernel_name(),
              " and the portable kernel differ");

  int repeats = 1;
  for (;; repeats *= 2) {
    const double start = cpu_seconds();
    for (int i = 0; i < repeats; ++i) run();
    if (cpu_seconds() - start > 5e-4) break;
  }
  std::vector<double> seconds;
  for (int round = 0; round < options.rounds; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < repeats; ++i) run();
    seconds.push_back((cpu_seconds() - start) / repeats);
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front()};
}

Options parse(int argc, char** argv) {
  Options o;
  o.isa = best_isa();
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--help") {
      std::cout << usage;
      std::exit(0);
    }
    OCTET_CHECK(i + 1 < argc, "option ", key, ": expected a value");
    const std::string value = argv[++i];
    if (key == "--net") {
      o.net = value;
    } else if (key == "--layer") {
      o.layer = value;
    } else if (key == "--isa") {
      const auto isa = parse_isa(value);
      const auto available = available_isas();
      OCTET_CHECK(isa && std::find(available.begin(), available.end(), *isa) != available.end(),
                  "--isa: expected an ISA of this machine, got \"", value, "\"");
      o.isa = *isa;
    } else if (key == "--rounding") {
      OCTET_CHECK(value == "single" || value == "double",
                  "--rounding: expected single or double, got \"", value, "\"");
      o.rounding = value == "single" ? Rounding::single_rounding : Rounding::double_rounding;
    } else if (key == "--batch" || key == "--rounds") {
      const int n = std::atoi(value.c_str());
      OCTET_CHECK(n >= 1 && n <= 10000, key, ": expected 1 to 10000, got \"", value, "\"");
      (key == "--batch" ? o.batch : o.rounds) = n;
    } else if (key == "--ceiling") {
      o.ceiling = std::atof(value.c_str());
      OCTET_CHECK(o.ceiling > 0, "--ceiling: expected a positive number, got \"", value, "\"");
    } else {
      fail("unknown option ", key, "\n", usage);
    }
  }
  return o;
}

void bench(const Options& options) {
  std::printf("%s, batch %d\n", std::string(isa_name(options.isa)).c_str(), options.batch);
  std::printf("%-9s %-26s %2s %10s %10s %8s %8s\n", "net", "layer", "n", "median us", "min us",
              "GMAC/s", "ceiling");
  struct Total {
    double seconds = 0, macs = 0;
  };
  std::vector<std::pair<std::string, Total>> totals;
  for (const Layer& l : layers()) {
    if (!options.net.empty() && options.net != l.net) continue;
    if (describe(l.g).find(options.layer) == std::string::npos) continue;
    const Timing t = time_layer(l.g, options);
    const double macs = static_cast<double>(options.batch) * l.g.out_h * l.g.out_w * l.g.out_c *
                        static_cast<double>(l.g.weights_per_channel());
    const double rate = macs / t.min * 1e-9;
    std::printf("%-9s %-26s %2d %10.2f %10.2f %8.1f %7.0f%%\n", l.net, describe(l.g).c_str(),
                l.count, t.median * 1e6, t.min * 1e6, rate, 100 * rate / options.ceiling);
    auto at =
        std::find_if(totals.begin(), totals.end(), [&](const auto& e) { return e.first == l.net; });
    if (at == totals.end()) at = totals.insert(totals.end(), {l.net, {}});
    at->second.seconds += l.count * t.min;
    at->second.macs += l.count * macs;
  }
  for (const auto& [net, total] : totals) {
    const double rate = total.macs / total.seconds * 1e-9;
    std::printf("%-9s %-26s    %10s %10.2f %8.1f %7.0f%%\n", net.c_str(), "all layers", "",
                total.seconds * 1e6, rate, 100 * rate / options.ceiling);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    bench(parse(argc, argv));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "bench_conv: " << e.what() << '\n';
    return 1;
  }
}
