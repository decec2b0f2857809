#include "apps/trainer/evaluate.h"

#include <algorithm>
#include <cmath>

#include "apps/trainer/diagnose.h"
#include "apps/trainer/interrupt.h"
#include "base/error.h"
#include "core/ops/ops.h"
#include "int8/kernels/dispatch.h"
#include "int8/reference/quantize.h"

namespace octet::trainer {
namespace {

/// Puts a module's mode back.
class EvaluationScope {
 public:
  explicit EvaluationScope(Module& m) : module_(m), was_training_(m.is_training()) { m.eval(); }
  ~EvaluationScope() { module_.train(was_training_); }
  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;

 private:
  Module& module_;
  bool was_training_;
};

template <class T>
std::int64_t count_correct_rows(const T* rows, std::int64_t classes, const Tensor& labels) {
  const auto truth = labels.span<std::int32_t>();
  std::int64_t correct = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const T* row = rows + static_cast<std::int64_t>(i) * classes;
    correct += std::max_element(row, row + classes) - row == truth[i];
  }
  return correct;
}

}  // namespace

std::int64_t count_correct(const Tensor& logits, const Tensor& labels) {
  OCTET_CHECK(logits.shape().rank() == 2 && logits.shape()[0] == labels.numel(),
              "accuracy: expected logits [", labels.numel(), ", classes], got ", logits.shape());
  return count_correct_rows(logits.r(), logits.shape()[1], labels);
}

std::optional<Evaluation> evaluate(Context& ctx, Module& model, Loader& loader) {
  const EvaluationScope scope(model);
  Evaluation e;
  loader.seek(0);
  for (auto& [x, y] : loader) {
    if (interrupted()) return std::nullopt;
    Tape tape(ctx, GradMode::off);
    const Var logits = model(tape.input(x));
    const Tensor& values = logits.value();
    e.correct += count_correct(values, y);
    e.images += y.numel();
    const double loss = double(cross_entropy(logits, y).value().item());
    OCTET_CHECK(std::isfinite(loss), "evaluation: the loss is ", loss,
                first_not_finite(tape, model));
    e.loss += loss * static_cast<double>(y.numel());
  }
  e.loss /= static_cast<double>(e.images);
  return e;
}

std::optional<Evaluation> evaluate(const int8::Model& model, Loader& loader, int threads) {
  const auto inputs = model.inputs(), outputs = model.outputs();
  OCTET_CHECK(inputs.size() == 1 && outputs.size() == 1 && inputs[0].type == int8::DType::i8 &&
                  outputs[0].type == int8::DType::i8 && inputs[0].scale > 0,
              "evaluation: expected a model with one int8 input and one int8 output");
  const auto sample = static_cast<std::int64_t>(inputs[0].bytes);
  const auto classes = static_cast<std::int64_t>(outputs[0].bytes);
  const auto quantize = int8::quantize_kernel(model.isa());
  std::optional<int8::Context> engine;
  Evaluation e;
  loader.seek(0);
  for (auto& [x, y] : loader) {
    if (interrupted()) return std::nullopt;
    OCTET_CHECK(x.numel() == sample * y.numel(), "evaluation: the model takes ", sample,
                " values a sample, the data set has ", x.numel() / y.numel());
    const int batch = static_cast<int>(y.numel());
    if (!engine || engine->batch() != batch) {
      int8::ContextOptions options;
      options.batch = batch;
      options.threads = threads;
      engine.emplace(model, options);
    }
    quantize(x.r(), inputs[0].scale, inputs[0].zero_point,
             reinterpret_cast<std::int8_t*>(engine->input(0).data()), x.numel());
    engine->run();
    e.correct += count_correct_rows(reinterpret_cast<const std::int8_t*>(engine->output(0).data()),
                                    classes, y);
    e.images += batch;
  }
  return e;
}

}  // namespace octet::trainer
