// torchvision's and timm's networks with their weights in files, in the zoo's networks: the same
// logits (torch_weights.py). Exit code 77, with the reason, where their packages are missing.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "interop/weights/read_weights.h"
#include "interop/weights/transfer.h"
#include "layers/zoo/zoo.h"
#include "tests/clients/client.h"

namespace {

namespace fs = std::filesystem;
using namespace octet;
using namespace octet::test;

int run_client(const std::string& arguments) {
  return run_python("torchvision", "torch_weights.py", arguments);
}

std::vector<float> read_floats(const fs::path& path) {
  const std::vector<char> bytes = read_file(path);
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

struct Case {
  std::string name, file, zoo;
  int side = 0;
  double width = 1;
};

void check(const TempDir& dir, const Case& c) {
  CAPTURE(c.name);
  const ModulePtr net =
      zoo::make_model(c.zoo, {.classes = 10, .in_h = c.side, .in_w = c.side, .width = c.width});
  const auto graph = trace(net, Tensor::zeros({1, c.side, c.side, 3}));
  const Transfer t = transfer_weights(read_weights(dir / c.file), *graph);
  CHECK(t.fresh.empty());
  CHECK(t.unused.empty());

  const std::vector<float> x = read_floats(dir / (c.name + ".x"));
  const std::vector<float> expected = read_floats(dir / (c.name + ".y"));
  Context ctx(2);
  const EvaluationMode evaluation(*net);
  Tape tape(ctx, GradMode::off);
  const Tensor y =
      (*net)(tape.input(Tensor::from<float>({2, c.side, c.side, 3}, std::span(x)))).value();
  REQUIRE(expected.size() == static_cast<std::size_t>(y.numel()));
  double worst = 0, largest = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{y.r()[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  MESSAGE(c.name << ": " << t.headline() << ", largest logit " << largest << ", worst difference "
                 << worst);
  CHECK(worst <= 1e-5 * largest);
}

TEST_CASE("PyTorch's networks have the same logits in octet") {
  const TempDir dir;
  REQUIRE(run_client("'" + dir.path().string() + "'") == 0);
  std::ifstream cases(dir / "cases.txt");
  int count = 0;
  for (Case c; cases >> c.name >> c.file >> c.zoo >> c.side >> c.width; ++count) check(dir, c);
  CHECK(count == 15);
}

}  // namespace

int main(int argc, char** argv) {
  if (run_client("--check") == 77) return 77;
  doctest::Context context(argc, argv);
  return context.run();
}
