#include "deploy/folder/channels_first.h"

#include <doctest/doctest.h>

namespace octet::deploy {
namespace {

int8::ValueInfo value(std::vector<std::int32_t> shape, int8::DType type) {
  std::size_t count = 1;
  for (const std::int32_t extent : shape) count *= static_cast<std::size_t>(extent);
  return {.name = "x",
          .type = type,
          .shape = std::move(shape),
          .bytes = count * int8::dtype_size(type)};
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int v : values) result.push_back(static_cast<std::byte>(v));
  return result;
}

}  // namespace

TEST_CASE("channels first: images of each value of each sample, and nothing else") {
  const std::vector<int8::ValueInfo> values = {value({1, 1, 2, 3}, int8::DType::i8),
                                               value({1, 4}, int8::DType::i8)};
  const auto nhwc = bytes({0, 1, 2, 3, 4, 5, 9, 8, 7, 6, 10, 11, 12, 13, 14, 15, 1, 2, 3, 4});
  const auto nchw = channels_first(nhwc, values);
  CHECK(nchw == bytes({0, 3, 1, 4, 2, 5, 9, 8, 7, 6, 10, 13, 11, 14, 12, 15, 1, 2, 3, 4}));
  CHECK(channels_last(nchw, values) == nhwc);
  const auto moved = channels_first(values);
  CHECK(moved[0].shape == std::vector<std::int32_t>{1, 3, 1, 2});
  CHECK(moved[1].shape == std::vector<std::int32_t>{1, 4});
}

TEST_CASE("channels first: elements stay whole") {
  const std::vector<int8::ValueInfo> values = {value({1, 1, 2, 2}, int8::DType::i16)};
  const auto nhwc = bytes({0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(channels_first(nhwc, values) == bytes({0, 1, 4, 5, 2, 3, 6, 7}));
  CHECK(channels_last(channels_first(nhwc, values), values) == nhwc);
}

}  // namespace octet::deploy
