// A model file as protobuf gives it, and the tensors in it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "interop/onnx/constant.h"
#include "onnx.pb.h"

namespace octet::onnx {

namespace proto = ::onnx;

struct ModelFile {
  std::string path;  ///< for messages; external data is beside it
  proto::ModelProto model;
};

/// Throws Error, naming the path, if it cannot be read, is not an ONNX model, or if its operator
/// set is not one of 7 to 28.
ModelFile read_model_file(const std::string& path);
ModelFile parse_model_file(std::span<const std::byte> bytes, const std::string& path);

/// The operator set of the standard operators.
int opset_of(const proto::ModelProto& model);

/// "uint4", for messages.
std::string type_name(int type);

/// Takes the elements out of `tensor`, which is empty afterwards. Throws Error naming the tensor if
/// its type is none of float, double, float16, bfloat16, bool and integers, if the number of
/// elements is not that of its extents, or if its external data is not in the model's folder or too
/// short.
ConstantPtr take_tensor(proto::TensorProto& tensor, const std::string& model_path);

}  // namespace octet::onnx
