// Between an operator's options table in the file and its int8::Attributes: both directions.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string>

#include "int8/graph/graph.h"
#include "tflite_generated.h"

namespace octet::tflite {

/// The attributes of a supported operator. `where` begins error messages. Throws Error if the union
/// holds another operator's options, if options that are needed are absent, or if a value is
/// something that this project does not run (by name).
int8::Attributes read_options(const Operator& op, int8::OpCode code, const std::string& where);

struct WrittenOptions {
  BuiltinOptions type = BuiltinOptions::NONE;
  flatbuffers::Offset<void> table;
};
/// The inverse. A monostate stands for the default attributes where the format has defaults.
/// Throws Error if the attributes are another operator's.
WrittenOptions write_options(flatbuffers::FlatBufferBuilder& builder, const int8::Node& node,
                             const std::string& where);

}  // namespace octet::tflite
