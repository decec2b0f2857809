#include "eval/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "core/ops/ops.h"
#include "int8/engine/reals.h"
#include "layers/diagnose.h"

namespace octet {
namespace {

/// Adds up what `add` gives for each batch: adds to correct and returns the mean loss.
template <class Add>
Evaluation over_epoch(Loader& loader, const EvaluationOptions& options, const Add& add) {
  Evaluation e;
  const Loader::Position before = loader.position();
  loader.seek(0);
  for (const Batch& batch : loader) {
    e.stopped = options.stop && options.stop();
    if (e.stopped) break;
    const double loss = add(batch, e.correct);
    e.images += batch.y.numel();
    e.loss += loss * static_cast<double>(batch.y.numel());
  }
  loader.seek(before);
  if (e.images > 0) e.loss /= static_cast<double>(e.images);
  return e;
}

std::vector<Tensor> inputs_of(const Batch& batch, const EvaluationOptions& options) {
  return options.inputs ? options.inputs(batch) : std::vector{batch.x};
}

/// Adds what is right to `correct`; the batch's loss.
double measure(std::span<const Var> outputs, const Batch& batch, const EvaluationOptions& options,
               std::int64_t& correct) {
  const auto count = static_cast<int>(outputs.size());
  OCTET_CHECK(options.logits >= -1 && options.logits < count, "evaluation: logits are output ",
              options.logits, ", but there are ", count, " outputs");
  const auto logits = static_cast<std::size_t>(options.logits);
  OCTET_CHECK(options.logits >= 0 || options.loss,
              "evaluation: expected a loss where no output is the logits");
  if (options.logits >= 0) correct += count_correct(outputs[logits].value(), batch.y);
  const Var loss =
      options.loss ? options.loss(outputs, batch) : cross_entropy(outputs[logits], batch.y);
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
  OCTET_CHECK(logits.shape().rank() == 2 && logits.shape()[0] == labels.numel(),
              "accuracy: expected logits [", labels.numel(), ", classes], got ", logits.shape());
  const std::int64_t classes = logits.shape()[1];
  const auto truth = labels.span<std::int32_t>();
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const real* row = logits.r() + static_cast<std::int64_t>(i) * classes;
    correct += std::max_element(row, row + classes) - row == truth[i];
  }
  return correct;
}

Evaluation evaluate(Module& model, Loader& loader, Context& ctx, const EvaluationOptions& options) {
  const EvaluationMode mode(model);
  const auto add = [&](const Batch& batch, std::int64_t& correct) {
    Tape tape(ctx, GradMode::off);
    std::vector<Var> x;
    for (Tensor& t : inputs_of(batch, options)) x.push_back(tape.input(std::move(t)));
    const double loss = measure(model(x), batch, options, correct);
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
  const auto add = [&](const Batch& batch, std::int64_t& correct) {
    const std::vector<Tensor> x = inputs_of(batch, options);
    OCTET_CHECK(x.size() == in.size(), "evaluation: the model has ", in.size(), " inputs, got ",
                x.size(), " (EvaluationOptions::inputs)");
    const std::int64_t samples = batch.y.numel();
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
      if (static_cast<int>(i) == options.logits) value = value.reshape({samples, out[i].numel});
      y.push_back(tape.input(std::move(value)));
    }
    const double loss = measure(y, batch, options, correct);
    OCTET_CHECK(std::isfinite(loss), "evaluation: the integer model: expected a finite loss, got ",
                loss);
    return loss;
  };
  return over_epoch(loader, options, add);
}

}  // namespace octet
