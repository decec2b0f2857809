#include "quant/diagnosis/diagnose_int8.h"

#include <algorithm>
#include <array>

#include "base/text_table.h"

namespace octet::quant {
namespace {

constexpr double much_saturated = 0.01;  // share of a layer's values
constexpr double large_drop = 6;         // dB: twice the error
constexpr double wide_channels = 16;     // leaves the median channel 16 codes of 256
constexpr double wide_weights = 8;
constexpr int small_batch = 8;

std::string percent_of(double part) {
  return fixed(100 * part, 1) + " %";
}
template <class Figure>
const LayerError* worst_by(const std::vector<LayerError>& layers, const Figure& figure) {
  const auto at = std::ranges::max_element(layers, {}, figure);
  return at == layers.end() ? nullptr : &*at;
}

/// Fine-tuning has lost it.
void blame_training(const QuantizedRun& run, const AccuracyInFloats& in_floats,
                    std::vector<Advice>& advice) {
  const double lost = run.float_accuracy - run.int8_accuracy;
  std::string found =
      text_of("int8 had ", percent_of(*run.calibrated_accuracy), " right after calibration and ",
              percent_of(run.int8_accuracy), " after fine-tuning");
  if (in_floats.evaluations > 0 && run.float_accuracy - in_floats.all_in_floats > lost / 2) {
    found +=
        text_of("; in floats the fine-tuned weights have ", percent_of(in_floats.all_in_floats),
                ": it is the training that lost it, not the integers");
  }
  if (run.batch_statistics && run.batch > 0 && run.batch < small_batch) {
    advice.push_back({Knob::batch_norm, "",
                      text_of(found, ": batch norm's statistics of ", run.batch,
                              " samples are too rough: larger batches, or no epochs of train_bn")});
  }
  const std::string rate =
      run.learning_rate > 0 ? text_of(" (it was ", run.learning_rate, ")") : std::string();
  advice.push_back({Knob::learning_rate, "", text_of(found, ": a smaller learning rate", rate)});
}

void blame_calibration(const QuantizedRun& run, const std::vector<LayerError>& layers,
                       std::vector<Advice>& advice) {
  const LayerError* e = worst_by(layers, &LayerError::saturated);
  if (!e || e->saturated < much_saturated) return;
  const auto real = [&](int code) {
    return short_number(double(e->scale) * (code - e->zero_point));
  };
  const std::string batches = run.calibration_batches > 0
                                  ? text_of(" (there were ", run.calibration_batches, ")")
                                  : std::string();
  advice.push_back({Knob::calibration_batches, e->layer,
                    text_of("layer ", e->layer, ": ", percent_of(e->saturated),
                            " of its values lie beyond its range ", real(-128), " to ", real(127),
                            " (seen: ", short_number(e->min), " to ", short_number(e->max),
                            "): calibrate on more and more various batches", batches)});
}

void blame_layer(const std::vector<LayerError>& layers, std::vector<Advice>& advice) {
  const LayerError* e = worst_by(layers, &LayerError::drop);
  if (!e || e->drop < large_drop) return;
  const std::string found =
      text_of("layer ", e->layer, ": ", fixed(e->channel_sqnr, 1), " dB of signal to noise, ",
              fixed(e->drop, 1), " less than what it reads");
  if (e->weight_spread >= wide_weights) {
    advice.push_back({Knob::per_channel, e->layer,
                      text_of(found, "; its weights' channels differ ", fixed(e->weight_spread, 0),
                              "-fold and share a scale: per_channel weights")});
  } else if (e->channel_spread >= wide_channels) {
    advice.push_back(
        {Knob::equalize, e->layer,
         text_of(found, "; channel ", e->largest_channel, " is ", fixed(e->channel_spread, 0),
                 " times as large as the median one and sets the scale of all: "
                 "equalize the channels before preparing")});
  }
}

/// The layer that gives back most in floats, with its readers if need be.
void blame_by_accuracy(const std::vector<LayerError>& layers, const AccuracyInFloats& in_floats,
                       std::vector<Advice>& advice) {
  const double half_way = (in_floats.int8 + in_floats.all_in_floats) / 2;
  if (in_floats.evaluations == 0 || in_floats.all_in_floats - in_floats.int8 <= worth_diagnosing)
    return;
  for (const bool with_readers : {false, true}) {
    const auto figure = [&](const LayerError& e) {
      return (with_readers ? e.accuracy_with_readers : e.accuracy_in_floats).value_or(-1);
    };
    const LayerError* e = worst_by(layers, figure);
    if (!e || figure(*e) < half_way) continue;
    std::string names;
    for (const std::string& name : e->ops) names += (names.empty() ? "" : ", ") + name;
    advice.push_back({Knob::float_layers, e->layer,
                      text_of("layer ", e->layer, with_readers ? " and those that read it" : "",
                              " in floats: ", percent_of(figure(*e)), " in place of ",
                              percent_of(in_floats.int8),
                              " (all in floats: ", percent_of(in_floats.all_in_floats),
                              "): float_layers ", names, with_readers ? " and its readers" : "")});
    return;
  }
}

}  // namespace

std::string_view knob_name(Knob knob) noexcept {
  static constexpr std::array<std::string_view, 7> names{
      "learning_rate", "batch_norm", "calibration_batches", "per_channel", "equalize",
      "float_layers",  "fine_tune"};
  return names[static_cast<std::size_t>(knob)];
}

std::vector<Advice> diagnose_int8(const QuantizedRun& run, const std::vector<LayerError>& layers,
                                  const AccuracyInFloats& in_floats) {
  std::vector<Advice> advice;
  const double lost = run.float_accuracy - run.int8_accuracy;
  if (lost <= worth_diagnosing) return advice;
  if (run.calibrated_accuracy && *run.calibrated_accuracy - run.int8_accuracy > lost / 2)
    blame_training(run, in_floats, advice);
  const bool by_weights =
      in_floats.evaluations > 0 && run.float_accuracy - in_floats.all_in_floats > lost / 2;
  if (advice.empty() || !by_weights) {
    blame_calibration(run, layers, advice);
    blame_layer(layers, advice);
    blame_by_accuracy(layers, in_floats, advice);
  }
  if (!advice.empty()) return advice;
  const LayerError* e = worst_by(layers, [](const LayerError& l) { return -l.channel_sqnr; });
  const std::string most =
      e ? text_of(" (most: layer ", e->layer, ", ", fixed(e->channel_sqnr, 1), " dB)")
        : std::string();
  advice.push_back(
      {Knob::fine_tune, e ? e->layer : "",
       text_of("no single layer stands out: the errors of all add up", most,
               run.calibrated_accuracy ? ": fine-tune for longer" : ": fine-tune (QAT)")});
  return advice;
}

}  // namespace octet::quant
