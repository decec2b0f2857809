#include "data/dataset.h"

#include <algorithm>
#include <cstring>

#include "base/fnv1a.h"
#include "base/printable.h"

namespace octet {

void Dataset::validate() const {
  const std::string where = "data set " + (name.empty() ? std::string("(unnamed)") : name);
  OCTET_CHECK(images.defined() && images.dtype() == ElementType::u8 && images.shape().rank() == 4,
              where, ": images: expected u8 [N, H, W, C], got ",
              images.defined() ? dtype_name(images.dtype()) : "nothing", " ", images.shape());
  for (int i = 0; i < 4; ++i) {
    OCTET_CHECK(images.shape()[i] >= 1, where, ": images: expected extents >= 1, got ",
                images.shape());
  }
  OCTET_CHECK(
      labels.defined() && labels.dtype() == ElementType::i32 && labels.shape() == Shape{size()},
      where, ": labels: expected i32 [", size(), "], got ",
      labels.defined() ? dtype_name(labels.dtype()) : "nothing", " ", labels.shape());
  OCTET_CHECK(classes >= 1 && classes <= max_classes, where, ": classes: expected 1 to ",
              max_classes, ", got ", classes);
  OCTET_CHECK(class_names.empty() || class_names.size() == static_cast<std::size_t>(classes), where,
              ": class names: expected ", classes, " or none, got ", class_names.size());
  const std::int32_t* label = labels.data<std::int32_t>();
  for (std::int64_t i = 0; i < size(); ++i) {
    OCTET_CHECK(label[i] >= 0 && label[i] < classes, where, ": label of sample ", i,
                ": expected 0 to ", classes - 1, ", got ", label[i]);
  }
}

Dataset make_dataset(Tensor images, std::span<const std::int64_t> labels,
                     std::vector<std::string> class_names, std::string name) {
  Dataset d;
  d.images = std::move(images);
  d.class_names = std::move(class_names);
  d.name = printable_text(name);
  OCTET_CHECK(!labels.empty(), d.name, ": expected at least one sample, got none");
  const std::int64_t limit =
      d.class_names.empty() ? max_classes : static_cast<std::int64_t>(d.class_names.size());
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    OCTET_CHECK(labels[i] >= 0 && labels[i] < limit, d.name, ": label of sample ", i,
                ": expected 0 to ", limit - 1, ", got ", labels[i]);
    largest = std::max(largest, labels[i]);
  }
  d.classes = static_cast<int>(d.class_names.empty() ? largest + 1 : limit);
  d.labels = Tensor::empty({static_cast<std::int64_t>(labels.size())}, ElementType::i32);
  std::transform(labels.begin(), labels.end(), d.labels.data<std::int32_t>(),
                 [](std::int64_t label) { return static_cast<std::int32_t>(label); });
  d.validate();
  return d;
}

Dataset subset(const Dataset& dataset, std::span<const std::int64_t> indices) {
  OCTET_CHECK(!indices.empty(), "subset of ", dataset.name, ": expected samples, got none");
  const Shape image = dataset.image_shape();
  const auto bytes = static_cast<std::size_t>(image.numel());
  const auto n = static_cast<std::int64_t>(indices.size());
  Dataset d = dataset;
  d.images = Tensor::empty({n, image[0], image[1], image[2]}, ElementType::u8);
  d.labels = Tensor::empty({n}, ElementType::i32);
  const std::uint8_t* from = dataset.images.data<std::uint8_t>();
  const std::int32_t* label = dataset.labels.data<std::int32_t>();
  std::uint8_t* to = d.images.data<std::uint8_t>();
  std::int32_t* to_label = d.labels.data<std::int32_t>();
  for (const std::int64_t i : indices) {
    OCTET_CHECK(i >= 0 && i < dataset.size(), "subset of ", dataset.name,
                ": expected sample indices 0 to ", dataset.size() - 1, ", got ", i);
    std::memcpy(to, from + static_cast<std::size_t>(i) * bytes, bytes);
    *to_label++ = label[i];
    to += bytes;
  }
  return d;
}

std::uint64_t content_hash(const Dataset& dataset) {
  Fnv1a hash;
  for (const std::int64_t d : dataset.images.shape().dims()) {
    hash.add(static_cast<std::uint64_t>(d));
  }
  hash.add({dataset.images.raw(), dataset.images.bytes()});
  for (const std::int32_t label : dataset.labels.span<std::int32_t>()) {
    hash.add(static_cast<std::uint32_t>(label), 4);
  }
  return hash.value();
}

}  // namespace octet
