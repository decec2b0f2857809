// octet verify: every kernel of this machine against the portable ones, byte for byte.
#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>

#include "apps/octet/commands.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/samples.h"
#include "core/error.h"
#include "interop/tflite_reader.h"
#include "quant/int8/every_op.h"

namespace octet::app {
namespace {

using int8::Isa;
using int8::Model;

struct Options {
  std::string path;
  int samples = 6;
};

std::string rounding_name(int8::Rounding rounding) {
  return rounding_text(rounding) + " rounding";
}

/// The first operator whose value differs between two models of one graph on one sample, which is
/// run `batch` times over: "operator 3 CONV_2D 'name': element 17 is 4, expected 5".
std::string first_difference(const Model& expected, const Model& actual, const Sample& sample,
                             const int8::ContextOptions& options) {
  int8::ContextOptions keep = options;
  keep.keep_values = true;
  int8::Context a(expected, keep), b(actual, keep);
  set_inputs(expected, {sample}, 0, a);
  set_inputs(actual, {sample}, 0, b);
  a.run();
  b.run();
  const int8::Graph& graph = expected.graph();
  for (const int8::StepInfo& step : expected.steps()) {
    const int8::Node& node = graph.nodes[static_cast<std::size_t>(step.node)];
    for (const int t : node.outputs) {
      const auto x = a.value(t), y = b.value(t);
      const auto [p, q] = std::mismatch(x.begin(), x.end(), y.begin());
      if (p == x.end()) continue;
      std::ostringstream text;
      const int8::TensorDef& tensor = graph.tensors[static_cast<std::size_t>(t)];
      const bool codes = tensor.type == int8::DType::i8;
      const auto value = [codes](std::byte v) {
        return codes ? int{static_cast<std::int8_t>(v)} : std::to_integer<int>(v);
      };
      text << "operator " << step.node << ' ' << int8::op_name(node.op) << " '" << tensor.name
           << "': " << (codes ? "code " : "byte ") << p - x.begin() << " is " << value(*q)
           << ", expected " << value(*p);
      return text.str();
    }
  }
  return "no single operator differs";
}

class Verifier {
 public:
  Verifier(const int8::Graph& graph, int random_samples, int8::Rounding rounding)
      : graph_(graph),
        rounding_(rounding),
        portable_(graph, {.rounding = rounding, .isa = Isa::portable}),
        samples_(check_samples(portable_, random_samples)),
        expected_(run_samples(portable_, samples_, {})) {}

  /// Runs `isa` in several batch sizes and numbers of threads. Returns what differs first.
  std::optional<std::string> check(Isa isa) const {
    const Model model(graph_, {.rounding = rounding_, .isa = isa});
    for (const int batch : {1, 2, 3, 8}) {
      for (const int threads : {1, 2, 3}) {
        const int8::ContextOptions options{.batch = batch, .threads = threads};
        const auto actual = run_samples(model, samples_, options);
        for (std::size_t s = 0; s < samples_.size(); ++s) {
          if (actual[s] == expected_[s]) continue;
          std::ostringstream text;
          text << int8::isa_name(isa) << ", batch " << batch << ", threads " << threads << ", "
               << sample_text(s) << ": "
               << first_difference(portable_, model, samples_[s], options);
          return text.str();
        }
      }
    }
    return std::nullopt;
  }
  const Model& portable() const { return portable_; }
  std::size_t samples() const { return samples_.size(); }

 private:
  const int8::Graph& graph_;
  int8::Rounding rounding_;
  Model portable_;
  std::vector<Sample> samples_;
  std::vector<std::vector<std::byte>> expected_;
};

void verify(const Options& options) {
  const int8::Graph graph =
      options.path.empty() ? int8::every_op_graph() : read_tflite(options.path);
  const std::string name =
      options.path.empty() ? "built-in network with every operator" : options.path;
  int differences = 0;
  for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding}) {
    std::optional<Verifier> verifier;
    try {
      verifier.emplace(graph, options.samples, rounding);
    } catch (const Error& error) {
      throw Error(name + ": " + error.what());
    }
    for (const Isa isa : int8::available_isas()) {
      const auto difference = verifier->check(isa);
      differences += difference.has_value();
      std::cout << rounding_name(rounding) << ", " << int8::isa_name(isa) << ": "
                << (difference
                        ? "DIFFERENT: " + *difference
                        : "same bytes on " + std::to_string(verifier->samples()) + " samples")
                << '\n';
    }
    const bool own = rounding == graph.rounding;
    std::cout << rounding_name(rounding) << (own ? " (the file's)" : "")
              << ", signature: " << int8::signature_text(int8::signature(verifier->portable()))
              << '\n';
  }
  OCTET_CHECK(differences == 0, name, ": ", differences,
              " combinations differ from the portable kernels");
}

}  // namespace

void add_verify(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Check that every instruction set of this machine gives the portable kernels' bytes, on "
      "random and extreme codes, in several batch sizes and numbers of threads. Prints the "
      "model's signature; exit code 1 if anything differs. Without MODEL: a built-in network that "
      "holds every operator.");
  command->add_option("MODEL", options->path, "TFLite file (full-integer INT8)");
  command->add_option("--samples", options->samples, "random samples, beside the extremes")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->callback([options] { verify(*options); });
}

}  // namespace octet::app
