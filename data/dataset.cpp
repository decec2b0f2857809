#include "data/dataset.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/fnv1a.h"
#include "base/printable.h"

namespace octet {

namespace {

Shape without_first(const Shape& s) {
  return Shape(s.dims().subspan(1));
}

TargetKind kind_of(const Shape& target, ElementType type) {
  if (type == ElementType::real) return TargetKind::values;
  return target.rank() == 0 ? TargetKind::classes : TargetKind::masks;
}

std::string text_of(const Tensor& t) {
  return t.defined() ? std::string(dtype_name(t.dtype())) + " " + t.shape().to_string() : "nothing";
}

void check_source(const Dataset& d, const std::string& where) {
  const SampleSource& s = *d.source;
  OCTET_CHECK(!d.images.defined(), where, ": expected images or a source, got both");
  OCTET_CHECK(s.read, where, ": source: expected a function that reads samples, got none");
  OCTET_CHECK(s.size >= 1, where, ": source: size: expected at least 1, got ", s.size);
  OCTET_CHECK((s.x_type == ElementType::u8 || s.x_type == ElementType::real) && s.x.rank() == 3,
              where, ": source: samples: expected u8 or real [H, W, C], got ", dtype_name(s.x_type),
              " ", s.x);
  OCTET_CHECK(s.x.numel() >= 1, where, ": source: samples: expected extents >= 1, got ", s.x);
  const bool known =
      s.y_type == ElementType::real
          ? s.y.rank() == 1 && s.y.numel() >= 1
          : s.y_type == ElementType::i32 && (s.y.rank() == 0 || s.y == Shape{s.x[0], s.x[1]});
  OCTET_CHECK(d.labels.defined() || known, where,
              ": source: targets: expected i32 [], real [K] or i32 [H, W] of the samples, got ",
              dtype_name(s.y_type), " ", s.y);
}

/// Of classes and masks: each label is a class, or of no class in masks.
template <class T>
void check_labels(const Dataset& d, const char* what, const std::string& where) {
  const bool mask = d.target() == TargetKind::masks;
  const std::span<const T> labels = d.labels.span<T>();
  const auto each = static_cast<std::size_t>(d.target_shape().numel());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int32_t v = labels[i];
    OCTET_CHECK((v >= 0 && v < d.classes) || (mask && v == ignored_class), where, ": ", what,
                " of sample ", i / each, ": expected 0 to ", d.classes - 1,
                mask ? ", or 255 (ignored)" : "", ", got ", v);
  }
}

void check_targets(const Dataset& d, const std::string& where) {
  const Tensor& t = d.labels;
  if (t.defined()) {
    const int rank = t.shape().rank();
    const Shape image = d.image_shape();
    const bool classes = t.dtype() == ElementType::i32 && rank == 1;
    const bool values = t.dtype() == ElementType::real && rank == 2 && t.shape()[1] >= 1;
    const bool masks = (t.dtype() == ElementType::i32 || t.dtype() == ElementType::u8) &&
                       t.shape() == Shape{d.size(), image[0], image[1]};
    OCTET_CHECK((classes || values || masks) && t.shape()[0] == d.size(), where,
                ": labels: expected i32 [", d.size(), "], real [", d.size(), ", K], or u8 or i32 [",
                d.size(), ", ", image[0], ", ", image[1], "], got ", text_of(t));
  }
  if (d.target() == TargetKind::values) {
    OCTET_CHECK(d.class_names.empty(), where,
                ": class names: expected none where targets are values (floats are, unless "
                "\"targets\" is \"classes\"), got ",
                d.class_names.size());
    OCTET_CHECK(d.classes == 0, where, ": classes: expected none where targets are values, got ",
                d.classes);
    return;
  }
  const std::int64_t most = d.target() == TargetKind::masks ? ignored_class : max_classes;
  OCTET_CHECK(d.classes >= 1 && d.classes <= most, where, ": classes: expected 1 to ", most,
              ", got ", d.classes);
  OCTET_CHECK(d.class_names.empty() || d.class_names.size() == static_cast<std::size_t>(d.classes),
              where, ": class names: expected ", d.classes, " or none, got ", d.class_names.size());
  if (!t.defined()) return;
  if (t.dtype() == ElementType::u8) {
    check_labels<std::uint8_t>(d, "mask", where);
  } else {
    check_labels<std::int32_t>(d, t.shape().rank() == 1 ? "label" : "mask", where);
  }
}

/// Of classes or masks.
template <class T>
std::int32_t largest_class(const Dataset& d) {
  const bool mask = d.target() == TargetKind::masks;
  std::int32_t largest = 0;
  for (const T v : d.labels.span<T>()) {
    if (!mask || v != ignored_class) largest = std::max(largest, std::int32_t{v});
  }
  return largest;
}

void check_finite(const Tensor& t, const char* what, const std::string& name) {
  if (t.dtype() != ElementType::real) return;
  const std::span<const real> values = t.span<real>();
  const auto each =
      std::max<std::size_t>(values.size() / static_cast<std::size_t>(t.shape()[0]), 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    OCTET_CHECK(std::isfinite(values[i]), name, ": ", what, " of sample ", i / each,
                ": expected finite numbers, got ", values[i]);
  }
}

Tensor rows_of(const Tensor& t, std::span<const std::int64_t> indices) {
  if (!t.defined()) return {};
  Shape shape = t.shape();
  const std::size_t bytes = t.bytes() / static_cast<std::size_t>(shape[0]);
  shape.set(0, static_cast<std::int64_t>(indices.size()));
  Tensor rows = Tensor::empty(shape, t.dtype());
  std::byte* to = rows.raw();
  for (const std::int64_t i : indices) {
    std::memcpy(to, t.raw() + static_cast<std::size_t>(i) * bytes, bytes);
    to += bytes;
  }
  return rows;
}

}  // namespace

TargetKind Dataset::target() const {
  if (!labels.defined()) return kind_of(source->y, source->y_type);
  return kind_of(without_first(labels.shape()), labels.dtype());
}

Shape Dataset::target_shape() const {
  return labels.defined() ? without_first(labels.shape()) : source->y;
}

void Dataset::validate() const {
  const std::string where = "data set " + (name.empty() ? std::string("(unnamed)") : name);
  if (source) {
    check_source(*this, where);
  } else {
    OCTET_CHECK(images.defined() && images.shape().rank() == 4 &&
                    (images.dtype() == ElementType::u8 || images.dtype() == ElementType::real),
                where, ": images: expected u8 or real [N, H, W, C], got ", text_of(images));
    for (int i = 0; i < 4; ++i) {
      OCTET_CHECK(images.shape()[i] >= 1, where, ": images: expected extents >= 1, got ",
                  images.shape());
    }
    OCTET_CHECK(labels.defined(), where, ": labels: expected some, got nothing");
  }
  check_targets(*this, where);
}

Dataset make_dataset(Tensor images, std::span<const std::int64_t> labels,
                     std::vector<std::string> class_names, std::string name) {
  name = printable_text(name);
  OCTET_CHECK(!labels.empty(), name, ": expected at least one sample, got none");
  const std::int64_t limit =
      class_names.empty() ? max_classes : static_cast<std::int64_t>(class_names.size());
  Tensor targets = Tensor::empty({static_cast<std::int64_t>(labels.size())}, ElementType::i32);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    OCTET_CHECK(labels[i] >= 0 && labels[i] < limit, name, ": label of sample ", i,
                ": expected 0 to ", limit - 1, ", got ", labels[i]);
    targets.data<std::int32_t>()[i] = static_cast<std::int32_t>(labels[i]);
  }
  return make_dataset(std::move(images), std::move(targets), std::move(class_names),
                      std::move(name));
}

Dataset make_dataset(Tensor images, Tensor targets, std::vector<std::string> class_names,
                     std::string name) {
  Dataset d;
  d.images = std::move(images);
  d.labels = std::move(targets);
  d.class_names = std::move(class_names);
  d.name = printable_text(name);
  OCTET_CHECK(d.labels.defined() && d.labels.shape().rank() > 0 && d.labels.numel() > 0, d.name,
              ": expected at least one sample, got none");
  if (!d.class_names.empty()) {
    d.classes = static_cast<int>(d.class_names.size());
  } else if (d.target() != TargetKind::values) {
    d.classes = 1 + (d.labels.dtype() == ElementType::u8 ? largest_class<std::uint8_t>(d)
                                                         : largest_class<std::int32_t>(d));
  }
  d.validate();
  check_finite(d.images, "numbers", d.name);
  check_finite(d.labels, "values", d.name);
  return d;
}

Dataset make_dataset(SampleSource source, int classes, std::vector<std::string> class_names,
                     std::string name) {
  Dataset d;
  d.classes = classes;
  d.class_names = std::move(class_names);
  d.name = printable_text(name);
  d.source = std::make_shared<const SampleSource>(std::move(source));
  d.validate();
  return d;
}

Dataset subset(const Dataset& dataset, std::span<const std::int64_t> indices) {
  OCTET_CHECK(!indices.empty(), "subset of ", dataset.name, ": expected samples, got none");
  for (const std::int64_t i : indices) {
    OCTET_CHECK(i >= 0 && i < dataset.size(), "subset of ", dataset.name,
                ": expected sample indices 0 to ", dataset.size() - 1, ", got ", i);
  }
  Dataset d = dataset;
  d.images = rows_of(dataset.images, indices);
  d.labels = rows_of(dataset.labels, indices);
  if (dataset.source) {
    SampleSource part = *dataset.source;
    part.size = static_cast<std::int64_t>(indices.size());
    Fnv1a hash;
    hash.add(part.hash);
    for (const std::int64_t i : indices) hash.add(static_cast<std::uint64_t>(i));
    part.hash = hash.value();
    part.read = [whole = dataset.source,
                 chosen = std::vector<std::int64_t>(indices.begin(), indices.end())](
                    std::int64_t index, Tensor& x, Tensor& y) {
      whole->read(chosen[static_cast<std::size_t>(index)], x, y);
    };
    d.source = std::make_shared<const SampleSource>(std::move(part));
  }
  return d;
}

Tensor sample_at(const Dataset& dataset, std::int64_t index) {
  OCTET_CHECK(index >= 0 && index < dataset.size(), dataset.name, ": expected sample indices 0 to ",
              dataset.size() - 1, ", got ", index);
  if (!dataset.source) return rows_of(dataset.images, {&index, 1}).reshape(dataset.image_shape());
  const SampleSource& source = *dataset.source;
  Tensor x = Tensor::empty(source.x, source.x_type), y;
  if (!dataset.labels.defined()) y = Tensor::empty(source.y, source.y_type);
  source.read(index, x, y);
  return x;
}

std::uint64_t content_hash(const Dataset& dataset) {
  Fnv1a hash;
  const auto add_extents = [&](const Shape& shape) {
    for (const std::int64_t d : shape.dims()) hash.add(static_cast<std::uint64_t>(d));
  };
  if (dataset.images.defined()) {
    add_extents(dataset.images.shape());
    hash.add({dataset.images.raw(), dataset.images.bytes()});
  } else {
    hash.add(static_cast<std::uint64_t>(dataset.size()));
    add_extents(dataset.image_shape());
    hash.add(dataset.source->hash);
  }
  const Tensor& labels = dataset.labels;
  if (!labels.defined()) return hash.value();
  if (labels.shape().rank() > 1) add_extents(labels.shape());  // of classes there is no more to say
  if (labels.dtype() == ElementType::i32) {
    for (const std::int32_t label : labels.span<std::int32_t>()) {
      hash.add(static_cast<std::uint32_t>(label), 4);
    }
  } else {
    hash.add({labels.raw(), labels.bytes()});
  }
  return hash.value();
}

}  // namespace octet
