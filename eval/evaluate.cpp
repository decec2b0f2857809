#include "eval/evaluate.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "core/ops/ops.h"
#include "int8/kernels/dispatch.h"
#include "int8/reference/quantize.h"
#include "layers/diagnose.h"

namespace octet {
namespace {

/// Adds up what `add` gives for each batch: adds to correct and returns the mean loss.
template <class Add>
Evaluation over_epoch(Loader& loader, const EvaluationOptions& options, const Add& add) {
  Evaluation e;
  const Loader::Position before = loader.position();
  loader.seek(0);
  for (const auto& [x, y] : loader) {
    e.stopped = options.stop && options.stop();
    if (e.stopped) break;
    const double loss = add(x, y, e.correct);
    e.images += y.numel();
    e.loss += loss * static_cast<double>(y.numel());
  }
  loader.seek(before);
  if (e.images > 0) e.loss /= static_cast<double>(e.images);
  return e;
}

/// One input or output of an integer model, as real numbers.
struct Port {
  Port(std::span<const int8::ValueInfo> values, const char* what) {
    OCTET_CHECK(values.size() == 1, "evaluation: expected a model with one ", what, ", got ",
                values.size());
    info = values[0];
    OCTET_CHECK(info.type == int8::DType::f32 || (info.type == int8::DType::i8 && info.scale > 0),
                "evaluation: the model's ", what, " ", info.name,
                ": expected float or quantized int8");
    numel = static_cast<std::int64_t>(is_float() ? info.bytes / sizeof(float) : info.bytes);
  }
  bool is_float() const { return info.type == int8::DType::f32; }

  int8::ValueInfo info;
  std::int64_t numel = 0;  ///< of one sample
};

void write_input(const Port& port, int8::Isa isa, const Tensor& x, std::span<std::byte> to) {
  if (port.is_float()) {
    std::memcpy(to.data(), x.r(), to.size());
  } else {
    int8::quantize_kernel(isa)(x.r(), port.info.scale, port.info.zero_point,
                               reinterpret_cast<std::int8_t*>(to.data()), x.numel());
  }
}

Tensor read_output(const Port& port, int8::Isa isa, std::span<const std::byte> from,
                   std::int64_t samples) {
  Tensor y = Tensor::empty({samples, port.numel});
  if (port.is_float()) {
    std::memcpy(y.r(), from.data(), from.size());
  } else {
    int8::dequantize_kernel(isa)(reinterpret_cast<const std::int8_t*>(from.data()), port.info.scale,
                                 port.info.zero_point, y.r(), y.numel());
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
  const auto add = [&](const Tensor& x, const Tensor& y, std::int64_t& correct) {
    Tape tape(ctx, GradMode::off);
    const Var logits = model(tape.input(x));
    correct += count_correct(logits.value(), y);
    const double loss = double(cross_entropy(logits, y).value().item());
    OCTET_CHECK(std::isfinite(loss), "evaluation: the loss is ", loss,
                first_not_finite(tape, model));
    return loss;
  };
  return over_epoch(loader, options, add);
}

Evaluation evaluate(const int8::Model& model, Loader& loader, Context& ctx,
                    const EvaluationOptions& options) {
  const Port in(model.inputs(), "input"), out(model.outputs(), "output");
  std::optional<int8::Context> engine;
  const auto add = [&](const Tensor& x, const Tensor& y, std::int64_t& correct) {
    OCTET_CHECK(x.numel() == in.numel * y.numel(), "evaluation: the model takes ", in.numel,
                " values a sample, the data set has ", x.numel() / y.numel());
    const int batch = static_cast<int>(y.numel());
    if (!engine || engine->batch() != batch) {
      engine.emplace(model, int8::ContextOptions{.batch = batch, .threads = ctx.threads.size()});
    }
    write_input(in, model.isa(), x, engine->input(0));
    engine->run();
    Tape tape(ctx, GradMode::off);
    const Var logits = tape.input(read_output(out, model.isa(), engine->output(0), y.numel()));
    correct += count_correct(logits.value(), y);
    return double(cross_entropy(logits, y).value().item());
  };
  return over_epoch(loader, options, add);
}

}  // namespace octet
