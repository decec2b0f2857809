// The inputs of a graph.
#include <algorithm>

#include "interop/onnx/importer.h"

namespace octet::onnx {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<proto::NodeProto>;

/// Operators that leave the dimensions where they are.
bool is_elementwise(const std::string& op) {
  static const std::set<std::string, std::less<>> names{
      "Add", "Cast", "Div",     "Identity",       "Mul",
      "Sub", "Clip", "Dropout", "QuantizeLinear", "DequantizeLinear"};
  return names.contains(op);
}

bool is_code_type(int type) {
  return type == proto::TensorProto::INT8 || type == proto::TensorProto::UINT8;
}

bool permutes(const proto::NodeProto& node, const std::vector<std::int64_t>& permutation) {
  return node.op_type() == "Transpose" && node.attribute_size() == 1 &&
         std::equal(permutation.begin(), permutation.end(), node.attribute(0).ints().begin(),
                    node.attribute(0).ints().end());
}

}  // namespace

bool Importer::is_channels_last(const std::string& input) const {
  const Nodes& nodes = file_.model.graph().node();
  std::set<std::string, std::less<>> same{input};
  for (const proto::NodeProto& node : nodes) {
    if (node.input_size() == 0 || node.output_size() == 0) continue;
    if (!std::any_of(node.input().begin(), node.input().end(),
                     [&](const std::string& x) { return same.contains(x); })) {
      continue;
    }
    if (permutes(node, {0, 3, 1, 2})) return true;
    if (is_elementwise(node.op_type())) same.insert(node.output(0));
  }
  return false;
}

Extents Importer::input_dims(const proto::ValueInfoProto& input) const {
  const std::string name = "input '" + one_line(input.name()) + "'";
  const proto::TypeProto::Tensor& type = input.type().tensor_type();
  OCTET_CHECK(type.elem_type() == proto::TensorProto::FLOAT || is_code_type(type.elem_type()),
              file_.path, ": ", name, ": expected float32, or int8 or uint8 codes; got ",
              type_name(type.elem_type()));
  const auto given = options_.shapes.find(input.name());
  OCTET_CHECK(type.has_shape() || given != options_.shapes.end(), file_.path, ": ", name,
              ": its shape is unknown; give one");
  Extents dims;
  for (const auto& d : type.shape().dim()) dims.push_back(d.has_dim_value() ? d.dim_value() : 0);
  if (given != options_.shapes.end()) {
    const bool fits = !type.has_shape() || given->second.size() == dims.size();
    OCTET_CHECK(fits, file_.path, ": ", name, ": expected ", dims.size(), " extents, got ",
                given->second.size());
    for (std::size_t i = 0; i < dims.size(); ++i)
      OCTET_CHECK(dims[i] <= 0 || dims[i] == given->second[i], file_.path, ": ", name,
                  ": dimension ", i, ": the file says ", dims[i], ", got ", given->second[i]);
    dims = given->second;
  }
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const bool open = i == 0 && dims[i] <= 0 && batch_ != FileBatch::inside;
    if (open) dims[i] = batch_ == FileBatch::open ? open_batch : 1;
    OCTET_CHECK(dims[i] > 0, file_.path, ": ", name, ": dimension ", i, " is open ('",
                one_line(i < static_cast<std::size_t>(type.shape().dim_size())
                             ? type.shape().dim(static_cast<int>(i)).dim_param()
                             : ""),
                "'): expected a number; give the input's shape");
  }
  product(dims);  // checked
  return dims;
}

void Importer::add_inputs() {
  for (const auto& input : file_.model.graph().input()) {
    if (initializers_.contains(input.name())) continue;  // of IR versions below 4
    Value v;
    v.dims = input_dims(input);
    const int rank = static_cast<int>(v.rank());
    if (batch_ == FileBatch::inside || rank == 0) {
      v.order = {-1};
      for (int d = 0; d < rank; ++d) v.order.push_back(d);
    } else if (rank == 4 && !is_channels_last(input.name())) {
      v.order = {0, 2, 3, 1};
    } else {
      for (int d = 0; d < rank; ++d) v.order.push_back(d);
    }
    const auto type = input.type().tensor_type().elem_type();
    if (is_code_type(type)) v.codes = Codes{std::nullopt, type == proto::TensorProto::UINT8};
    OnnxValue described{input.name(), v.dims, v.order};
    if (v.batch_axis() >= 0) described.dims[static_cast<std::size_t>(v.batch_axis())] = 0;
    v.node = graph_.input(input.name(), node_shape(v.dims, v.order));
    inputs_.push_back(std::move(described));
    ++names_of_[v.node];
    OCTET_CHECK(values_.emplace(input.name(), std::move(v)).second, file_.path,
                ": two inputs are named '", one_line(input.name()), "'");
  }
  for (const auto& shape : options_.shapes) {
    const bool known = std::any_of(inputs_.begin(), inputs_.end(),
                                   [&](const OnnxValue& v) { return v.name == shape.first; });
    OCTET_CHECK(known, file_.path, ": a shape is given for '", one_line(shape.first),
                "', which is not an input");
  }
  OCTET_CHECK(!inputs_.empty(), file_.path, ": expected an input");
}

}  // namespace octet::onnx
