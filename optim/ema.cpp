#include "optim/ema.h"

#include <algorithm>

namespace octet::optim {

Ema::Ema(std::vector<ParameterPtr> parameters, const EmaOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  OCTET_CHECK(options.decay >= 0 && options.decay < 1, "Ema: expected a decay in [0, 1), got ",
              options.decay);
  for (const ParameterPtr& p : parameters_) {
    cut(averages_.size(), p->value.numel(), chunks_);
    averages_.push_back(p->value.clone());
  }
  updates_ = Tensor::zeros({1}, ElementType::i32);
}

void Ema::update(Context& ctx) {
  OCTET_CHECK(!swapped_, "Ema: update while the averages are in place of the weights");
  const std::int32_t t = ++updates_.data<std::int32_t>()[0];
  const double warm = (1.0 + t) / (10.0 + t);
  const double decay = options_.warm_up ? std::min(options_.decay, warm) : options_.decay;
  const real rest = static_cast<real>(1 - decay);
  ctx.threads.run(static_cast<std::int64_t>(chunks_.size()), [&](std::int64_t task, int) {
    const Chunk& c = chunks_[static_cast<std::size_t>(task)];
    real* __restrict a = averages_[c.index].r() + c.begin;
    const real* __restrict w = parameters_[c.index]->value.r() + c.begin;
    for (std::int64_t i = 0; i < c.size; ++i) a[i] += rest * (w[i] - a[i]);
  });
}

void Ema::swap() {
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    std::span<real> a = averages_[k].span<real>();
    std::swap_ranges(a.begin(), a.end(), parameters_[k]->value.span<real>().begin());
  }
  swapped_ = !swapped_;
}

std::vector<NamedTensor> Ema::state() const {
  OCTET_CHECK(!swapped_, "Ema: state while the averages are in place of the weights");
  std::vector<NamedTensor> all{{"updates", updates_}};
  for (std::size_t k = 0; k < averages_.size(); ++k) {
    all.push_back({std::to_string(k) + ".average", averages_[k]});
  }
  return all;
}

void Ema::load_state(const std::vector<NamedTensor>& from) {
  load_tensors("Ema", state(), from);
}

}  // namespace octet::optim
