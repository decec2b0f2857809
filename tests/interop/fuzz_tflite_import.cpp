// libFuzzer target (clang): arbitrary bytes as a TFLite file to train on. Whatever they are, there
// is an octet::Error or a network that runs, with a batch of two, and gives results of the shapes
// that it says; and ships again, if its quantization can be kept. Its seeds are those of
// fuzz_tflite.
#include <cstring>
#include <memory>
#include <optional>

#include "base/error.h"
#include "interop/tflite_import/import_tflite.h"
#include "tests/interop/fuzz_network.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::optional<octet::TfliteNetwork> network;
  try {
    network = octet::import_tflite(std::as_bytes(std::span(data, size)), "fuzz.tflite");
  } catch (const octet::Error&) {
    return 0;
  }
  if (octet::test::work(*network->graph) > 1e6) return 0;
  octet::test::checked_results(*network->graph);
  octet::test::keep_quantization(*network->graph, network->stored);
  return 0;
}
