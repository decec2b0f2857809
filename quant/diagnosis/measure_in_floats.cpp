#include <algorithm>
#include <chrono>
#include <set>

#include "quant/diagnosis/compute_in_floats.h"
#include "quant/diagnosis/layer_errors.h"

namespace octet::quant {

AccuracyInFloats measure_in_floats(QatModel& model, std::vector<LayerError>& layers,
                                   const std::function<double(Module&)>& accuracy, int most) {
  AccuracyInFloats result;
  const auto judge = [&](Module& network) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    const double value = accuracy(network);
    result.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    ++result.evaluations;
    return value;
  };
  const auto with = [&](const std::set<std::string>& names) {
    return judge(
        *compute_in_floats(model, [&](const QOp& op) { return names.contains(op.layer); }));
  };
  result.int8 = judge(model);
  result.all_in_floats = judge(*compute_in_floats(model, [](const QOp&) { return true; }));

  std::vector<LayerError*> worst;
  for (LayerError& e : layers) {
    if (!e.ops.empty()) worst.push_back(&e);
  }
  std::ranges::stable_sort(worst, std::greater(), [](const LayerError* e) { return e->drop; });
  worst.resize(std::min(worst.size(), static_cast<std::size_t>(std::max(most, 0))));
  const double half_way = (result.int8 + result.all_in_floats) / 2;
  for (LayerError* e : worst) {
    e->accuracy_in_floats = with({e->layer});
    if (*e->accuracy_in_floats >= half_way || e->readers.empty()) continue;
    std::set<std::string> names(e->readers.begin(), e->readers.end());
    names.insert(e->layer);
    e->accuracy_with_readers = with(names);
  }
  return result;
}

}  // namespace octet::quant
