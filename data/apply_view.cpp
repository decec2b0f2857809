// The pixels of a Transform: of whole pixels by rows, of a turned or enlarged picture one by one.
#include <algorithm>
#include <cmath>

#include "data/transform.h"

namespace octet {

namespace {

/// Normalized values of u8 pixels, looked up.
struct TablePixels {
  using Stored = std::uint8_t;
  const real* table;  // [C, 256]
  real operator()(Stored pixel, std::int64_t channel) const { return table[channel * 256 + pixel]; }
};

/// Of real numbers, computed.
struct PlainPixels {
  using Stored = real;
  const double *mean, *std;
  real operator()(Stored number, std::int64_t channel) const {
    return static_cast<real>((double{number} - mean[channel]) / std[channel]);
  }
};

/// A place in the picture, in pixels.
struct Place {
  double y, x;
};

/// From pixels of the result to places in the picture. Without angle and zoom they are whole
/// numbers, exactly.
class Mapping {
 public:
  Mapping(const Shape& out, const Transform::View& v)
      : v_(v),
        h_(static_cast<double>(out[0])),
        w_(static_cast<double>(out[1])),
        cos_(std::cos(v.angle) / v.zoom),
        sin_(std::sin(v.angle) / v.zoom) {}

  Place operator()(std::int64_t y, std::int64_t x) const {
    const double dy = static_cast<double>(y) + 0.5 - h_ / 2,
                 dx = static_cast<double>(x) + 0.5 - w_ / 2;
    double at_y = cos_ * dy - sin_ * dx + h_ / 2 - 0.5;
    double at_x = sin_ * dy + cos_ * dx + w_ / 2 - 0.5;
    if (v_.flip_vertical) at_y = h_ - 1 - at_y;
    if (v_.flip) at_x = w_ - 1 - at_x;
    return {static_cast<double>(v_.top) + at_y, static_cast<double>(v_.left) + at_x};
  }

 private:
  const Transform::View& v_;
  double h_, w_, cos_, sin_;
};

/// `count` pixels, `step` numbers apart, of C channels (0: of `channels`).
template <int C, class Pixels>
void copy_run(const typename Pixels::Stored* from, std::int64_t step, std::int64_t count,
              std::int64_t channels, const Pixels pixels, real* to) {
  const std::int64_t n = C > 0 ? C : channels;
  for (std::int64_t x = 0; x < count; ++x, from += step, to += n) {
    for (std::int64_t c = 0; c < n; ++c) to[c] = pixels(from[c], c);
  }
}

/// The picture with whole pixels, moved, cropped and mirrored.
template <class Pixels>
void copy_view(const typename Pixels::Stored* image, const Shape& in, const Shape& shape,
               const Transform::View& view, const Pixels pixels, typename Pixels::Stored fill,
               real* out) {
  const std::int64_t height = in[0], width = in[1], channels = in[2];
  const std::int64_t out_width = shape[1];
  const auto fill_pixels = [=](std::int64_t count, real* to) {
    for (std::int64_t x = 0; x < count; ++x) {
      for (std::int64_t c = 0; c < channels; ++c) *to++ = pixels(fill, c);
    }
  };
  const auto copy_pixels = channels == 1   ? copy_run<1, Pixels>
                           : channels == 3 ? copy_run<3, Pixels>
                                           : copy_run<0, Pixels>;
  if (shape == in && view.top == 0 && view.left == 0 && !view.flip && !view.flip_vertical) {
    return copy_pixels(image, channels, height * width, channels, pixels, out);
  }
  // Columns [first, last) of the result, before mirroring, come from the picture.
  const std::int64_t first = std::clamp<std::int64_t>(-view.left, 0, out_width);
  const std::int64_t last = std::clamp<std::int64_t>(width - view.left, first, out_width);
  const std::int64_t before = view.flip ? out_width - last : first;
  const std::int64_t start = view.left + (view.flip ? last - 1 : first);
  for (std::int64_t y = 0; y < shape[0]; ++y, out += out_width * channels) {
    const std::int64_t from_y = view.top + (view.flip_vertical ? shape[0] - 1 - y : y);
    if (from_y < 0 || from_y >= height || first == last) {
      fill_pixels(out_width, out);
      continue;
    }
    fill_pixels(before, out);
    copy_pixels(image + (from_y * width + start) * channels, view.flip ? -channels : channels,
                last - first, channels, pixels, out + before * channels);
    const std::int64_t done = before + last - first;
    fill_pixels(out_width - done, out + done * channels);
  }
}

/// The picture at places between its pixels, bilinear between normalized values; outside is `fill`.
template <class Pixels>
void warp_view(const typename Pixels::Stored* image, const Shape& in, const Shape& shape,
               const Transform::View& view, const Pixels& pixels, typename Pixels::Stored fill,
               real* out) {
  const std::int64_t channels = in[2];
  const Mapping mapping(shape, view);
  const auto pixel = [&](std::int64_t y, std::int64_t x, std::int64_t c) {
    const bool inside = y >= 0 && y < in[0] && x >= 0 && x < in[1];
    return pixels(inside ? image[(y * in[1] + x) * channels + c] : fill, c);
  };
  for (std::int64_t y = 0; y < shape[0]; ++y) {
    for (std::int64_t x = 0; x < shape[1]; ++x) {
      const Place at = mapping(y, x);
      const double floor_y = std::floor(at.y), floor_x = std::floor(at.x);
      const auto below = static_cast<real>(at.y - floor_y),
                 right = static_cast<real>(at.x - floor_x);
      const auto y0 = static_cast<std::int64_t>(floor_y), x0 = static_cast<std::int64_t>(floor_x);
      for (std::int64_t c = 0; c < channels; ++c) {
        const real top = pixel(y0, x0, c) * (1 - right) + pixel(y0, x0 + 1, c) * right;
        const real bottom = pixel(y0 + 1, x0, c) * (1 - right) + pixel(y0 + 1, x0 + 1, c) * right;
        *out++ = top * (1 - below) + bottom * below;
      }
    }
  }
}

bool is_warped(const Transform::View& v) {
  return v.angle != 0 || v.zoom != 1;
}

template <class Pixels>
void pixels_of(const typename Pixels::Stored* image, const Shape& in, const Shape& out_shape,
               const Transform::View& view, const Pixels& pixels, typename Pixels::Stored fill,
               real* out) {
  if (is_warped(view)) {
    warp_view(image, in, out_shape, view, pixels, fill, out);
  } else {
    copy_view(image, in, out_shape, view, pixels, fill, out);
  }
}

template <class T>
void mask_view(const T* mask, const Shape& in, const Shape& shape, const Transform::View& view,
               std::int32_t* out) noexcept {
  const Mapping mapping(shape, view);
  for (std::int64_t y = 0; y < shape[0]; ++y) {
    for (std::int64_t x = 0; x < shape[1]; ++x) {
      const Place at = mapping(y, x);
      const auto from_y = static_cast<std::int64_t>(std::floor(at.y + 0.5));
      const auto from_x = static_cast<std::int64_t>(std::floor(at.x + 0.5));
      const bool inside = from_y >= 0 && from_y < in[0] && from_x >= 0 && from_x < in[1];
      *out++ = inside ? std::int32_t{mask[from_y * in[1] + from_x]} : ignored_class;
    }
  }
}

}  // namespace

void Transform::cut(const View& view, real* out) const noexcept {
  if (augment_.cutout == 0) return;
  const std::int64_t channels = out_[2];
  const std::int64_t y_end = std::min(out_[0], view.cut_top + augment_.cutout);
  const std::int64_t x_end = std::min(out_[1], view.cut_left + augment_.cutout);
  for (std::int64_t y = std::max<std::int64_t>(view.cut_top, 0); y < y_end; ++y) {
    for (std::int64_t x = std::max<std::int64_t>(view.cut_left, 0); x < x_end; ++x) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto k = static_cast<std::size_t>(c);
        out[(y * out_[1] + x) * channels + c] =
            static_cast<real>((augment_.fill - mean_[k]) / std_[k]);
      }
    }
  }
}

void Transform::apply(const std::uint8_t* image, const View& view, real* out) const {
  const bool changed = view.brightness != 0 || view.contrast != 1;
  const std::vector<real> own = changed ? table(view) : std::vector<real>();
  const TablePixels pixels{changed ? own.data() : table_.data()};
  pixels_of(image, in_, out_, view, pixels, augment_.fill, out);
  cut(view, out);
}

void Transform::apply(const real* image, const View& view, real* out) const {
  const PlainPixels pixels{mean_.data(), std_.data()};
  pixels_of(image, in_, out_, view, pixels, static_cast<real>(augment_.fill), out);
  cut(view, out);
}

void Transform::apply_mask(const std::uint8_t* mask, const View& view,
                           std::int32_t* out) const noexcept {
  mask_view(mask, in_, out_, view, out);
}

void Transform::apply_mask(const std::int32_t* mask, const View& view,
                           std::int32_t* out) const noexcept {
  mask_view(mask, in_, out_, view, out);
}

}  // namespace octet
