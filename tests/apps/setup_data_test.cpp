// From the "data" of a configuration to data sets and loaders.
#include "apps/common/setup/data.h"
#include "apps/common/setup/loss_setup.h"

#include <doctest/doctest.h>

#include "apps/common/setup/network.h"
#include "apps/common/setup/task_setup.h"
#include "apps/common/setup/training.h"
#include "data/image.h"
#include "data/readers.h"
#include "tests/data/files.h"

using namespace octet;
using namespace octet::test;
namespace fs = std::filesystem;

namespace {

struct Run {
  TempDir dir;

  config::Config read(const std::string& data, const std::string& rest = "") {
    const std::string text = R"({"name": "t", "model": {"zoo": "ds_cnn"}, "data": {)" + data +
                             R"(}, "train": {"loss": {"class_weights": "balanced"}})" + rest + "}";
    write_file(dir / "c.json", {text.begin(), text.end()});
    return config::read_config(dir / "c.json", {});
  }
  void write_text(const std::string& name, const std::string& text) {
    write_file(dir / name, {text.begin(), text.end()});
  }
};

}  // namespace

TEST_CASE_FIXTURE(Run, "setup: columns of splits are told by their places, so names must agree") {
  write_text("train.csv", "a,b,c\n0,10,0.5\n2,30,1\n");
  write_text("test.csv", "b,a,c\n10,0,0.5\n");
  const config::Config c = read(R"("format": "csv", "path": ".")");
  CHECK_THROWS_WITH_AS(setup::open_data(c), doctest::Contains("test.csv:1: column 1: expected 'a'"),
                       Error);
  write_text("test.csv", "10,0,0.5\n");  // no names
  CHECK(setup::open_data(c).test.size() == 1);
}

TEST_CASE_FIXTURE(Run, "setup: masks of 0 and 255 have one class") {
  for (const char* split : {"train", "test"}) {
    fs::create_directories(dir / split / "images");
    fs::create_directories(dir / split / "masks");
    write_png(Image{4, 4, 1, std::vector<std::uint8_t>(16, 9)}, dir / split / "images/a.png");
    std::vector<std::uint8_t> mask(16, 0);
    mask[3] = 255;
    write_png(Image{4, 4, 1, mask}, dir / split / "masks/a.png");
  }
  config::Config c = read(R"("format": "mask_folder", "path": ".")");
  c.model.zoo = "unet";
  const DataSource data = setup::open_data(c);
  CHECK_THROWS_WITH_AS(setup::resolve_task(c, data.train),
                       doctest::Contains("all pixels are of one or 255, which is ignored"), Error);
}

TEST_CASE_FIXTURE(Run, "setup: what is left to the data is measured on the training split") {
  write_text("train.csv", "a,b,c\n0,10,x\n2,30,x\n0,10,x\n2,30,y\n");
  write_text("test.csv", "a,b,c\n100,100,y\n");
  config::Config c = read(R"("format": "csv", "path": ".", "normalize": "auto")");
  const DataSource data = setup::open_data(c);
  CHECK_THROWS_AS(setup::make_transform(c.data, false), Error);
  CHECK_THROWS_AS(setup::cross_entropy_options(c.train->steps.loss, 2, ""), Error);
  setup::measure(c, data.train);
  CHECK(c.data.normalize.mean == std::vector<double>{1, 20});
  CHECK(c.data.normalize.std == std::vector<double>{1, 10});
  CHECK(c.data.real_samples);
  CHECK(c.train->steps.loss.class_weights == std::vector<double>{4.0 / 6, 2});
  // What ran is said in numbers, and a run that goes on finds the same.
  const std::string resolved = config::to_json(c, true);
  CHECK(resolved.find("auto") == resolved.npos);
  CHECK(resolved.find("balanced") == resolved.npos);
  config::Config again = read(R"("format": "csv", "path": ".", "normalize": "auto")");
  setup::measure(again, setup::open_data(again).train);
  CHECK(config::to_json(again, true) == resolved);
  const Loader loader = setup::train_loader(c, data.train, 2, false);
  CHECK(loader.options().threads == 1);
  CHECK(setup::input_shape(c, data.train) == Shape{1, 1, 1, 2});
}

TEST_CASE_FIXTURE(Run,
                  "setup: the range of pixels is known to QAT, that of other numbers is observed") {
  const Dataset pixels = random_dataset(4, 49, 10, 1, 2, 1);
  write_hdf5(dir / "p.h5", {{"train", pixels}, {"test", pixels}});
  Tensor x = Tensor::zeros({4, 49, 10, 1});
  const Dataset reals = make_dataset(x, pixels.labels, {}, "r");
  write_hdf5(dir / "r.h5", {{"train", reals}, {"test", reals}});
  for (const bool real : {false, true}) {
    config::Config c = read(std::string(R"("path": ")") + (real ? "r.h5" : "p.h5") + "\"",
                            R"(, "quant": {"mode": "ptq"})");
    setup::measure(c, setup::open_data(c).train);
    CHECK(setup::make_qconfig(c, 1, {}).input.has_value() != real);
  }
}

TEST_CASE_FIXTURE(Run, "setup: pictures of any size, from the disk, with every option") {
  for (const char* split : {"train", "test"}) {
    for (const char* name : {"a", "b"}) {
      std::filesystem::create_directories(dir.path() / split / name);
      for (int i = 0; i < 3; ++i) {
        write_file(dir.path() / split / name / (std::to_string(i) + ".png"),
                   png_bytes(random_image(10 + i, 12, 3, static_cast<std::uint64_t>(i))));
      }
    }
  }
  config::Config c = read(R"("format": "image_folder", "path": ".", "stream": true, "channels": 1,
    "input": {"h": 8, "w": 8, "resize": "area", "keep_aspect": "crop"}, "normalize": "auto",
    "augment": {"rotate": 10, "zoom": 0.1, "brightness": 0.1, "contrast": 0.1, "noise": 0.01,
                "cutout": 2, "mixup": 0.2, "flip_vertical": true, "random_crop": true, "padding": 1,
                "time_shift": 1})");
  std::vector<std::string> said;
  const DataSource data =
      setup::open_data(c, [&](const ReadProgress& p) { said.push_back(p.what); });
  CHECK(said == std::vector<std::string>(2, "6 pictures: 2 classes, 8x8x1"));
  setup::measure(c, data.train);
  CHECK(c.train->steps.loss.class_weights == std::vector<double>{1, 1});
  c.threads = 3;
  Loader loader = setup::train_loader(c, data.train, 4, false);
  CHECK(loader.options().threads == 3);
  const Batch batch = loader.next();
  CHECK(batch.x.shape() == Shape{4, 8, 8, 1});
  CHECK(batch.mixed_y.shape() == Shape{4});
  const TransformOptions plain = setup::make_transform(c.data, false);
  CHECK(plain.augment.mixup == 0);
  const TransformOptions t = setup::make_transform(c.data, true);
  CHECK((t.augment.rotate == 10.0 && t.augment.zoom == 0.1 && t.augment.brightness == 0.1));
  CHECK((t.augment.contrast == 0.1 && t.augment.noise == 0.01 && t.augment.cutout == 2));
  CHECK((t.augment.flip_vertical && t.augment.time_shift == 1 && t.augment.padding == 1));
}
