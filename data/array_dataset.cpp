#include "data/array_dataset.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/named.h"

namespace octet {

namespace {
constexpr data_detail::NameTable<TargetChoice, 3> choice_names{{{TargetChoice::automatic, "auto"},
                                                                {TargetChoice::classes, "classes"},
                                                                {TargetChoice::values, "values"}}};
}  // namespace

std::vector<std::string_view> target_choice_names() {
  return data_detail::names_in(choice_names);
}
TargetChoice parse_target_choice(std::string_view name) {
  return data_detail::value_of(choice_names, name, "targets");
}

namespace data_detail {

namespace {

Tensor resized(const Tensor& images, const InputSize& input, const std::string& where) {
  const Shape& s = images.shape();
  const auto bytes = static_cast<std::size_t>(s[1] * s[2] * s[3]);
  OCTET_CHECK(s[3] == 1 || s[3] == 3, where,
              ": input: pictures of 1 or 3 channels can be resized, these have ", s[3]);
  OCTET_CHECK(s[0] <= max_dataset_bytes / (input.h * input.w * s[3]), where, ": input: ", s[0],
              " pictures of ", input.w, " x ", input.h, ": expected at most ", max_dataset_bytes,
              " bytes in all");
  Tensor result = Tensor::empty({s[0], input.h, input.w, s[3]}, ElementType::u8);
  std::uint8_t* to = result.data<std::uint8_t>();
  for (std::int64_t i = 0; i < s[0]; ++i) {
    const std::uint8_t* from = images.data<std::uint8_t>() + static_cast<std::size_t>(i) * bytes;
    const Image image =
        fit_image({s[1], s[2], static_cast<int>(s[3]), {from, from + bytes}}, input);
    to = std::copy(image.pixels.begin(), image.pixels.end(), to);
  }
  return result;
}

Tensor as_values(const Tensor& numbers) {
  const Shape& s = numbers.shape();
  const Shape rows{s[0], s.numel() / s[0]};
  if (numbers.dtype() == ElementType::real) return numbers.reshape(rows);
  Tensor values = Tensor::empty(rows);
  std::ranges::transform(numbers.span<std::int32_t>(), values.r(),
                         [](std::int32_t v) { return static_cast<real>(v); });
  return values;
}

Tensor as_classes(const Tensor& numbers, const std::string& where) {
  if (numbers.dtype() == ElementType::i32) return numbers;
  Tensor classes = Tensor::empty(numbers.shape(), ElementType::i32);
  std::int64_t i = 0;
  for (const real v : numbers.span<real>()) {
    OCTET_CHECK(v >= 0 && v < static_cast<real>(max_classes) && v == std::floor(v), where,
                ": label of sample ", i, ": expected a class, a whole number from 0 on, got ", v);
    classes.data<std::int32_t>()[i++] = static_cast<std::int32_t>(v);
  }
  return classes;
}

}  // namespace

Shape sample_extents(std::span<const std::int64_t> dims) {
  switch (dims.size()) {
    case 2:
      return {dims[0], 1, 1, dims[1]};
    case 3:
      return {dims[0], dims[1], dims[2], 1};
    default:
      return Shape(dims);
  }
}

Tensor to_input_size(Tensor images, const InputSize& input, const std::string& where) {
  if (!input.given()) return images;
  OCTET_CHECK(input.h > 0 && input.w > 0 && input.h <= max_image_side && input.w <= max_image_side,
              where, ": input: expected h and w of 1 to ", max_image_side, ", got ", input.h,
              " and ", input.w);
  const Shape& s = images.shape();
  if (s[1] == input.h && s[2] == input.w) return images;
  if (s[1] == 1 && s[2] == 1) {
    const std::int64_t pixels = input.h * input.w;
    OCTET_CHECK(s[3] % pixels == 0, where, ": input: ", s[3], " numbers a sample are not ", input.h,
                " x ", input.w, " times a whole number");
    return images.reshape({s[0], input.h, input.w, s[3] / pixels});
  }
  OCTET_CHECK(images.dtype() == ElementType::u8, where,
              ": input: expected pictures (u8) to resize, got real numbers ", s);
  return resized(images, input, where);
}

Tensor to_targets(const StoredTargets& stored, TargetChoice choice, const std::string& where) {
  const Tensor& t = stored.numbers;
  const int rank = t.shape().rank();
  OCTET_CHECK(rank >= 1 && rank <= 3, where, ": targets: expected [N], [N, K] or [N, H, W], got ",
              t.shape());
  if (rank == 3) {
    OCTET_CHECK(stored.whole, where, ": masks: expected integers, got floats");
    return t;
  }
  const bool column = rank == 1 || t.shape()[1] == 1;
  const bool classes = choice == TargetChoice::classes ||
                       (choice == TargetChoice::automatic && stored.whole && column);
  if (!classes) return as_values(t);
  OCTET_CHECK(column, where, ": classes: expected one for each sample, got ", t.shape());
  return as_classes(t.reshape({t.shape()[0]}), where);
}

}  // namespace data_detail

}  // namespace octet
