#include "int8/ops/wide.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "int8/ops/recurrent.h"
#include "int8/reference/multipliers.h"
#include "int8/reference/quantize.h"
#include "int8/reference/wide_softmax.h"

namespace octet::int8 {
namespace {

struct Scaling {
  QuantParams in, out;
  Multiplier m;  ///< between codes
  Rounding rounding;
};

/// From codes, or floats, to codes.
template <class X, class Y>
void convert(const Scaling& s, const std::byte* from, std::byte* to, std::int64_t n) noexcept {
  const auto* x = reinterpret_cast<const X*>(from);
  auto* y = reinterpret_cast<Y*>(to);
  constexpr std::int64_t least = std::numeric_limits<Y>::min(),
                         most = std::numeric_limits<Y>::max();
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t code =
        std::int64_t{multiply_by_quantized_multiplier(x[i] - s.in.zero_point, s.m, s.rounding)} +
        s.out.zero_point;
    y[i] = static_cast<Y>(std::clamp(code, least, most));
  }
}
void from_floats(const Scaling& s, const std::byte* from, std::byte* to, std::int64_t n) noexcept {
  quantize_i16(reinterpret_cast<const float*>(from), s.out.scale, s.out.zero_point,
               reinterpret_cast<std::int16_t*>(to), n);
}
void to_floats(const Scaling& s, const std::byte* from, std::byte* to, std::int64_t n) noexcept {
  dequantize_i16(reinterpret_cast<const std::int16_t*>(from), s.in.scale, s.in.zero_point,
                 reinterpret_cast<float*>(to), n);
}

class ConvertStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_tasks(args.threads, args.batch * sample, elements_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                function(scaling, args.in[0] + begin * x_size, args.out[0] + begin * y_size,
                         end - begin);
              });
  }

  Scaling scaling{};
  void (*function)(const Scaling&, const std::byte*, std::byte*, std::int64_t) noexcept = nullptr;
  std::int64_t sample = 0, x_size = 1, y_size = 1;  ///< elements, bytes
};

std::unique_ptr<ConvertStep> new_convert(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef &x = node.input(0), &y = node.output();
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  node.expect_output_shape(x.shape);
  auto step = new_step<ConvertStep>(node);
  step->sample = element_count(x.shape);
  step->x_size = static_cast<std::int64_t>(dtype_size(x.type));
  step->y_size = static_cast<std::int64_t>(dtype_size(y.type));
  step->scaling.rounding = node.rounding();
  return step;
}

class WideSoftmaxStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    auto* y = reinterpret_cast<std::int16_t*>(args.out[0]);
    for_tasks(args.threads, args.batch * rows, std::max<std::int64_t>(1, 4096 / depth),
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r)
                  softmax_row_i16(params, x + r * depth, y + r * depth, depth);
              });
  }

  SoftmaxParams params;
  std::int64_t rows = 1, depth = 1;
};

}  // namespace

bool is_wide(const NodeView& node) noexcept {
  if (node.input_count() == 0 || node.output_count() == 0 || !node.has_input(0)) return false;
  const DType x = node.tensor(node.input_index(0)).type, y = node.output().type;
  return x == DType::i16 || y == DType::i16 || (is_codes(x) && y == DType::i32);
}

std::unique_ptr<Step> create_wide_quantize(const NodeView& node) {
  auto step = new_convert(node);
  const TensorDef &x = node.input(0), &y = node.output();
  Scaling& s = step->scaling;
  s.out = params_of(y, y.type);
  if (x.type == DType::f32 && y.type == DType::i16) {
    step->function = from_floats;
    return step;
  }
  s.in = params_of(x, x.type);
  const char* what = "input scale / output scale";
  s.m = checked_multiplier(static_cast<double>(s.in.scale) / static_cast<double>(s.out.scale),
                           node.rounding(), what);
  check_no_overflow(x.type == DType::i16 ? 65535 : 255, s.m, what);
  const auto is = [&](DType from, DType to) { return x.type == from && y.type == to; };
  step->function = is(DType::i8, DType::i16)    ? convert<std::int8_t, std::int16_t>
                   : is(DType::i8, DType::i32)  ? convert<std::int8_t, std::int32_t>
                   : is(DType::i16, DType::i8)  ? convert<std::int16_t, std::int8_t>
                   : is(DType::i16, DType::i16) ? convert<std::int16_t, std::int16_t>
                   : is(DType::i16, DType::i32) ? convert<std::int16_t, std::int32_t>
                                                : nullptr;
  OCTET_CHECK(step->function, "from ", dtype_name(x.type), " to ", dtype_name(y.type),
              " is not supported");
  return step;
}

std::unique_ptr<Step> create_wide_dequantize(const NodeView& node) {
  auto step = new_convert(node);
  const TensorDef& y = node.output();
  OCTET_CHECK(y.type == DType::f32, quoted(y), ": expected type f32, got ", dtype_name(y.type));
  step->scaling.in = params_of(node.input(0), DType::i16);
  step->function = to_floats;
  return step;
}

std::unique_ptr<Step> create_wide_softmax(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef &x = node.input(0), &y = node.output();
  const QuantParams in = node.i8_activation(0), out = params_of(y, DType::i16);
  // Converters write 1/65535.
  OCTET_CHECK(std::abs(out.scale * 65536.0f - 1.0f) < 0.001f && out.zero_point == -32768, quoted(y),
              ": expected scale 1/65536 and zero point -32768, got ", out.scale, " and ",
              out.zero_point);
  node.expect_output_shape(x.shape);
  OCTET_CHECK(!x.shape.empty() && x.shape.back() <= q12_max_depth, quoted(x),
              ": expected a last dimension of at most ", q12_max_depth, ", got shape ",
              to_string(x.shape));
  auto step = new_step<WideSoftmaxStep>(node);
  step->params =
      make_softmax_params(node.attributes<SoftmaxAttributes>().beta, in.scale, node.rounding());
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  return step;
}

}  // namespace octet::int8
