#include "interop/tflite/tensors.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/half.h"
#include "int8/engine/graph_checks.h"
#include "interop/tflite/file_checks.h"
#include "interop/tflite/names.h"
#include "interop/tflite/nodes.h"

namespace octet::tflite {
namespace {

/// ", of operator 3 (SOFTMAX (25) version 2)": the first that reads or writes the tensor.
std::string user_text(const Model& model, const SubGraph& subgraph, unsigned tensor) {
  for (unsigned i = 0; i < subgraph.operators()->size(); ++i) {
    const Operator& op = *subgraph.operators()->Get(i);
    for (const auto* list : {op.inputs(), op.outputs()}) {
      const OperatorCode* code = operator_code(model, op);
      if (!list || !code) continue;
      for (const std::int32_t t : *list) {
        if (t < 0 || static_cast<unsigned>(t) != tensor) continue;
        return text_of(", of operator ", i, " (", builtin_operator_text(builtin_code(*code)),
                       " version ", code->version(), ")");
      }
    }
  }
  return {};
}

/// The FLOAT32 numbers of FLOAT16 ones.
int8::ConstBytes widened(std::span<const std::byte> halves, const std::string& where) {
  OCTET_CHECK(halves.size() % 2 == 0, where, ": expected an even number of bytes, got ",
              halves.size());
  const auto values = std::make_shared<std::vector<float>>(halves.size() / 2);
  for (std::size_t i = 0; i < values->size(); ++i) {
    std::uint16_t half;
    std::memcpy(&half, halves.data() + 2 * i, sizeof half);
    (*values)[i] = float_of_half(half);
  }
  const auto bytes = std::as_bytes(std::span(*values));
  return {values, bytes.data(), bytes.size()};
}

int8::DType read_type(const File& file, const SubGraph& subgraph, unsigned tensor,
                      const std::string& where) {
  const int type = subgraph.tensors()->Get(tensor)->type();
  const unsigned buffer = subgraph.tensors()->Get(tensor)->buffer();
  if (type == half_type && (file.options.half_values || !file.buffer(buffer, where).empty()))
    return int8::DType::f32;
  switch (type) {
    case 0:
      return int8::DType::f32;
    case 2:
      return int8::DType::i32;
    case 3:
      return int8::DType::u8;
    case 4:
      return int8::DType::i64;
    case 7:
      return int8::DType::i16;
    case 9:
      return int8::DType::i8;
    default:
      fail(where, user_text(file.model, subgraph, tensor), ": ", tensor_type_text(type),
           " is not supported (a full-integer model has INT8 and INT32, UINT8, INT16 or FLOAT32 at "
           "its edges, and INT64 where it counts)");
  }
}

void refuse_special_tensors(const Tensor& t, const std::string& where) {
  OCTET_CHECK(!t.sparsity(), where, ": sparse tensors are not supported");
  OCTET_CHECK(!t.variant_tensors() || t.variant_tensors()->size() == 0, where,
              ": variant tensors are not supported");
  OCTET_CHECK(t.external_buffer() == 0, where, ": data in an external buffer is not supported");
}

/// Converters mark the batch, dimension 0, as unknown (-1) and write 1 into the shape: that is the
/// shape to run. Any other unknown dimension is refused.
void refuse_dynamic(const Tensor& t, const std::string& where) {
  if (!t.shape_signature()) return;
  for (unsigned d = 1; d < t.shape_signature()->size(); ++d) {
    OCTET_CHECK(t.shape_signature()->Get(d) != -1, where, ": dimension ", d,
                " is dynamic, which is not supported");
  }
}

std::vector<std::int32_t> read_shape(const Tensor& t, const std::string& where,
                                     CopyBudget& budget) {
  OCTET_CHECK(!t.shape() || t.shape()->size() <= int8::max_rank, where, ": rank ",
              t.shape()->size(), " is not supported (at most ", int8::max_rank, ")");
  std::vector<std::int32_t> shape = copy_ints(t.shape(), budget);
  for (const std::int32_t dim : shape)
    OCTET_CHECK(dim != -1, where, ": dynamic shapes are not supported");
  return shape;
}

int8::ConstBytes read_constant(const File& file, const Tensor& t, const std::string& where,
                               CopyBudget& budget) {
  const std::span<const std::byte> bytes = file.buffer(t.buffer(), where);
  if (bytes.empty()) return {};
  OCTET_CHECK(t.buffer() != 0, where, ": buffer 0 has ", bytes.size(), " bytes, expected none");
  if (t.type() == half_type) {
    budget.charge(2 * bytes.size());
    return widened(bytes, where);
  }
  return {file.owner, bytes.data(), bytes.size()};
}

/// The verifier does not align the elements of 64-bit vectors.
std::int64_t zero_point_at(const flatbuffers::Vector<std::int64_t>& values, unsigned i) {
  std::int64_t value;
  std::memcpy(&value, values.Data() + std::size_t{i} * sizeof value, sizeof value);
  return value;
}

/// That of codes: without scale or zero point there is none. What others have is not read: a
/// FLOAT32 value is what it is, and an INT32 constant, a bias, is used as it is. One zero point may
/// stand for all channels.
int8::Quantization read_quantization(const QuantizationParameters* q, const int8::TensorDef& t,
                                     const std::string& where, CopyBudget& budget) {
  const bool is_wide_code = t.type == int8::DType::i32 && !t.constant;
  if (!q || !(int8::is_quantizable(t.type) || is_wide_code)) return {};
  OCTET_CHECK(q->details_type() == QuantizationDetails::NONE, where,
              ": custom quantization is not supported");
  const unsigned scales = q->scale() ? q->scale()->size() : 0;
  const unsigned zero_points = q->zero_point() ? q->zero_point()->size() : 0;
  if (scales == 0 || zero_points == 0) return {};
  OCTET_CHECK(zero_points == 1 || zero_points == scales, where, ": ", zero_points,
              " zero points, expected ", scales, scales == 1 ? "" : " or 1");

  budget.charge(std::size_t{scales} * (sizeof(float) + sizeof(std::int32_t)));
  int8::Quantization result;
  result.scale.assign(q->scale()->begin(), q->scale()->end());
  result.zero_point.reserve(scales);
  for (unsigned c = 0; c < scales; ++c) {
    const std::int64_t value = zero_point_at(*q->zero_point(), zero_points == 1 ? 0 : c);
    using Limits = std::numeric_limits<std::int32_t>;
    OCTET_CHECK(value >= Limits::min() && value <= Limits::max(), where, ": zero point ", value);
    result.zero_point.push_back(static_cast<std::int32_t>(value));
  }
  // Files may have anything here where it means nothing.
  const int axis = q->quantized_dimension();
  const bool valid = axis >= 0 && static_cast<std::size_t>(axis) < t.shape.size();
  result.axis = scales > 1 || valid ? axis : 0;
  return result;
}

}  // namespace

void CopyBudget::charge(std::size_t bytes) {
  OCTET_CHECK(bytes <= left_, "the file repeats its tables more often than it could need to");
  left_ -= bytes;
}

std::span<const std::byte> File::buffer(unsigned index, const std::string& where) const {
  OCTET_CHECK(index < model.buffers()->size(), where, ": buffer ", index, ", but the file has ",
              model.buffers()->size());
  const Buffer& buffer = *model.buffers()->Get(index);
  if (buffer.data() && buffer.data()->size() > 0)
    return std::as_bytes(std::span(buffer.data()->Data(), buffer.data()->size()));
  // 0 and 1 stand for unused.
  if (buffer.offset() <= 1 || buffer.size() <= 1) return {};
  OCTET_CHECK(buffer.offset() <= bytes.size() && buffer.size() <= bytes.size() - buffer.offset(),
              where, ": buffer ", index, ": ", buffer.size(), " bytes at offset ", buffer.offset(),
              ", but the file has ", bytes.size());
  return bytes.subspan(buffer.offset(), buffer.size());
}

std::string copy_string(const flatbuffers::String* text, CopyBudget& budget) {
  if (!text) return {};
  budget.charge(text->size());
  return text->str();
}

std::vector<std::int32_t> copy_ints(const flatbuffers::Vector<std::int32_t>* values,
                                    CopyBudget& budget) {
  if (!values) return {};
  budget.charge(std::size_t{values->size()} * sizeof(std::int32_t));
  return {values->begin(), values->end()};
}

std::vector<bool> used_tensors(const SubGraph& subgraph, const std::vector<bool>& gone) {
  std::vector<bool> used(subgraph.tensors()->size());
  const auto mark = [&used](const flatbuffers::Vector<std::int32_t>* list) {
    if (!list) return;
    for (const std::int32_t t : *list) {
      if (t >= 0 && static_cast<std::size_t>(t) < used.size())
        used[static_cast<std::size_t>(t)] = true;
    }
  };
  mark(subgraph.inputs());
  mark(subgraph.outputs());
  for (unsigned i = 0; i < subgraph.operators()->size(); ++i) {
    if (gone[i]) continue;
    mark(subgraph.operators()->Get(i)->inputs());
    mark(subgraph.operators()->Get(i)->outputs());
  }
  return used;
}

int8::TensorDef read_unused_tensor(const SubGraph& subgraph, unsigned index, CopyBudget& budget) {
  budget.charge(sizeof(int8::TensorDef));
  int8::TensorDef result;
  result.name = copy_string(subgraph.tensors()->Get(index)->name(), budget);
  result.type = int8::DType::f32;
  return result;
}

int8::TensorDef read_tensor(const File& file, const SubGraph& subgraph, unsigned index,
                            CopyBudget& budget, const std::vector<std::int32_t>* shape) {
  const Tensor& t = *subgraph.tensors()->Get(index);
  budget.charge(sizeof(int8::TensorDef));
  int8::TensorDef result;
  result.name = copy_string(t.name(), budget);
  const std::string where = tensor_text(index, result.name);
  result.type = read_type(file, subgraph, index, where);
  refuse_special_tensors(t, where);
  result.shape = shape ? *shape : read_shape(t, where, budget);
  result.constant = read_constant(file, t, where, budget);
  if (!result.constant && !shape) refuse_dynamic(t, where);
  OCTET_CHECK(!(t.is_variable() && result.constant), where, ": a variable tensor with data");
  result.quantization = read_quantization(t.quantization(), result, where, budget);
  return result;
}

}  // namespace octet::tflite
