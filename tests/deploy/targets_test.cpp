#include "deploy/targets.h"

#include <doctest/doctest.h>

#include <set>

#include "base/error.h"
#include "tests/support.h"

namespace octet::deploy {

TEST_CASE("targets: each name is found, and no name is there twice") {
  std::set<std::string_view> names;
  for (const Target& t : targets()) {
    CHECK(names.insert(t.name).second);
    CHECK(&find_target(t.name) == &t);
    CHECK_FALSE(t.description.empty());
  }
  CHECK(find_target("litert").rounding == int8::Rounding::float_rounding);
  CHECK(find_target("tflm").rounding == int8::Rounding::double_rounding);
}

TEST_CASE("targets: an unknown one is an error that names the nearest and the known") {
  CHECK_THROWS_WITH_AS(find_target("tfllite"),
                       "unknown target 'tfllite'; did you mean 'tflite'? Known: tflite, litert, "
                       "tflm, c, linux, onnxruntime, openvino, tensorrt, mnn",
                       Error);
}

TEST_CASE("io: names and back") {
  for (const Io io : {Io::int8, Io::uint8, Io::float32}) CHECK(parse_io(io_name(io)) == io);
  CHECK_FALSE(parse_io("int16"));
}

}  // namespace octet::deploy
