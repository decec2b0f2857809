// A trainer with an OpenBLAS that does not know the CPU, or that computes wrong products.
#include <doctest/doctest.h>

#include "core/kernels/blas.h"
#include "tests/apps/trainer_fixture.h"

#if defined(OCTET_OTHER_OPENBLAS) && defined(__x86_64__)

using namespace octet;
using namespace octet::test;

namespace {

/// Set in this process, and so in the programs that it runs, for a scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

const char* best_core() {
  return blas_cpu().vectors == BlasVectors::avx512 ? "SkylakeX" : "Haswell";
}

/// A short run on another OpenBLAS; the checkpoint has the kernels that computed it.
TrainerRun run(const TrainerFixture& f, const std::string& chooses, const std::string& wrong) {
  Json config = f.config();
  config["quant"] = {{"mode", "ptq"}, {"calibrate_batches", 4}};
  config["train"]["epochs"] = 1;
  f.write(config);
  const Variable preload("LD_PRELOAD", OCTET_OTHER_OPENBLAS);
  const Variable choice("OTHER_OPENBLAS_CHOOSES", chooses), faults("OTHER_OPENBLAS_WRONG", wrong);
  return f.run();
}

}  // namespace

TEST_CASE("a CPU that OpenBLAS does not know is used for what it can") {
  if (blas_cpu().vectors < BlasVectors::avx2) return;
  const TrainerFixture f;
  const TrainerRun r = run(f, "Prescott", "");
  CHECK_MESSAGE(r.code == 0, r.output);
  CHECK_FALSE(r.says("OpenBLAS"));
  CHECK(f.checkpoint().text("openblas_core") == best_core());
}

TEST_CASE("kernels that the user names are used") {
  const TrainerFixture f;
  const Variable named("OPENBLAS_CORETYPE", "Nehalem");
  Json config = f.config();
  config.erase("quant");
  f.write(config);
  CHECK(f.run().code == 0);
  CHECK(f.checkpoint().text("openblas_core") == "Nehalem");
}

TEST_CASE("wrong kernels are not used, and the trainer says so") {
  if (blas_cpu().vectors < BlasVectors::avx2) return;
  const TrainerFixture f;
  SUBCASE("the best ones") {
    const std::string lesser = best_core() == std::string("SkylakeX") ? "Haswell" : "Sandybridge";
    const TrainerRun r = run(f, "Nehalem", best_core());
    CHECK_MESSAGE(r.code == 0, r.output);
    CHECK(r.says("warning: OpenBLAS's kernels for " + std::string(best_core()) +
                 " compute wrong products on this machine; those for " + lesser + " are used\n"));
    CHECK(f.checkpoint().text("openblas_core") == lesser);
  }
  SUBCASE("all") {
    const TrainerRun r = run(f, "Nehalem", "SkylakeX Haswell Sandybridge Prescott");
    CHECK(r.code == 1);
    CHECK(r.output == "error: OpenBLAS's kernels for " + std::string(best_core()) +
                          " compute wrong products on this machine\n");
    CHECK_FALSE(std::filesystem::exists(f.run_dir()));
  }
}

#endif
