// The table of configuration keys.
#include "apps/common/config/config.h"

#include "deploy/targets.h"
#include "eval/task.h"
#include "layers/zoo/zoo.h"
#include "quant/observers/observer.h"

namespace octet::config {
namespace {

constexpr int many = 1000000000;

std::vector<std::string> observers() {
  std::vector<std::string> names;
  for (const quant::ObserverEntry& e : quant::observers()) names.emplace_back(e.name);
  return names;
}

std::vector<std::string> choices_of_task() {
  std::vector<std::string> names{"auto"};
  for (const std::string_view name : task_names()) names.emplace_back(name);
  return names;
}

}  // namespace

void describe(FieldVisitor& v, ModelConfig& c) {
  v.choice({"zoo", "Name of a reference network"}, c.zoo, zoo::model_names());
  v.objects({"layers",
             "Instead: a network of your own, layer by layer (docs/own-network.md). Its result is "
             "the last layer's"},
            c.layers);
  v.path({.name = "import",
          .doc = "Instead: the network in this file of another program, with its weights "
                 "(docs/onnx.md, docs/tflite-import.md)",
          .neutral = true},
         c.import);
  v.choice({.name = "weights",
            .doc = "import: its weights: those in the file, or new ones, random as a layer's first "
                   "ones are; then the file is an architecture only, and its scales do not count",
            .unsaid = "file"},
           c.weights, {"file", "new"});
  v.integer({"classes",
             "Number of outputs; 0: as many as the data set has classes, or numbers a target. An "
             "imported network with "
             "another number gets a new last layer"},
            c.classes, {0, 65536});
  v.number({"width", "zoo: factor on the numbers of channels"}, c.width, {0, 64, true});
  v.integer(
      {"output_stride",
       "zoo: how many times smaller than the picture the last feature map is, a power of two; "
       "0: the network's own. The ResNets and MobileNets for 224x224 have 32: for small "
       "pictures take 4 or 8, and the first strides are left out"},
      c.output_stride, {0, 32});
}

void describe(FieldVisitor& v, InitConfig& c) {
  v.path({.name = "config",
          .doc = "Start from the result of this configuration's run; it is run first if it is "
                 "missing or unfinished",
          .neutral = true},
         c.config);
  v.path({.name = "checkpoint",
          .doc = "Start from the float weights in this checkpoint",
          .neutral = true},
         c.checkpoint);
  v.path({.name = "import",
          .doc = "Start from the weights in this file of another program (docs/weights.md): "
                 "safetensors, NumPy's .npz, Keras's .weights.h5 or .keras. A run that has begun "
                 "does not read it again",
          .neutral = true},
         c.import);
  v.texts({"skip",
           "Names of the network's tensors that start new, such as fc.*; * stands for any text. "
           "Those that are missing or of another shape do so by themselves"},
          c.skip);
  v.pairs({"rename",
           "[from, to] pairs: names in the file and in the network; each * of 'to' stands for what "
           "the * of 'from' in its place does. The first pair that matches counts"},
          c.rename);
}

void describe(FieldVisitor& v, OptimizerConfig& c) {
  v.choice({.name = "type", .doc = "Update rule", .selects = true}, c.type,
           {"sgd", "adam", "adamw"});
  v.number({"lr", "Learning rate, before the schedule's factor"}, c.lr, {0, 1000, true});
  v.number({.name = "momentum", .doc = "Of the gradients' running sum", .when = "sgd"}, c.momentum,
           {0, 1, false, true});
  v.boolean({.name = "nesterov", .doc = "Nesterov's form of momentum", .when = "sgd"}, c.nesterov);
  v.number({.name = "beta1", .doc = "Decay of the gradients' mean", .when = "adam adamw"}, c.beta1,
           {0, 1, false, true});
  v.number({.name = "beta2", .doc = "Decay of the squared gradients' mean", .when = "adam adamw"},
           c.beta2, {0, 1, false, true});
  v.number({.name = "epsilon", .doc = "Added to the denominator", .when = "adam adamw"}, c.epsilon,
           {0, 1, true});
  v.number({"weight_decay",
            "Of weights, not of biases and batch norm. sgd, adam: added to the gradient; adamw: "
            "decoupled"},
           c.weight_decay, {0, 10});
}

void describe(FieldVisitor& v, ScheduleConfig& c) {
  v.choice(
      {.name = "type", .doc = "How the learning rate goes on after the warm-up", .selects = true},
      c.type, {"constant", "step", "cosine"});
  v.number(
      {"warmup_epochs", "Epochs over which the learning rate rises linearly to its full value"},
      c.warmup_epochs, {0, 10000});
  v.number(
      {.name = "final_factor", .doc = "Factor on the learning rate at the end", .when = "cosine"},
      c.final_factor, {0, 1});
  v.number({.name = "step_epochs", .doc = "Epochs between steps", .when = "step"}, c.step_epochs,
           {0, 100000, true});
  v.number({.name = "gamma", .doc = "Factor on the learning rate at each step", .when = "step"},
           c.gamma, {0, 1, true});
}

void describe(FieldVisitor& v, AnomalyConfig& c) {
  v.texts({"normal",
           "Classes whose samples are normal, by name or number: training and validation leave out "
           "the others, which are the anomalies of the test split. []: all that the training split "
           "has"},
          c.normal);
  v.number({"quantile",
            "Share of the validation split's samples (without one, of the training split's) whose "
            "scores the threshold is not below"},
           c.quantile, {0, 1, true});
}

void describe(FieldVisitor& v, LossConfig& c) {
  v.choice({.name = "type",
            .doc = "cross_entropy for classes and masks; mse (mean squared error), mae (absolute), "
                   "huber (squared up to delta, then linear) for numbers and reconstructions; "
                   "auto: cross_entropy or mse",
            .selects = true,
            .unsaid = "cross_entropy"},
           c.type, {"auto", "cross_entropy", "mse", "mae", "huber"});
  v.number({.name = "delta", .doc = "Error from which on huber is linear", .when = "huber"},
           c.delta, {0, 1e6, true});
  v.number({.name = "label_smoothing",
            .doc = "Share of the target that is spread over all classes",
            .when = "auto cross_entropy"},
           c.label_smoothing, {0, 1, false, true});
  v.numbers_or(
      {.name = "class_weights",
       .doc = "Factor on the loss of each class: one number for all, or one each; a batch whose "
              "labels all have 0 counts for nothing. balanced: by the training split, so that all "
              "count the same",
       .when = "auto cross_entropy"},
      "balanced", c.balanced, c.class_weights, {0, 1e6});
}

void describe(FieldVisitor& v, HeadConfig& c) {
  v.file_name(
      {.name = "name",
       .doc = "Of the head: in figures and files, and of model.layers the layer that is its "
              "output",
       .required = true},
      c.name);
  v.choice({"task", "A class, or numbers"}, c.task, {"classification", "regression"});
  v.texts({.name = "targets",
           .doc = "csv: the names of its columns, of a class one. Others: their places in the "
                  "targets [N, K], from 0, as texts",
           .required = true},
          c.targets);
  v.texts({"class_names", "Names of its classes; csv may have them in the place of their numbers"},
          c.class_names);
  v.integer({"classes", "0: as many as there are names, or as the data has"}, c.classes,
            {0, 65536});
  v.number({"weight", "Factor on its loss in the sum of all"}, c.weight, {0, 1e6, true});
  v.object({"loss", "What training makes small of it"}, c.loss);
}

void describe(FieldVisitor& v, ParameterGroup& c) {
  v.text({.name = "pattern",
          .doc = "Names of parameters, such as layer1.0.conv1.weight; * stands for any text",
          .required = true},
         c.pattern);
  v.number({"lr_factor", "Factor on the learning rate"}, c.lr_factor, {0, 1e6});
  v.boolean({"freeze", "Leaves the parameters as they are"}, c.freeze);
}

/// The keys of Steps, inside the object around them.
void describe_steps(FieldVisitor& v, Steps& c, std::string_view when) {
  v.object({.name = "loss",
            .doc = "What training makes small; the test loss is without smoothing and weights",
            .when = when},
           c.loss);
  v.integer({.name = "accumulate_steps",
             .doc = "Batches whose gradients are averaged for one update",
             .when = when},
            c.accumulate_steps, {1, 65536});
  v.number({.name = "clip_grad_norm",
            .doc = "Largest norm of all gradients together; 0: no limit",
            .when = when},
           c.clip_grad_norm, {0, 1e9});
  v.number(
      {.name = "ema_decay",
       .doc = "Evaluate and keep an exponential moving average of the weights with this decay; "
              "0: none",
       .when = when},
      c.ema_decay, {0, 1, false, true});
  v.choice(
      {.name = "keep",
       .doc =
           "The weights that training ends with: of the epoch that is best on the "
           "validation split by the task's first figure (accuracy, RMSE, MSE, mean IoU), then by "
           "loss (in QAT of the integer model, the "
           "calibrated one included), or of the last; without a validation split those of the last",
       .when = when,
       .unsaid = "best"},
      c.keep, {"best", "last"});
  v.integer({.name = "patience",
             .doc = "Training ends after so many epochs without a better one on the validation "
                    "split; 0: never",
             .when = when,
             .unsaid = "0"},
            c.patience, {0, 1000000});
  v.objects({.name = "parameters",
             .doc = "Groups of parameters with learning rates of their own; the last match counts",
             .when = when},
            c.parameters);
}

void describe(FieldVisitor& v, TrainConfig& c) {
  v.integer({"epochs", "Passes over the training split"}, c.epochs, {1, 1000000});
  v.integer({"batch", "Pictures per step"}, c.batch, {1, 65536});
  v.boolean({"drop_last", "Leaves out the last, smaller batch of an epoch"}, c.drop_last);
  v.object({"optimizer", "Update rule and learning rate"}, c.optimizer);
  v.object({"schedule", "Learning rate over time"}, c.schedule);
  describe_steps(v, c.steps, {});
}

void describe(FieldVisitor& v, Stages& c) {
  v.integer({"train_bn", "Epochs with batch norm on batch statistics"}, c.train_bn, {0, 1000000});
  v.integer({"frozen_bn", "Epochs with batch norm on its running statistics"}, c.frozen_bn,
            {0, 1000000});
  v.integer({"frozen_observers", "Epochs with fixed activation ranges too"}, c.frozen_observers,
            {0, 1000000});
}

void describe(FieldVisitor& v, QuantConfig& c) {
  v.choice({.name = "mode",
            .doc = "none: float only; qat: quantization-aware training; ptq: post-training "
                   "quantization",
            .selects = true},
           c.mode, {"none", "qat", "ptq"});
  const std::string targets = "What the model is for. " + deploy::targets_text();
  v.choice({.name = "target", .doc = targets.c_str(), .when = "qat ptq"}, c.target,
           deploy::target_names());
  v.choice({.name = "rounding",
            .doc = "Of requantization; target: what the target does",
            .when = "qat ptq"},
           c.rounding, {"target", "single", "double", "float"});
  v.choice({.name = "weights",
            .doc = "Scales of a layer's weights: one for each output channel, or one for all. "
                   "per_tensor has no stage train_bn: batch norm is estimated in calibration, then "
                   "frozen, and those epochs are of frozen_bn",
            .when = "qat ptq",
            .unsaid = "per_channel"},
           c.weights, {"per_channel", "per_tensor"});
  v.integer({.name = "weight_bits",
             .doc = "Bits of a layer's weights, 2 to 8: codes of 7 bits are -63 to 63; 0: the "
                    "target's, 7 of mnn and 8 of all others",
             .when = "qat ptq",
             .unsaid = "0"},
            c.weight_bits, {0, 8});
  v.texts({.name = "float_layers",
           .doc = "Names of layers that stay in floats, such as head.*; * stands for any text. For "
                  "what has no int8 form, or loses too much in it",
           .when = "qat ptq"},
          c.float_layers);
  v.choice(
      {.name = "observer", .doc = "How the ranges of activations are found", .when = "qat ptq"},
      c.observer, observers());
  v.number({.name = "averaging",
            .doc = "moving_average: weight of a new batch in the running range",
            .when = "qat ptq"},
           c.averaging, {0, 1, true});
  v.integer(
      {.name = "calibrate_batches", .doc = "Batches that set the first ranges", .when = "qat ptq"},
      c.calibrate_batches, {1, 1000000});
  v.integer({.name = "batch", .doc = "Pictures per batch", .when = "qat ptq"}, c.batch, {1, 65536});
  v.object({.name = "stages", .doc = "Epochs of each stage, in this order", .when = "qat"},
           c.stages);
  v.boolean(
      {.name = "drop_last", .doc = "Leaves out the last, smaller batch of an epoch", .when = "qat"},
      c.drop_last);
  v.object({.name = "optimizer", .doc = "Update rule and learning rate", .when = "qat"},
           c.optimizer);
  v.object({.name = "schedule", .doc = "Learning rate over all stages", .when = "qat"}, c.schedule);
  describe_steps(v, c.steps, "qat");
}

void describe(FieldVisitor& v, OutputsConfig& c) {
  v.boolean(
      {"fp16",
       "model_fp16.tflite, the float network with its weights in float16, and its accuracy in "
       "summary.json"},
      c.fp16);
  v.boolean({"onnx", "model.onnx, the float network as ONNX, and its accuracy in summary.json"},
            c.onnx);
  v.boolean({"onnx_fp16",
             "model_fp16.onnx, the float network as ONNX in float16, and its accuracy in "
             "summary.json"},
            c.onnx_fp16);
}

void describe(FieldVisitor& v, CheckpointConfig& c) {
  v.integer({"every_batches", "Batches between checkpoints; 0: no limit"}, c.every_batches,
            {0, many});
  v.number({"every_seconds", "Seconds between checkpoints; 0: no limit"}, c.every_seconds,
           {0, 1e9});
}

void describe(FieldVisitor& v, DistConfig& c) {
  v.integer(
      {.name = "shards",
       .doc = "Parts of every batch, which decide the bits of results: 1, 2, 4, 8 ... ranks up "
              "to this number then give the same bytes. A power of two; 0: as many as there "
              "are ranks",
       .unsaid = "0"},
      c.shards, {0, 4096});
  v.number({.name = "timeout",
            .doc = "Seconds after which a rank that does not answer ends the job; 0: never",
            .neutral = true},
           c.timeout, {0, 1e9});
}

void describe(FieldVisitor& v, Config& c) {
  v.text({.name = "$schema", .doc = "For editors", .neutral = true}, c.schema);
  v.text({.name = "extends",
          .doc = "Another configuration, relative to this file: what stands here is laid over it, "
                 "key by key; null takes a key away",
          .neutral = true},
         c.extends);
  v.file_name({.name = "name",
               .doc = "Of the run: outputs go to <out>/<name>/",
               .required = true,
               .neutral = true},
              c.name);
  v.integer({"seed", "Of initial weights, order and augmentation"}, c.seed,
            {0, std::int64_t{1} << 53});
  v.integer({.name = "threads",
             .doc = "0: one for each core. Results do not depend on it",
             .neutral = true},
            c.threads, {0, 1024});
  v.path(
      {.name = "out", .doc = "Folder of runs; relative to the current directory", .neutral = true},
      c.out);
  v.choice({.name = "task",
            .doc = "What the network is trained for. classification: a class for each sample; "
                   "regression: numbers; segmentation: a class for each pixel; autoencoder: the "
                   "input again, and anomalies by how badly it succeeds; multi_task: several "
                   "outputs, the heads. auto: what the targets of the data are; autoencoder, if "
                   "that is the network; multi_task, if there are heads",
            .selects = true,
            .unsaid = "classification"},
           c.task, choices_of_task());
  v.objects({.name = "heads",
             .doc = "The network's outputs, in their order, each with a task of its own "
                    "(docs/tasks.md)",
             .when = "auto multi_task",
             .unsaid = "[]"},
            c.heads);
  v.object(
      {.name = "data", .doc = "Where the pictures are and how they are prepared", .required = true},
      c.data);
  v.object({.name = "anomaly",
            .doc = "What an autoencoder takes for normal",
            .when = "auto autoencoder",
            .unsaid = "{}"},
           c.anomaly);
  v.object({.name = "model", .doc = "The network", .required = true}, c.model);
  v.object(
      {"init", "Where the first weights come from; absent: random ones, or those of model.import"},
      c.init);
  v.object({"train", "Training in floating point; absent: none"}, c.train);
  v.object({"quant", "Quantization; absent: none"}, c.quant);
  v.object(
      {.name = "outputs",
       .doc = "Files to write beside those of every run; a finished run that lacks one makes it "
              "from its checkpoint",
       .neutral = true},
      c.outputs);
  v.object({.name = "checkpoint",
            .doc = "When to save besides at each epoch's end; results do not depend on it",
            .neutral = true},
           c.checkpoint);
  v.object(
      {.name = "dist", .doc = "Training by several ranks (docs/distributed.md)", .unsaid = "{}"},
      c.dist);
}

}  // namespace octet::config
