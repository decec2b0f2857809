// octet verify: every kernel of this machine against the portable ones, byte for byte.
#include <algorithm>
#include <iostream>
#include <optional>
#include <sstream>

#include "apps/octet/commands.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/samples.h"
#include "apps/octet/work.h"
#include "base/error.h"
#include "int8/engine/every_op.h"
#include "interop/tflite/names.h"
#include "interop/tflite/reader.h"

namespace octet::app {
namespace {

using int8::Isa;
using int8::Model;

struct Options {
  std::string path;
  int samples = 6;
  std::size_t memory_limit_mib = 1024;
};

std::string text_of_mode(int8::Rounding rounding) {
  return std::string(int8::rounding_name(rounding)) + " rounding";
}

/// A value of one sample that differs: operator 3 CONV_2D "name": code 17 is 4, expected 5.
std::string difference_text(const int8::Graph& graph, int node, int tensor, std::size_t element,
                            std::byte actual, std::byte expected) {
  const int8::TensorDef& t = graph.tensors[static_cast<std::size_t>(tensor)];
  const bool codes = t.type == int8::DType::i8;
  const auto value = [codes](std::byte v) {
    return codes ? int{static_cast<std::int8_t>(v)} : std::to_integer<int>(v);
  };
  std::ostringstream text;
  text << "operator " << node << ' '
       << int8::op_name(graph.nodes[static_cast<std::size_t>(node)].op) << ' '
       << tflite::quoted(t.name) << ": " << (codes ? "code " : "byte ") << element << " is "
       << value(actual) << ", expected " << value(expected);
  return text.str();
}

/// Two models of one graph, compared value by value: every value has memory of its own.
class ValueComparison {
 public:
  ValueComparison(const Model& expected, const Model& actual, int8::ContextOptions options)
      : model_(expected), expected_(expected, kept(options)), actual_(actual, kept(options)) {}

  /// Runs `batch` samples from `first` on, wrapping around. Returns the first value that differs,
  /// in the order of execution, and which sample it belongs to.
  std::optional<std::string> first_difference(const std::vector<Sample>& samples,
                                              std::size_t first) {
    set_inputs(model_, samples, first, expected_);
    set_inputs(model_, samples, first, actual_);
    expected_.reset();
    actual_.reset();
    expected_.run();
    actual_.run();
    const int8::Graph& graph = model_.graph();
    for (const int8::StepInfo& step : model_.steps()) {
      for (const int t : graph.nodes[static_cast<std::size_t>(step.node)].outputs) {
        const auto x = expected_.value(t), y = actual_.value(t);
        const auto [p, q] = std::mismatch(x.begin(), x.end(), y.begin());
        if (p == x.end()) continue;
        const auto at = static_cast<std::size_t>(p - x.begin());
        const std::size_t one = x.size() / static_cast<std::size_t>(expected_.batch());
        return sample_text((first + at / one) % samples.size()) + ": " +
               difference_text(graph, step.node, t, at % one, *q, *p);
      }
    }
    return std::nullopt;
  }

 private:
  static int8::ContextOptions kept(int8::ContextOptions options) {
    options.keep_values = true;
    return options;
  }
  const Model& model_;
  int8::ExecutionContext expected_, actual_;
};

class Verifier {
 public:
  Verifier(const int8::Graph& graph, const Options& options, int8::Rounding rounding)
      : graph_(graph),
        rounding_(rounding),
        memory_limit_(options.memory_limit_mib << 20),
        portable_(model(Isa::portable)),
        samples_(check_samples(portable_, options.samples)) {}

  /// How many times a sample is run until every instruction set is checked and the model is signed.
  double runs() const {
    const auto filled = [this](int batch) {  // the last run is filled up
      const auto b = static_cast<std::size_t>(batch);
      return static_cast<double>((samples_.size() + b - 1) / b * b);
    };
    double each = 0;
    for (const int batch : value_batches) each += 2 * filled(batch);
    for (const int batch : output_batches) each += std::size(output_threads) * filled(batch);
    return filled(1) + static_cast<double>(int8::available_isas().size()) * each +
           int8::signature_samples;
  }

  /// What the others are compared with. Before check().
  void run_portable() {
    expected_ = run_samples(portable_, samples_, {.memory_limit = memory_limit_});
  }

  /// Returns what differs first: every value of every sample, then the outputs as they are
  /// computed in the shared arena, in several batch sizes and numbers of threads.
  std::optional<std::string> check(Isa isa) const {
    const Model other = model(isa);
    for (const int batch : value_batches) {
      const int8::ContextOptions options = context(batch, batch == 1 ? 1 : 2);
      ValueComparison values(portable_, other, options);
      for (std::size_t s = 0; s < samples_.size(); s += static_cast<std::size_t>(options.batch)) {
        if (const auto difference = values.first_difference(samples_, s))
          return options_text(options) + *difference;
      }
    }
    for (const int batch : output_batches) {
      for (const int threads : output_threads) {
        const int8::ContextOptions options = context(batch, threads);
        const auto actual = run_samples(other, samples_, options);
        const auto [p, q] = std::mismatch(actual.begin(), actual.end(), expected_.begin());
        if (p == actual.end()) continue;
        const auto sample = static_cast<std::size_t>(p - actual.begin());
        ValueComparison values(portable_, other, options);
        return options_text(options) +
               values.first_difference(samples_, sample)
                   .value_or(sample_text(sample) +
                             ": the outputs, though every operator agrees on memory of its own");
      }
    }
    return std::nullopt;
  }
  std::uint64_t signature() const {
    return int8::signature(portable_, int8::signature_samples, memory_limit_);
  }
  const Model& portable() const { return portable_; }
  std::size_t samples() const { return samples_.size(); }

 private:
  static constexpr int value_batches[] = {1, 3};
  static constexpr int output_batches[] = {1, 2, 3, 8}, output_threads[] = {1, 2, 3};

  Model model(Isa isa) const {
    return Model(graph_, {.rounding = rounding_,
                          .isa = isa,
                          .memory_limit = memory_limit_,
                          .ops = &int8::all_ops()});
  }
  int8::ContextOptions context(int batch, int threads) const {
    return {.batch = batch, .threads = threads, .memory_limit = memory_limit_};
  }
  static std::string options_text(const int8::ContextOptions& options) {
    return "batch " + std::to_string(options.batch) + ", threads " +
           std::to_string(options.threads) + ", ";
  }

  const int8::Graph& graph_;
  int8::Rounding rounding_;
  std::size_t memory_limit_;
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
  constexpr int8::Rounding roundings[] = {int8::Rounding::single_rounding,
                                          int8::Rounding::double_rounding,
                                          int8::Rounding::float_rounding};
  for (const int8::Rounding rounding : roundings) {
    std::optional<Verifier> verifier;
    try {
      verifier.emplace(graph, options, rounding);
      if (rounding == roundings[0])
        announce_work("verify", name, verifier->portable(),
                      std::size(roundings) * verifier->runs());
      verifier->run_portable();
    } catch (const Error& error) {
      throw Error(name + ": " + error.what());
    }
    for (const Isa isa : int8::available_isas()) {
      const auto difference = verifier->check(isa);
      differences += difference.has_value();
      std::cout << text_of_mode(rounding) << ", " << int8::isa_name(isa) << ": "
                << (difference
                        ? "DIFFERENT: " + *difference
                        : "same bytes on " + std::to_string(verifier->samples()) + " samples")
                << '\n';
    }
    const bool own = rounding == graph.rounding;
    std::cout << text_of_mode(rounding) << (own ? " (the file's)" : "")
              << ", signature: " << int8::signature_text(verifier->signature()) << '\n';
  }
  OCTET_CHECK(differences == 0, name, ": ", differences,
              " combinations differ from the portable kernels");
}

}  // namespace

void add_verify(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Check that every instruction set of this machine gives the portable kernels' bytes, in "
      "every value of the network, on random and extreme codes, in several batch sizes and numbers "
      "of threads. Prints the model's signature; exit code 1 if anything differs. Without MODEL: a "
      "built-in network that "
      "holds every operator.");
  command->add_option("MODEL", options->path, "TFLite file (full-integer INT8)");
  command->add_option("--samples", options->samples, "random samples, beside the extremes")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  add_memory_limit(*command, options->memory_limit_mib);
  command->callback([options] { with_model_name(options->path, [&] { verify(*options); }); });
}

}  // namespace octet::app
