// The table of configuration keys: "data".
#include "apps/common/config/config.h"
#include "data/image.h"
#include "data/source.h"

namespace octet::config {
namespace {

std::vector<std::string> texts_of(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

}  // namespace

void describe(FieldVisitor& v, Normalize& c) {
  v.numbers({"mean", "One number for all channels, or one for each"}, c.mean, {-1e6, 1e6});
  v.numbers({"std", "One number for all channels, or one for each"}, c.std, {0, 1e6, true});
}

void describe(FieldVisitor& v, Augment& c) {
  v.integer({"shift", "Moves the picture by up to this many pixels along each axis"}, c.shift,
            {0, 1024});
  v.boolean({"flip", "Mirrors left and right in half of the cases"}, c.flip);
  v.boolean({"random_crop", "Takes the crop from a random place instead of the centre"},
            c.random_crop);
  v.integer({"padding", "Pixels added on each side before a random crop"}, c.padding, {0, 1024});
  v.integer({"fill", "The pixel value outside of the picture"}, c.fill, {0, 255});
  v.boolean({.name = "flip_vertical",
             .doc = "Mirrors top and bottom in half of the cases",
             .unsaid = "false"},
            c.flip_vertical);
  v.integer({.name = "time_shift",
             .doc = "Moves along the first axis alone by up to this many rows: in time, of arrays "
                    "[N, T, ...]",
             .unsaid = "0"},
            c.time_shift, {0, 1000000});
  v.number({.name = "rotate",
            .doc = "Turns by up to this many degrees both ways; bilinear",
            .unsaid = "0"},
           c.rotate, {0, 180});
  v.number({.name = "zoom", .doc = "Enlarges by a factor in [1 - zoom, 1 + zoom]", .unsaid = "0"},
           c.zoom, {0, 0.9});
  v.number({.name = "brightness",
            .doc = "Adds up to this share of 255 to all pixels, both ways; clamped",
            .unsaid = "0"},
           c.brightness, {0, 1});
  v.number(
      {.name = "contrast",
       .doc = "Spreads pixels about 127.5 by a factor in [1 - contrast, 1 + contrast]; clamped",
       .unsaid = "0"},
      c.contrast, {0, 1});
  v.integer({.name = "cutout",
             .doc = "Side of a square somewhere in the picture that is set to fill",
             .unsaid = "0"},
            c.cutout, {0, 16384});
  v.number({.name = "noise",
            .doc = "Standard deviation of normal noise on the normalized input",
            .unsaid = "0"},
           c.noise, {0, 100});
  v.number({.name = "mixup",
            .doc = "Blends each sample, and the loss of its target, with the next of its batch, by "
                   "a share drawn from Beta(mixup, mixup)",
            .unsaid = "0"},
           c.mixup, {0, 1});
}

void describe(FieldVisitor& v, Input& c) {
  v.integer({.name = "h", .doc = "Height; 0: as stored", .unsaid = "0"}, c.h, {0, max_image_side});
  v.integer({.name = "w", .doc = "Width; 0: as stored", .unsaid = "0"}, c.w, {0, max_image_side});
  v.choice({.name = "resize",
            .doc = "Pixels between pixels; all but nearest look at all that a pixel covers where a "
                   "picture shrinks",
            .unsaid = "bilinear"},
           c.resize, texts_of(resize_filter_names()));
  v.choice({.name = "keep_aspect",
            .doc = "Pictures of another aspect ratio: no: stretched; pad: all of it, centred, "
                   "between black bars; crop: its middle, as much as has the ratio",
            .unsaid = "no"},
           c.keep_aspect, texts_of(keep_aspect_names()));
}

void describe(FieldVisitor& v, DataConfig& c) {
  v.choice({"format",
            "hdf5: a file with groups train and test (and val), each with images (or x): u8 "
            "[N, H, W, C] or numbers of 2 to 4 extents, and labels (or y): integers [N] are "
            "classes, floats [N] or [N, K] values, or masks: integers [N, H, W]; numpy: an .npz "
            "file, or a folder of .npy files, with x_train, y_train, x_test, y_test of the same "
            "kinds; csv: train.csv and test.csv, a sample a line; idx: a folder with MNIST's four "
            "files, plain or .gz; cifar10: a folder with CIFAR-10's binary files; image_folder: "
            "train/ and test/ with one folder of PNG or JPEG files a class; mask_folder: train/ "
            "and test/, each with images/ and masks/: a PNG file for each picture, of palette "
            "indices or grey values that are classes, 255: ignored. Arrays [N, H, W] are "
            "[N, H, W, 1], [N, F] are [N, 1, 1, F]"},
           c.format, texts_of(data_format_names()));
  v.path({.name = "path", .doc = "The file or folder", .required = true, .neutral = true}, c.path);
  v.integer({"channels", "Folders of pictures: 1 (grey) or 3 (RGB) converts; 0: as stored"},
            c.channels, {0, 3});
  v.object({.name = "input",
            .doc = "The size that pictures are resized to. Samples without extents, of csv and "
                   "arrays [N, F], are taken for [h, w, F / (h w)]",
            .unsaid = "{}"},
           c.input);
  v.boolean({.name = "stream",
             .doc = "Folders of pictures: leaves them on the disk and reads each when it is "
                    "needed, for more than fits in memory",
             .unsaid = "false"},
            c.stream);
  v.choice({.name = "targets",
            .doc = "hdf5, numpy, csv: what targets are; auto: whole numbers from 0 on (hdf5, "
                   "numpy: integers) and text are classes, all else is values",
            .unsaid = "auto"},
           c.targets, texts_of(target_choice_names()));
  v.texts({"target_columns",
           "csv: names of the columns that are targets, or first or last; []: the last. Several "
           "are values"},
          c.target_columns);
  v.texts({"class_names", "Names of the classes, for data that have none"}, c.class_names);
  v.object_or(
      {"normalize",
       "input = (pixel - mean) / std, in units of pixels (0 to 255); auto: of each channel, "
       "measured on the training split"},
      "auto", c.normalize.measured, c.normalize);
  v.object({"augment", "Random changes of the training pictures"}, c.augment);
  v.integer({"crop_h", "Height of the network's input; 0: the picture's"}, c.crop_h, {0, 16384});
  v.integer({"crop_w", "Width of the network's input; 0: the picture's"}, c.crop_w, {0, 16384});
  v.number({.name = "val_fraction",
            .doc = "Share of each class's training pictures that is held out to choose the best "
                   "epoch by; 0: none, or the data's own validation split (hdf5: group val; "
                   "image_folder: val/)",
            .unsaid = "0"},
           c.val_fraction, {0, 1, false, true});
}

}  // namespace octet::config
