// Networks with several inputs or outputs, for tests.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "layers/layers.h"

namespace octet::test {

/// A backbone, a head of classes at its end and one of values at a layer in the middle, which is an
/// output of its own too. Image [N, 12, 12, 1]; classes [N, 4], values [N, 2], features
/// [N, 6, 6, 8].
class TwoHeads final : public MultiModule {
 public:
  TwoHeads() {
    Init init(1);
    const auto add = [&](const char* name, auto layer) { return register_module(name, layer); };
    first_ = add("first", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 1,
                                                                 .out_channels = 8,
                                                                 .kernel = 3,
                                                                 .stride = 2,
                                                                 .padding = Padding2d::all(1)},
                                                   init));
    first_bn_ = add("first_bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 8}));
    second_ =
        add("second",
            std::make_shared<Conv2d>(
                Conv2dOptions{
                    .in_channels = 8, .out_channels = 12, .kernel = 3, .stride = 2, .bias = false},
                init));
    second_bn_ =
        add("second_bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 12}));
    classes_ = add("classes", std::make_shared<Linear>(LinearOptions{2 * 2 * 12, 4}, init));
    values_ =
        add("values", std::make_shared<Conv2d>(
                          Conv2dOptions{.in_channels = 8, .out_channels = 2, .kernel = 1}, init));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image] = take<1>(x);
    const Var features = relu((*first_bn_)((*first_)(image)));
    const Var deep = relu6((*second_bn_)((*second_)(features)));
    return {(*classes_)(flatten(deep)), flatten(global_avg_pool((*values_)(features))), features};
  }

 private:
  std::shared_ptr<Conv2d> first_, second_, values_;
  std::shared_ptr<BatchNorm2d> first_bn_, second_bn_;
  std::shared_ptr<Linear> classes_;
};

/// An image [N, 12, 12, 1] and a vector [N, 3], joined; classes [N, 4].
class TwoInputs final : public MultiModule {
 public:
  TwoInputs() {
    Init init(2);
    conv_ = register_module(
        "conv",
        std::make_shared<Conv2d>(
            Conv2dOptions{.in_channels = 1, .out_channels = 6, .kernel = 3, .stride = 3}, init));
    hidden_ = register_module("hidden", std::make_shared<Linear>(LinearOptions{3, 8}, init));
    classes_ =
        register_module("classes", std::make_shared<Linear>(LinearOptions{4 * 4 * 6 + 8, 4}, init));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [image, vector] = take<2>(x);
    const Var pixels = flatten(relu((*conv_)(image)));
    return {(*classes_)(concat({pixels, relu((*hidden_)(vector))}, 1))};
  }

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<Linear> hidden_, classes_;
};

/// Layers to make networks of.
struct Parts final : MultiModule {
  using Function = std::function<std::vector<Var>(Parts&, std::span<const Var>)>;
  explicit Parts(Function function) : f(std::move(function)) {
    Init init(4);
    const Conv2dOptions o{.in_channels = 2, .out_channels = 3, .kernel = 3};
    conv = register_module("conv", std::make_shared<Conv2d>(o, init));
    other = register_module("other", std::make_shared<Conv2d>(o, init));
    bn = register_module("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 3}));
  }
  std::vector<Var> forward_many(std::span<const Var> x) override { return f(*this, x); }
  /// Statistics away from their initial state.
  void warm_up(const std::vector<Tensor>& x) {
    Context ctx;
    for (int step = 0; step < 30; ++step) {
      Tape tape(ctx, GradMode::off);
      std::vector<Var> in;
      for (const Tensor& t : x) in.push_back(tape.input(t));
      (*this)(in);
    }
  }
  Function f;
  std::shared_ptr<Conv2d> conv, other;
  std::shared_ptr<BatchNorm2d> bn;
};

}  // namespace octet::test
