#include "apps/common/setup/network.h"

#include "apps/common/setup/memory.h"
#include "base/error.h"
#include "quant/params.h"
#include "quant/prepare.h"

namespace octet::setup {

zoo::NetworkOptions network_options(const config::Config& c, const Dataset& data,
                                    const Shape& input) {
  OCTET_CHECK(zoo::is_classifier(c.model.zoo), c.where("/model/zoo"), ": ", c.model.zoo,
              " is no classifier, which this trainer is for; train it in a loop of your own "
              "(examples/custom_loop.cpp)");
  OCTET_CHECK(c.model.classes == 0 || c.model.classes >= data.classes, c.where("/model/classes"),
              ": expected at least the ", data.classes, " classes of ", data.name, ", got ",
              c.model.classes);
  zoo::NetworkOptions options;
  options.classes = c.model.classes ? c.model.classes : data.classes;
  options.in_h = static_cast<int>(input[1]);
  options.in_w = static_cast<int>(input[2]);
  options.in_c = static_cast<int>(input[3]);
  options.width = c.model.width;
  options.seed = static_cast<std::uint64_t>(c.seed);
  return options;
}

ModulePtr make_network(const config::Config& c, const Dataset& data, const Shape& input) {
  const zoo::NetworkOptions options = network_options(c, data, input);
  check_parameter_memory(c, options);
  try {
    return zoo::make_model(c.model.zoo, options);
  } catch (const Error& e) {
    fail(c.where("/model"), ": ", e.what());
  }
}

quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels) {
  const config::QuantConfig& q = *c.quant;
  quant::QConfig config = q.target == "tflm" ? quant::QConfig::tflm() : quant::QConfig::tflite();
  if (q.rounding == "single") config.rounding = int8::Rounding::single_rounding;
  if (q.rounding == "double") config.rounding = int8::Rounding::double_rounding;
  if (q.weights == "per_tensor") config.weights = quant::QuantSpec::per_tensor();
  config.float_layers = q.float_layers;
  config.observer = quant::parse_observer(q.observer);
  config.averaging = q.averaging;
  const auto per_channel = [&](const std::vector<double>& values, const char* what) {
    const auto n = static_cast<std::int64_t>(values.size());
    OCTET_CHECK(n == 1 || n == channels, c.where(std::string("/data/normalize/") + what),
                ": expected 1 or ", channels, " numbers, got ", n);
    std::vector<float> out(values.begin(), values.end());
    if (n == 1) out.resize(static_cast<std::size_t>(channels), out[0]);
    return out;
  };
  config.input = quant::input_params(per_channel(c.data.normalize.mean, "mean"),
                                     per_channel(c.data.normalize.std, "std"));
  return config;
}

quant::QatModelPtr prepare(const config::Config& c, Module& network, const Shape& input) {
  const auto graph = trace(network, Tensor::zeros(input));
  const quant::QConfig qconfig = make_qconfig(c, input[3]);
  try {
    return c.quant->mode == "ptq" ? quant::prepare_ptq(graph, qconfig)
                                  : quant::prepare_qat(graph, qconfig);
  } catch (const Error& e) {
    fail(c.where("/quant"), ": ", e.what());
  }
}

}  // namespace octet::setup
