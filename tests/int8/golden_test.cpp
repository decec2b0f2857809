// The engine against bytes computed by the TFLite Micro reference kernels in both rounding modes:
// 236 single-op models and two whole nets, on every ISA of this machine. Tolerance zero.
#include <doctest/doctest.h>

#include <map>

#include "interop/tflite/reader.h"
#include "tests/int8/build.h"
#include "tests/int8/isas.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;
namespace fs = std::filesystem;

namespace {

struct Mode {
  Rounding rounding;
  std::string name;
};
const Mode modes[] = {{Rounding::double_rounding, "double"}, {Rounding::single_rounding, "single"}};

Codes read_codes(const fs::path& path) {
  const std::vector<char> bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

/// Every sample of `input` (the samples back to back, each with all inputs) in batches.
Codes run_samples(const Model& model, const Codes& input, int batch) {
  std::size_t sample = 0;
  for (const ValueInfo& info : model.inputs()) sample += info.bytes;
  const std::size_t samples = input.size() / sample;
  REQUIRE(samples * sample == input.size());
  Codes result;
  for (std::size_t s = 0; s < samples; s += static_cast<std::size_t>(batch)) {
    const std::size_t n = std::min(samples - s, static_cast<std::size_t>(batch));
    ExecutionContext context(model, {.batch = static_cast<int>(n), .threads = 2});
    for (std::size_t k = 0; k < n; ++k) {
      const std::int8_t* from = input.data() + (s + k) * sample;
      for (std::size_t i = 0; i < model.inputs().size(); ++i) {
        const std::size_t bytes = model.inputs()[i].bytes;
        std::memcpy(context.input(static_cast<int>(i)).data() + k * bytes, from, bytes);
        from += bytes;
      }
    }
    context.run();
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < model.outputs().size(); ++i) {
        const std::size_t bytes = model.outputs()[i].bytes;
        const Codes y = codes_of(context.output(static_cast<int>(i)).subspan(k * bytes, bytes));
        result.insert(result.end(), y.begin(), y.end());
      }
    }
  }
  return result;
}

/// One line that says where two results part.
std::string compare(const Codes& got, const Codes& expected) {
  if (got.size() != expected.size()) {
    return std::to_string(got.size()) + " bytes, expected " + std::to_string(expected.size());
  }
  const std::int64_t at = first_difference(got, expected);
  if (at < 0) return "";
  const auto i = static_cast<std::size_t>(at);
  return "byte " + std::to_string(at) + " of " + std::to_string(got.size()) + ": got " +
         std::to_string(got[i]) + ", expected " + std::to_string(expected[i]);
}

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> result;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) result.push_back(entry.path());
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

TEST_SUITE("shared") {
  TEST_CASE("single ops equal the reference kernels") {
    const std::vector<fs::path> cases = folders_in(*shared_dir() / "golden" / "ops");
    CHECK(cases.size() >= 236);
    std::map<OpCode, int> covered;
    for (const fs::path& folder : cases) {
      const Graph graph = octet::read_tflite(folder / "model.tflite");
      ++covered[graph.nodes.at(0).op];
      const Codes input = read_codes(folder / "input.bin");
      for (const Mode& mode : modes) {
        const Codes expected = read_codes(folder / (std::string("output_") + mode.name + ".bin"));
        for (const Isa isa : octet::test::isas_under_test()) {
          const Model model(graph, {.rounding = mode.rounding, .isa = isa});
          for (const int batch : {1, 7}) {
            const std::string difference = compare(run_samples(model, input, batch), expected);
            CHECK_MESSAGE(difference.empty(), folder.filename().string(), " ",
                          op_name(graph.nodes[0].op), ", ", mode.name, " rounding, ", isa_name(isa),
                          ", batch ", batch, ": ", difference);
          }
        }
      }
    }
    CHECK(covered.size() >= 25);
  }

  TEST_CASE("whole nets equal the reference kernels, op by op and at the output") {
    for (const char* net : {"ic", "kws"}) {
      const fs::path folder = *shared_dir() / "golden" / "nets" / net;
      const Graph graph = octet::read_tflite(folder / "model.tflite");
      const Codes input = read_codes(folder / "input.bin");
      for (const Mode& mode : modes) {
        const Codes expected = read_codes(folder / (std::string("output_") + mode.name + ".bin"));
        for (const Isa isa : octet::test::isas_under_test()) {
          const Model model(graph, {.rounding = mode.rounding, .isa = isa});
          const std::string difference = compare(run_samples(model, input, 3), expected);
          CHECK_MESSAGE(difference.empty(), net, ", ", mode.name, " rounding, ", isa_name(isa),
                        ": ", difference);

          ExecutionContext context(model, {.keep_values = true});
          const std::size_t sample = model.inputs()[0].bytes;
          write_input(context, 0, std::as_bytes(std::span(input)).first(sample));
          context.run();
          std::size_t compared = 0;
          const fs::path ops = folder / (std::string("ops_") + mode.name);
          for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
            const Node& node = graph.nodes[n];
            char prefix[16];
            std::snprintf(prefix, sizeof prefix, "op%03d_", static_cast<int>(n));
            for (const auto& entry : fs::directory_iterator(ops)) {
              const std::string file = entry.path().filename().string();
              if (file.compare(0, 6, prefix) != 0) continue;
              ++compared;
              const std::string at =
                  compare(codes_of(context.value(node.outputs[0])), read_codes(entry.path()));
              CHECK_MESSAGE(at.empty(), net, ", ", mode.name, ", ", isa_name(isa), ", op ", n, " ",
                            op_name(node.op), ": ", at);
            }
          }
          CHECK(compared == graph.nodes.size());
        }
      }
    }
  }
}
