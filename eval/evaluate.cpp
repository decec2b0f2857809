#include "eval/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "base/error.h"
#include "core/ops/ops.h"
#include "eval/confusion_matrix.h"
#include "int8/engine/reals.h"
#include "layers/diagnose.h"

namespace octet {
namespace {

/// Adds up what `add` gives for each batch: adds to the evaluation's counts and returns the mean
/// loss.
template <class Add>
Evaluation over_epoch(Loader& loader, const EvaluationOptions& options, const Add& add) {
  Evaluation e;
  const Loader::Position before = loader.position();
  loader.seek(0);
  const std::vector<std::int64_t> order =
      options.observe ? loader.indices(0) : std::vector<std::int64_t>{};
  for (const Batch& batch : loader) {
    e.stopped = options.stop && options.stop();
    if (e.stopped) break;
    const std::int64_t samples = batch.y.shape()[0];
    std::span<const std::int64_t> indices;
    if (options.observe) {
      indices = std::span(order).subspan(static_cast<std::size_t>(e.images),
                                         static_cast<std::size_t>(samples));
    }
    const double loss = add(batch, indices, e);
    e.images += samples;
    e.loss += loss * static_cast<double>(samples);
  }
  loader.seek(before);
  if (e.images > 0) e.loss /= static_cast<double>(e.images);
  return e;
}

std::vector<Tensor> inputs_of(const Batch& batch, const EvaluationOptions& options) {
  return options.inputs ? options.inputs(batch) : std::vector{batch.x};
}

/// Of the rows of logits, whatever their arrangement.
Var row_cross_entropy(const Var& logits, const Tensor& labels) {
  if (labels.shape().rank() == 1) return cross_entropy(logits, labels);
  const Tensor& x = logits.value();
  const std::int64_t rows = labels.numel();
  return cross_entropy(logits.tape->input(x.reshape({rows, x.shape()[-1]})),
                       labels.reshape({rows}));
}

/// Adds the labels, and which of them are right, to `e`; the batch's loss.
double measure(std::span<const Var> outputs, const Batch& batch,
               std::span<const std::int64_t> indices, const EvaluationOptions& options,
               Evaluation& e) {
  const auto count = static_cast<int>(outputs.size());
  OCTET_CHECK(options.logits >= -1 && options.logits < count, "evaluation: logits are output ",
              options.logits, ", but there are ", count, " outputs");
  const auto logits = static_cast<std::size_t>(options.logits);
  OCTET_CHECK(options.logits >= 0 || options.loss,
              "evaluation: expected a loss where no output is the logits");
  if (options.logits >= 0) {
    e.correct += count_correct(outputs[logits].value(), batch.y);
    e.labels += std::ranges::count_if(batch.y.span<std::int32_t>(), [](auto y) { return y >= 0; });
  }
  if (options.observe) options.observe(outputs, batch, indices);
  const Var loss =
      options.loss ? options.loss(outputs, batch) : row_cross_entropy(outputs[logits], batch.y);
  OCTET_CHECK(loss.value().numel() == 1,
              "evaluation: EvaluationOptions::loss: expected one value, got shape ",
              loss.value().shape());
  return double(loss.value().item());
}

/// One input or output of an integer model, as real numbers.
struct Port {
  Port(const int8::ValueInfo& value, const char* what) : info(value) {
    OCTET_CHECK(info.type == int8::DType::f32 || info.scale > 0, "evaluation: the model's ", what,
                " ", info.name, ": expected float or quantized codes, got ",
                int8::dtype_name(info.type), " without a scale");
    numel = static_cast<std::int64_t>(info.bytes / int8::dtype_size(info.type));
  }
  bool is_float() const { return info.type == int8::DType::f32; }

  int8::ValueInfo info;
  std::int64_t numel = 0;  ///< of one sample
};

void write_input(const Port& port, int8::Isa isa, const Tensor& x, std::span<std::byte> to) {
  if (port.is_float()) {
    std::memcpy(to.data(), x.r(), to.size());
  } else {
    int8::quantize_values(port.info, isa, x.r(), to.data(), x.numel());
  }
}

Tensor read_output(const Port& port, int8::Isa isa, std::span<const std::byte> from,
                   std::int64_t samples) {
  std::vector<std::int64_t> shape(port.info.shape.begin(), port.info.shape.end());
  if (shape.empty()) shape.push_back(1);
  shape[0] *= samples;
  Tensor y = Tensor::empty(Shape(std::span<const std::int64_t>(shape)));
  if (port.is_float()) {
    std::memcpy(y.r(), from.data(), from.size());
  } else {
    int8::dequantize_values(port.info, isa, from.data(), y.r(), y.numel());
  }
  return y;
}

}  // namespace

std::int64_t count_correct(const Tensor& logits, const Tensor& labels) {
  std::string expected;
  bool fits = logits.shape().rank() == labels.shape().rank() + 1;
  for (int i = 0; i < labels.shape().rank(); ++i) {
    fits = fits && logits.shape()[i] == labels.shape()[i];
    expected += std::to_string(labels.shape()[i]) + ", ";
  }
  OCTET_CHECK(fits && labels.dtype() == ElementType::i32, "accuracy: expected logits [", expected,
              "classes] of i32 labels, got ", logits.shape(), " of ", dtype_name(labels.dtype()));
  const std::int64_t classes = logits.shape()[-1];
  const auto truth = labels.span<std::int32_t>();
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const real* row = logits.r() + static_cast<std::int64_t>(i) * classes;
    correct += argmax({row, static_cast<std::size_t>(classes)}) == truth[i];
  }
  return correct;
}

Evaluation evaluate(Module& model, Loader& loader, Context& ctx, const EvaluationOptions& options) {
  const EvaluationMode mode(model);
  const auto add = [&](const Batch& batch, std::span<const std::int64_t> indices, Evaluation& e) {
    Tape tape(ctx, GradMode::off);
    std::vector<Var> x;
    for (Tensor& t : inputs_of(batch, options)) x.push_back(tape.input(std::move(t)));
    const double loss = measure(model(x), batch, indices, options, e);
    OCTET_CHECK(std::isfinite(loss), "evaluation: the loss is ", loss,
                first_not_finite(tape, model));
    return loss;
  };
  return over_epoch(loader, options, add);
}

Evaluation evaluate(const int8::Model& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options) {
  std::vector<Port> in, out;
  for (const int8::ValueInfo& info : model.inputs()) in.emplace_back(info, "input");
  for (const int8::ValueInfo& info : model.outputs()) out.emplace_back(info, "output");
  std::optional<int8::ExecutionContext> engine;
  const auto add = [&](const Batch& batch, std::span<const std::int64_t> indices, Evaluation& e) {
    const std::vector<Tensor> x = inputs_of(batch, options);
    OCTET_CHECK(x.size() == in.size(), "evaluation: the model has ", in.size(), " inputs, got ",
                x.size(), " (EvaluationOptions::inputs)");
    const std::int64_t samples = batch.y.shape()[0];
    if (!engine || engine->batch() != samples) {
      engine.emplace(model, int8::ContextOptions{.batch = static_cast<int>(samples),
                                                 .threads = ctx.threads.size()});
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
      OCTET_CHECK(x[i].numel() == in[i].numel * samples, "evaluation: the model takes ",
                  in[i].numel, " values a sample, the data set has ", x[i].numel() / samples);
      write_input(in[i], model.isa(), x[i], engine->input(static_cast<int>(i)));
    }
    engine->reset();  // samples of a data set are independent
    engine->run();
    Tape tape(ctx, GradMode::off);
    std::vector<Var> y;
    for (std::size_t i = 0; i < out.size(); ++i) {
      Tensor value = read_output(out[i], model.isa(), engine->output(static_cast<int>(i)), samples);
      const bool of_images = batch.y.shape().rank() == 1;
      if (static_cast<int>(i) == options.logits && of_images)
        value = value.reshape({samples, out[i].numel});
      y.push_back(tape.input(std::move(value)));
    }
    const double loss = measure(y, batch, indices, options, e);
    OCTET_CHECK(std::isfinite(loss), "evaluation: the integer model: expected a finite loss, got ",
                loss);
    return loss;
  };
  return over_epoch(loader, options, add);
}

}  // namespace octet
