#include "data/picture_folder.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/fnv1a.h"
#include "data/dataset_report.h"
#include "data/file.h"

namespace octet::data_detail {

namespace fs = std::filesystem;

namespace {

/// What every picture must be.
struct PictureForm {
  std::int64_t height, width;
  int channels;
  std::string as;  ///< the file that says so
};

/// Of a mask: classes below `classes`, if that is not 0, or none.
void check_classes(const Image& mask, std::size_t classes, const fs::path& path) {
  if (classes == 0) return;
  const auto bad = std::ranges::find_if(
      mask.pixels, [&](std::uint8_t v) { return v >= classes && v != ignored_class; });
  if (bad == mask.pixels.end()) return;
  const std::int64_t at = bad - mask.pixels.begin();
  fail(path.string(), ": pixel (", at % mask.width, ", ", at / mask.width,
       "): expected a class of 0 to ", classes - 1, " (class_names has ", classes,
       "), or 255 (ignored), got ", int{*bad});
}

class PictureReader {
 public:
  PictureReader(const PictureFiles& files, const DataOptions& options)
      : files_(files),
        channels_(options.channels),
        classes_(options.class_names.size()),
        input_(options.input) {
    const Image first = decoded(0);
    form_ = {first.height, first.width, first.channels, files_.path(0).string()};
  }

  Shape shape() const { return {form_.height, form_.width, form_.channels}; }
  const PictureFiles& files() const noexcept { return files_; }

  void read(std::size_t i, std::uint8_t* to) const {
    const Image image = decoded(i);
    OCTET_CHECK(image.height == form_.height && image.width == form_.width &&
                    image.channels == form_.channels,
                files_.path(i).string(), ": expected ", form_.width, " x ", form_.height,
                " pixels of ", form_.channels, " channels (as ", form_.as, "), got ", image.width,
                " x ", image.height, " of ", image.channels,
                "; input.h and input.w bring all to one size");
    std::memcpy(to, image.pixels.data(), image.pixels.size());
  }

  /// A pixel of a mask is ignored where the picture has bars.
  Image mask(std::size_t i) const {
    const fs::path path = files_.folder / files_.masks[i];
    const Image stored = read_class_mask(path);
    check_classes(stored, classes_, path);
    InputSize size = input_;
    size.resize = ResizeFilter::nearest;
    Image fitted = fit_image(stored, size, ignored_class);
    OCTET_CHECK(fitted.height == form_.height && fitted.width == form_.width, path.string(),
                ": expected ", form_.width, " x ", form_.height, " pixels, as the picture, got ",
                fitted.width, " x ", fitted.height);
    return fitted;
  }

 private:
  Image decoded(std::size_t i) const {
    Image image = read_image(files_.path(i));
    if (channels_) image = convert_channels(std::move(image), channels_);
    return fit_image(std::move(image), input_);
  }

  PictureFiles files_;
  int channels_;
  std::size_t classes_;  ///< of masks; 0: any
  InputSize input_;
  PictureForm form_{};
};

/// Of the files' names and sizes.
std::uint64_t files_hash(const PictureFiles& files) {
  Fnv1a hash;
  for (const std::vector<std::string>* names : {&files.names, &files.masks}) {
    for (const std::string& name : *names) {
      hash.add(std::as_bytes(std::span(name))).add(0, 1);
      hash.add(static_cast<std::uint64_t>(size_of_file(files.folder / name)));
    }
  }
  return hash.value();
}

Dataset on_disk(std::shared_ptr<const PictureReader> reader) {
  SampleSource source;
  const Shape shape = reader->shape();
  source.size = static_cast<std::int64_t>(reader->files().names.size());
  source.x = shape;
  const bool masks = !reader->files().masks.empty();
  if (masks) source.y = Shape{shape[0], shape[1]};
  source.hash = files_hash(reader->files());
  source.read = [reader, masks](std::int64_t index, Tensor& x, Tensor& y) {
    const auto i = static_cast<std::size_t>(index);
    reader->read(i, x.data<std::uint8_t>());
    if (!masks) return;
    const Image mask = reader->mask(i);
    std::ranges::copy(mask.pixels, y.data<std::int32_t>());
  };
  Dataset d;
  d.source = std::make_shared<const SampleSource>(std::move(source));
  return d;
}

}  // namespace

Dataset read_pictures(const PictureFiles& files, const DataOptions& options,
                      const std::string& summary) {
  OCTET_CHECK(options.channels == 0 || options.channels == 1 || options.channels == 3,
              "image folder: channels: expected 1, 3 or 0 (as stored), got ", options.channels);
  const auto reader = std::make_shared<const PictureReader>(files, options);
  const Shape shape = reader->shape();
  const auto n = static_cast<std::int64_t>(files.names.size());
  const std::string what =
      (options.stream ? "" : "reading ") + summary + ", " + extents_text(shape);
  const auto say = [&](std::int64_t done) {
    if (options.progress) options.progress({done, n, what});
  };
  say(0);
  if (options.stream) return on_disk(reader);
  const std::int64_t bytes = shape.numel();
  OCTET_CHECK(bytes <= max_dataset_bytes / n, files.folder.string(), ": ", n, " pictures of ",
              bytes, " bytes: expected at most ", max_dataset_bytes,
              " bytes in all, or that they are read when they are used (stream)");
  Dataset d;
  d.images = Tensor::empty({n, shape[0], shape[1], shape[2]}, ElementType::u8);
  if (!files.masks.empty()) d.labels = Tensor::empty({n, shape[0], shape[1]}, ElementType::u8);
  for (std::int64_t i = 0; i < n; ++i) {
    reader->read(static_cast<std::size_t>(i), d.images.data<std::uint8_t>() + i * bytes);
    if (d.labels.defined()) {
      const Image mask = reader->mask(static_cast<std::size_t>(i));
      std::ranges::copy(mask.pixels, d.labels.data<std::uint8_t>() + i * shape[0] * shape[1]);
    }
    if ((i + 1) % 256 == 0 || i + 1 == n) say(i + 1);
  }
  return d;
}

}  // namespace octet::data_detail
