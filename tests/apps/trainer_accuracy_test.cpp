// The configurations of the project do what they are for. Minutes, not seconds: suites slow and
// shared.
#include <doctest/doctest.h>

#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace {

struct ConfigFixture : TrainerFixture {
  Json run_config(const std::string& name, const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> command{"--config",
                                     (test::source_dir() / "configs" / (name + ".json")).string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const TrainerRun r = run_raw(command);
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
    return summary(name);
  }
};

double accuracy(const Json& summary, const char* of) {
  return summary[of]["accuracy"].get<double>();
}

}  // namespace

TEST_SUITE("slow") {
  TEST_CASE_FIXTURE(ConfigFixture, "digits: float LeNet, QAT and PTQ") {
    const Json qat = run_config("finetune_qat");
    CHECK(accuracy(qat, "float") >= 0.975);  // of 3,600 digits, not 4,000
    CHECK(accuracy(qat, "int8") >= accuracy(qat, "float") - 0.005);
    CHECK(accuracy(qat, "int8") == accuracy(qat, "qat"));
    CHECK(qat["int8"]["codes_different"] == 0);
    CHECK(qat["int8"]["codes_compared"].get<std::int64_t>() > 1000 * 10000);
    const Json ptq = run_config("ptq_digits");
    CHECK(accuracy(ptq, "int8") >= accuracy(ptq, "float") - 0.01);
    CHECK(ptq["int8"]["codes_different"] == 0);
  }

  TEST_CASE_FIXTURE(ConfigFixture, "digits: ResNet-8") {
    const Json qat = run_config("resnet8_digits_qat");
    CHECK(accuracy(qat, "float") >= 0.98);
    CHECK(accuracy(qat, "int8") >= accuracy(qat, "float") - 0.005);
    CHECK(qat["int8"]["codes_different"] == 0);
  }
}

TEST_SUITE("shared") {
  TEST_CASE_FIXTURE(ConfigFixture, "Fashion-MNIST: one epoch of the configuration") {
    ::setenv("OCTET_SHARED", std::filesystem::absolute(*test::shared_dir()).c_str(), 1);
    const Json s = run_config("fashion_mnist", {"--set", "train.epochs=1"});
    CHECK(accuracy(s, "float") >= 0.86);
  }
}
