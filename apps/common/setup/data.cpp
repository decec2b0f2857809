#include "apps/common/setup/data.h"

#include <utility>

#include "base/error.h"
#include "data/hold_out.h"

namespace octet::setup {

DataSource open_data(const config::Config& c) {
  try {
    DataSource data =
        open_data_source(parse_data_format(c.data.format), c.data.path.path, c.data.channels);
    return c.data.val_fraction > 0 ? hold_out(std::move(data), c.data.val_fraction) : data;
  } catch (const Error& e) {
    fail(c.where("/data"), ": ", e.what());
  }
}

TransformOptions make_transform(const config::DataConfig& c, bool augmented) {
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
  }
  return t;
}

Shape input_shape(const config::Config& c, const Dataset& data) {
  const auto result = [&](bool augmented) {
    return Transform(data.image_shape(), make_transform(c.data, augmented)).output_shape();
  };
  try {
    result(/*augmented=*/false);  // the test split's may fail where the other does not
    const Shape image = result(/*augmented=*/true);
    return {1, image[0], image[1], image[2]};
  } catch (const Error& e) {
    fail(c.where("/data"), ": ", e.what());
  }
}

Loader train_loader(const config::Config& c, const Dataset& data, int batch, bool drop_last) {
  LoaderOptions options;
  options.batch = batch;
  options.shuffle = true;
  options.seed = static_cast<std::uint64_t>(c.seed);
  options.drop_last = drop_last;
  options.transform = make_transform(c.data, /*augmented=*/true);
  return Loader(data, options);
}

}  // namespace octet::setup
