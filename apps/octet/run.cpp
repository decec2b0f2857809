// octet run: samples in, samples out; pictures in, names out.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>

#include "apps/octet/commands.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/pictures/picture_arguments.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "int8/engine/reals.h"

namespace octet::app {
namespace {

using int8::ValueInfo;

struct Options {
  ModelArguments model;
  RunArguments run;
  std::vector<std::string> inputs, outputs;
  bool floats = false;
  RunPicturesOptions pictures;
};

/// Whether a value is converted to or from f32 at the door.
bool converts(const ValueInfo& info, bool floats) {
  if (!floats || !int8::is_quantizable(info.type)) return false;
  OCTET_CHECK(info.scale > 0.0f, "--float: '", info.name, "' is not quantized");
  return true;
}
std::size_t element_count(const ValueInfo& info) {
  return info.bytes / int8::dtype_size(info.type);
}
std::size_t file_bytes(const ValueInfo& info, bool floats) {
  return converts(info, floats) ? element_count(info) * sizeof(float) : info.bytes;
}

/// Samples of one of the model's inputs, back to back.
class Input {
 public:
  Input(const std::string& path, const ValueInfo& info, bool floats, int8::Isa isa)
      : info_(info),
        converts_(converts(info, floats)),
        sample_bytes_(file_bytes(info, floats)),
        isa_(isa),
        file_(map_file(path)) {
    OCTET_CHECK(!file_.bytes.empty() && file_.bytes.size() % sample_bytes_ == 0, path, ": ",
                file_.bytes.size(), " bytes, expected a multiple of ", sample_bytes_,
                " (one sample of input '", info.name, "' ", shape_text(info.shape),
                converts_ ? " in f32)" : ")");
    samples_ = file_.bytes.size() / sample_bytes_;
  }
  std::size_t samples() const { return samples_; }

  /// Writes samples [first, first + count) to `to`.
  void read(std::size_t first, std::size_t count, std::byte* to) const {
    const std::byte* from = file_.bytes.data() + first * sample_bytes_;
    if (!converts_) {
      std::memcpy(to, from, count * sample_bytes_);
      return;
    }
    int8::quantize_values(info_, isa_, reinterpret_cast<const float*>(from), to,
                          static_cast<std::int64_t>(count * element_count(info_)));
  }

 private:
  const ValueInfo& info_;
  bool converts_;
  std::size_t sample_bytes_;
  int8::Isa isa_;
  MappedFile file_;
  std::size_t samples_ = 0;
};

/// Samples of one of the model's outputs, back to back; the file appears when all are written.
class Output {
 public:
  Output(const std::string& path, const ValueInfo& info, bool floats, int8::Isa isa)
      : path_(path),
        info_(info),
        converts_(converts(info, floats)),
        isa_(isa),
        file_(path),
        stream_(file_.temporary(), std::ios::binary | std::ios::trunc) {}

  void write(std::span<const std::byte> samples) {
    if (converts_) {
      floats_.resize(samples.size() / int8::dtype_size(info_.type));
      int8::dequantize_values(info_, isa_, samples.data(), floats_.data(),
                              static_cast<std::int64_t>(floats_.size()));
      samples = std::as_bytes(std::span(floats_));
    }
    stream_.write(reinterpret_cast<const char*>(samples.data()),
                  static_cast<std::streamsize>(samples.size()));
    OCTET_CHECK(stream_, "cannot write ", path_);
  }
  void commit() {
    stream_.close();
    OCTET_CHECK(stream_, "cannot write ", path_);
    file_.commit();
  }

 private:
  std::string path_;
  const ValueInfo& info_;
  bool converts_;
  int8::Isa isa_;
  AtomicFile file_;
  std::ofstream stream_;
  std::vector<float> floats_;
};

void check_count(std::span<const ValueInfo> values, std::size_t files, const char* option) {
  std::string names;
  for (const ValueInfo& v : values) names += " '" + v.name + "'";
  OCTET_CHECK(values.size() == files, option, ": ", files, " files, expected one for each of",
              names);
}

std::size_t common_samples(const std::vector<Input>& inputs, const Options& options) {
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    OCTET_CHECK(inputs[i].samples() == inputs[0].samples(), options.inputs[i], " has ",
                inputs[i].samples(), " samples, ", options.inputs[0], " has ", inputs[0].samples());
  }
  return inputs[0].samples();
}

void run(const Options& options) {
  const int8::Model model = options.model.load();
  check_count(model.inputs(), options.inputs.size(), "--input");
  check_count(model.outputs(), options.outputs.size(), "--output");
  for (std::size_t i = 0; i < options.outputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      OCTET_CHECK(options.outputs[i] != options.outputs[j], "--output: ", options.outputs[i],
                  ": expected a file of its own for each output, got it twice");
    }
  }
  std::vector<Input> inputs;
  for (std::size_t i = 0; i < options.inputs.size(); ++i)
    inputs.emplace_back(options.inputs[i], model.inputs()[i], options.floats, model.isa());
  const std::size_t samples = common_samples(inputs, options);
  std::vector<std::unique_ptr<Output>> outputs;
  for (std::size_t i = 0; i < options.outputs.size(); ++i) {
    outputs.push_back(std::make_unique<Output>(options.outputs[i], model.outputs()[i],
                                               options.floats, model.isa()));
  }

  // Of a model with states the samples are the steps of one stream.
  const std::size_t batch =
      model.state_bytes() > 0 ? 1 : std::min(static_cast<std::size_t>(options.run.batch), samples);
  int8::ExecutionContext context(model, {.batch = static_cast<int>(batch),
                                         .threads = options.run.threads,
                                         .memory_limit = options.model.memory_limit()});
  for (std::size_t first = 0; first < samples; first += batch) {
    // In the last run the places behind the last sample hold older ones; nobody reads theirs.
    const std::size_t count = std::min(batch, samples - first);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      inputs[i].read(first, count, context.input(static_cast<int>(i)).data());
    context.run();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      outputs[i]->write(
          context.output(static_cast<int>(i)).first(count * model.outputs()[i].bytes));
    }
  }
  for (const auto& output : outputs) output->commit();
}

}  // namespace

void add_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Say what pictures show, or run a model on a file of samples.\n"
      "octet run MODEL shoe.png photos/ prints the classes of pictures (or numbers, anomaly "
      "scores, "
      "shares of masks, as the model is for): PNG and JPEG files of any "
      "size, and folders of them. The model's file says its normalization and the names of its "
      "classes, or --mean, --std and --labels do.\n"
      "octet run MODEL --input FILE --output FILE: "
      "Files hold samples back to back as the model has them (codes of one byte, or of two, the "
      "lower first; f32 for float "
      "values).\n"
      "Samples are independent; of a model that keeps states they are steps, one after the other.\n"
      "A model with several inputs or outputs takes one --input or --output for each, in order.");
  options->model.add_to(*command);
  RunPicturesOptions& pictures = options->pictures;
  CLI::Option* files =
      command->add_option("PICTURE", pictures.pictures, "PNG and JPEG files, or folders of them");
  pictures.about.add_to(*command);
  command->add_option("--top", pictures.top, "of pictures: how many classes are shown")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command->add_option("--masks", pictures.masks,
                      "of pictures, segmentation: a folder to write masks to, PNG files whose "
                      "palette indices are the classes");
  command->add_flag("--json", pictures.json, "of pictures: as JSON");
  command->add_option("--input", options->inputs, "file of samples")->excludes(files);
  command->add_option("--output", options->outputs, "file to write")->excludes(files);
  command->add_flag("--float", options->floats,
                    "files hold f32: inputs are quantized, clamp(round(v / scale) + zero_point), "
                    "outputs dequantized");
  options->run.add_to(*command, "samples per run");
  command->callback([options] {
    const RunPicturesOptions& of = options->pictures;
    if (of.pictures.empty() && options->inputs.empty())
      throw CLI::RequiredError("a PICTURE, or --input and --output,");
    if (of.pictures.empty() && options->outputs.empty()) throw CLI::RequiredError("--output");
    if (of.pictures.empty() && (of.about.given() || of.json || !of.masks.empty()))
      throw CLI::ValidationError(
          "--labels, --task, --mean, --std, --masks and --json are of pictures");
    with_model_name(options->model.path, [&] {
      if (of.pictures.empty()) {
        run(*options);
      } else {
        run_pictures(options->model, options->run.threads, of);
      }
    });
  });
}

}  // namespace octet::app
