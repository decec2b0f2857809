// A TFLite file that becomes a network and a file again.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite_import/import_tflite.h"
#include "quant/convert.h"
#include "quant/prepare.h"

namespace octet::test {

using Bytes = std::vector<std::byte>;

inline int8::Model model_of(const Bytes& file) {
  const auto owner = std::make_shared<const Bytes>(file);
  return int8::Model(parse_tflite(*owner, owner), {.ops = &int8::all_ops()});
}

/// The network as it was quantized, as an integer model.
inline int8::Model shipped_again(const TfliteNetwork& network) {
  quant::QConfig config;
  config.rounding = network.rounding;
  config.stored = network.stored;
  config.stored_use = quant::StoredUse::keep;
  const quant::QatModelPtr qat = quant::prepare_ptq(*network.graph, config);
  qat->finish_calibration();
  return quant::convert(*qat);
}

/// Random codes of `model`'s inputs, of i8, u8 or f32, and the same as the i8 codes of the model
/// that it was made into.
inline void set_inputs(const int8::Model& model, int8::ExecutionContext& x,
                       const int8::Model& again, int8::ExecutionContext& y) {
  std::mt19937 rng(3);
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const int8::ValueInfo from = model.inputs()[i], to = again.inputs()[i];
    const auto codes = x.input(static_cast<int>(i)), own = y.input(static_cast<int>(i));
    for (std::size_t k = 0; k < own.size(); ++k) {
      const int code = static_cast<int>(rng() % 256) - 128;
      own[k] = static_cast<std::byte>(code);
      if (from.type == int8::DType::f32) {
        const float value = to.scale * static_cast<float>(code - to.zero_point);
        std::memcpy(codes.data() + 4 * k, &value, 4);
      } else {
        codes[k] = static_cast<std::byte>(from.type == int8::DType::u8 ? code + 128 : code);
      }
    }
  }
}

/// How many codes differ between the file and what its network ships as.
inline std::int64_t different_codes(const Bytes& file, const TfliteNetwork& network) {
  const int8::Model model = model_of(file), again = shipped_again(network);
  int8::ExecutionContext x(model, {.batch = 3, .threads = 1});
  // The file's batch may be more than 1.
  const auto samples = x.input(0).size() / int8::ExecutionContext(again, {}).input(0).size() /
                       (model.inputs()[0].type == int8::DType::f32 ? 4 : 1);
  int8::ExecutionContext y(again, {.batch = static_cast<int>(samples), .threads = 1});
  REQUIRE(model.inputs().size() == again.inputs().size());
  set_inputs(model, x, again, y);
  x.run();
  y.run();
  std::int64_t different = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const int8::ValueInfo from = model.outputs()[i];
    if (next == network.outputs.size() || network.outputs[next].name != from.name) continue;
    const int8::ValueInfo to = again.outputs()[next];
    const auto codes = x.output(static_cast<int>(i)), own = y.output(static_cast<int>(next++));
    for (std::size_t k = 0; k < own.size(); ++k) {
      const int code = static_cast<std::int8_t>(own[k]);
      if (from.type == int8::DType::f32) {
        float value;
        std::memcpy(&value, codes.data() + 4 * k, 4);
        different += value != static_cast<float>(double{to.scale} * (code - to.zero_point));
      } else {
        different +=
            codes[k] != static_cast<std::byte>(from.type == int8::DType::u8 ? code + 128 : code);
      }
    }
  }
  CHECK(next == network.outputs.size());
  return different;
}

inline TfliteNetwork import_bytes(std::span<const std::byte> file) {
  return import_tflite(file, "net.tflite");
}

}  // namespace octet::test
