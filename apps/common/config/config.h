// What a run of the trainer is: the configuration as plain data. Keys, ranges and meanings are in
// config.cpp; docs in configs/schema.json.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "apps/common/config/field_visitor.h"
#include "apps/common/config/layer_config.h"
#include "apps/common/config/origins.h"

namespace octet::config {

struct Normalize {
  bool measured = false;  ///< "auto": mean and std are those of the training split
  std::vector<double> mean{0}, std{255};
};

struct Augment {
  int shift = 0, time_shift = 0;
  bool flip = false, flip_vertical = false;
  bool random_crop = false;
  int padding = 0;
  int fill = 0;
  double rotate = 0, zoom = 0;
  double brightness = 0, contrast = 0;
  int cutout = 0;
  double noise = 0, mixup = 0;
};

/// The size that samples are brought to.
struct Input {
  int h = 0, w = 0;
  std::string resize = "bilinear";
  std::string keep_aspect = "no";
};

struct DataConfig {
  std::string format = "hdf5";
  Path path;
  int channels = 0;
  Input input;
  bool stream = false;
  std::string targets = "auto";
  std::vector<std::string> target_columns, class_names;
  Normalize normalize;
  Augment augment;
  int crop_h = 0, crop_w = 0;
  double val_fraction = 0;

  bool real_samples = false;  ///< no key: the samples are no pixels of 0 to 255; setup::measure()
};

struct ModelConfig {
  std::string zoo;  ///< or layers, or import: exactly one of them is given
  std::vector<LayerConfig> layers;
  Path import;
  std::string weights = "file";  ///< of import, or "new"
  int classes = 0;
  double width = 1;
  int output_stride = 0;
};

/// Of autoencoders: what is normal, and where anomalies begin.
struct AnomalyConfig {
  std::vector<std::string> normal;  ///< classes; empty: all that the training split has
  double quantile = 0.99;
};

struct InitConfig {
  Path config, checkpoint, import;  ///< exactly one of them has a text
  std::vector<std::string> skip;
  std::vector<std::pair<std::string, std::string>> rename;
};

struct OptimizerConfig {
  std::string type = "adam";
  double lr = 1e-3;
  double momentum = 0.9;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;
};

struct ScheduleConfig {
  std::string type = "cosine";
  double warmup_epochs = 0;
  double final_factor = 0;
  double step_epochs = 10, gamma = 0.1;
};

/// A group of parameters: those whose names match.
struct ParameterGroup {
  std::string pattern;
  double lr_factor = 1;
  bool freeze = false;
};

struct LossConfig {
  std::string type = "auto";  ///< setup::resolve_task() puts the task's in its place
  double delta = 1;
  double label_smoothing = 0;
  bool balanced = false;  ///< class_weights "balanced": those of the training split
  std::vector<double> class_weights{1};
};

/// One of several outputs of the network.
struct HeadConfig {
  std::string name;
  std::string task = "classification";
  std::vector<std::string> targets, class_names;
  int classes = 0;  ///< setup::resolve_task() puts their number in its place
  double weight = 1;
  LossConfig loss;
};

/// What float and quantization-aware training share of a step.
struct Steps {
  LossConfig loss;
  int accumulate_steps = 1;
  double clip_grad_norm = 0;
  double ema_decay = 0;
  std::string keep = "best";
  int patience = 0;
  std::vector<ParameterGroup> parameters;
};

/// Training with floating-point numbers.
struct TrainConfig {
  int epochs = 10;
  int batch = 64;
  bool drop_last = true;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  Steps steps;  ///< its keys stand beside the others
};

/// Epochs of each stage of quantization-aware training.
struct Stages {
  int train_bn = 2, frozen_bn = 1, frozen_observers = 1;
  int total() const { return train_bn + frozen_bn + frozen_observers; }
};

struct QuantConfig {
  std::string mode = "qat";
  std::string target = "tflite";
  std::string rounding = "target";
  std::string weights = "per_channel";
  int weight_bits = 0;
  std::vector<std::string> float_layers;
  std::string observer = "moving_average";
  double averaging = 0.01;
  int calibrate_batches = 16;
  int batch = 64;
  Stages stages;
  bool drop_last = true;
  OptimizerConfig optimizer{.lr = 1e-4};
  ScheduleConfig schedule;
  Steps steps;
};

/// Files beside those of every run.
struct OutputsConfig {
  bool fp16 = false, onnx = false, onnx_fp16 = false;
};

struct CheckpointConfig {
  int every_batches = 0;
  double every_seconds = 60;
};

/// Training by several processes (docs/distributed.md).
struct DistConfig {
  int shards = 0;
  double timeout = 300;
};

struct Config {
  std::string schema;   ///< "$schema", for editors
  std::string extends;  ///< as it was written; what it says is in the rest
  std::string name;
  std::int64_t seed = 0;
  int threads = 0;
  Path out{"runs", "runs"};
  std::string task = "auto";  ///< setup::resolve_task() puts what it is in its place
  std::vector<HeadConfig> heads;
  DataConfig data;
  AnomalyConfig anomaly;
  ModelConfig model;
  std::optional<InitConfig> init;
  std::optional<TrainConfig> train;
  std::optional<QuantConfig> quant;
  OutputsConfig outputs;
  CheckpointConfig checkpoint;
  DistConfig dist;

  std::filesystem::path file;  ///< where it was read from
  std::string source;          ///< that file's text
  std::vector<std::string> overrides;
  Origins origins;  ///< of what does not come from the file itself

  bool quantized() const { return quant && quant->mode != "none"; }
  bool qat() const { return quant && quant->mode == "qat"; }
  /// threads, or where that is 0 the machine's.
  int thread_count() const {
    return threads > 0 ? threads
                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  std::filesystem::path run_dir() const { return out.path / name; }
  /// What a message begins with about the value at a JSON pointer, "configs/x.json: /quant/batch",
  /// or "--set quant.batch=9: /quant/batch" where an override set it.
  std::string where(const std::string& pointer) const;
};

/// The table of keys. One overload for each struct above; these are in files of their own.
void describe(FieldVisitor& v, DataConfig& c);
void describe(FieldVisitor& v, LayerConfig& c);
void describe(FieldVisitor& v, Config& c);

/// Reads and checks a configuration: JSON with // and /* */ comments, laid over the one that it
/// "extends" (see read_document). Each override is
/// "a.b.c=value": the value is JSON, or else a string; it replaces what the file says before
/// everything is checked. Throws Error naming file (or override), JSON pointer, expected and got,
/// and for an unknown key the nearest known one.
///
/// Paths may name environment variables, "${OCTET_SHARED}/x". A relative path in a file is
/// relative to that file's folder, one in an override or from a variable to the current directory;
/// so is "out".
Config read_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Every key that applies, with its value: what ran, whatever the defaults become. JSON.
/// `results_only` leaves out what cannot change a result (see Key::neutral and Key::unsaid).
std::string to_json(const Config& config, bool results_only = false);

/// JSON Schema (draft 2020-12) of the configuration files.
std::string schema_json();

}  // namespace octet::config
