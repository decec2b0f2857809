#include "apps/common/setup/data.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "apps/common/setup/anomaly_data.h"
#include "apps/common/setup/heads.h"
#include "apps/common/setup/task_setup.h"
#include "base/error.h"
#include "data/dataset_report.h"
#include "data/hold_out.h"

namespace octet::setup {

DataOptions data_options(const config::Config& config,
                         std::function<void(const ReadProgress&)> progress) {
  const config::DataConfig& c = config.data;
  DataOptions o;
  o.channels = c.channels;
  o.input = {c.input.h, c.input.w, parse_resize_filter(c.input.resize),
             parse_keep_aspect(c.input.keep_aspect)};
  o.stream = c.stream;
  o.targets = parse_target_choice(c.targets);
  const bool numbers = config.task == task_name(Task::regression) || !config.heads.empty();
  o.join_classes = wants_autoencoder(config);
  if (numbers && o.targets == TargetChoice::automatic) o.targets = TargetChoice::values;
  o.target_columns = c.target_columns;
  o.class_names = c.class_names;
  add_head_columns(config, o);
  o.progress = std::move(progress);
  return o;
}

DataSource open_data(const config::Config& c, std::function<void(const ReadProgress&)> progress) {
  try {
    DataSource data = open_data_source(parse_data_format(c.data.format), c.data.path.path,
                                       data_options(c, progress));
    return c.data.val_fraction > 0 ? hold_out(std::move(data), c.data.val_fraction) : data;
  } catch (const Error& e) {
    fail(c.where("/data"), ": ", e.what());
  }
}

TransformOptions make_transform(const config::DataConfig& c, bool augmented) {
  OCTET_CHECK(!c.normalize.measured, "data.normalize: \"auto\" was not measured");
  TransformOptions t;
  t.normalize.mean = c.normalize.mean;
  t.normalize.std = c.normalize.std;
  t.crop_h = c.crop_h;
  t.crop_w = c.crop_w;
  if (augmented) {
    const config::Augment& a = c.augment;
    t.augment.shift = a.shift;
    t.augment.flip = a.flip;
    t.augment.random_crop = a.random_crop;
    t.augment.padding = a.padding;
    t.augment.fill = static_cast<std::uint8_t>(a.fill);
    t.augment.flip_vertical = a.flip_vertical;
    t.augment.time_shift = a.time_shift;
    t.augment.rotate = a.rotate;
    t.augment.zoom = a.zoom;
    t.augment.brightness = a.brightness;
    t.augment.contrast = a.contrast;
    t.augment.cutout = a.cutout;
    t.augment.noise = a.noise;
    t.augment.mixup = a.mixup;
  }
  return t;
}

Shape input_shape(const config::Config& c, const Dataset& data) {
  const auto result = [&](bool augmented) {
    return Transform(data.image_shape(), make_transform(c.data, augmented), data.image_type())
        .output_shape();
  };
  try {
    result(/*augmented=*/false);  // the test split's may fail where the other does not
    const Shape image = result(/*augmented=*/true);
    return {1, image[0], image[1], image[2]};
  } catch (const Error& e) {
    fail(c.where("/data"), ": ", e.what());
  }
}

DataSource prepare_data(config::Config& c, DataSource data) {
  resolve_task(c, data.train);
  if (task_of(c) == Task::autoencoder) data = anomaly_data(c, std::move(data));
  measure(c, data.train);
  if (task_of(c) == Task::multi_task) {
    check_head_targets(c, data.test);
    if (data.val.size() > 0) check_head_targets(c, data.val);
  }
  return data;
}

void measure(config::Config& c, const Dataset& train) {
  resolve_task(c, train);
  c.data.real_samples = train.image_type() == ElementType::real;
  config::Normalize& n = c.data.normalize;
  if (n.measured) {
    const Normalization measured = measure_normalization(train);
    n = {.measured = false, .mean = measured.mean, .std = measured.std};
  }
  const auto balance = [&](config::LossConfig& loss, const char* pointer) {
    if (!loss.balanced) return;
    try {
      loss.class_weights = balanced_class_weights(train);
    } catch (const Error& e) {
      fail(c.where(pointer), ": ", e.what());
    }
    // A network may have more outputs than the data have classes.
    if (static_cast<std::size_t>(c.model.classes) > loss.class_weights.size()) {
      loss.class_weights.resize(static_cast<std::size_t>(c.model.classes), 0);
    }
    loss.balanced = false;
  };
  if (c.train) balance(c.train->steps.loss, "/train/loss/class_weights");
  if (c.quant) balance(c.quant->steps.loss, "/quant/loss/class_weights");
}

int loader_threads(const config::Config& c, const Dataset& data) {
  if (!data.source) return 1;
  return c.threads > 0 ? c.threads
                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Loader train_loader(const config::Config& c, const Dataset& data, int batch, bool drop_last,
                    BatchPart part) {
  LoaderOptions options;
  options.batch = batch;
  options.shuffle = true;
  options.seed = static_cast<std::uint64_t>(c.seed);
  options.drop_last = drop_last;
  options.transform = make_transform(c.data, /*augmented=*/true);
  options.threads = loader_threads(c, data);
  options.part = part;
  return Loader(data, options);
}

}  // namespace octet::setup
