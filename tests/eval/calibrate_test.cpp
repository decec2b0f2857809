#include <doctest/doctest.h>

#include "layers/graph/graph_module.h"
#include "layers/zoo/zoo.h"
#include "quant/prepare.h"
#include "tests/eval/images.h"

using namespace octet;

TEST_CASE("calibration leaves the loader where it was") {
  Loader loader(test::random_images(40, 12, 4), {.batch = 4, .shuffle = true, .seed = 3});
  const auto net = zoo::lenet({.classes = 4, .in_h = 12, .in_w = 12});
  for (const Loader::Position start : {Loader::Position{1, 0}, Loader::Position{2, 7}}) {
    for (const int batches : {2, 100}) {  // 100: more than the epoch has
      CAPTURE(batches);
      loader.seek(start);
      const auto qat = quant::prepare_qat(trace(net, Tensor::zeros({1, 12, 12, 1})), {});
      quant::calibrate(*qat, loader, {.batches = batches});
      CHECK(loader.position() == start);
    }
  }
}
