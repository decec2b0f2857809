#include "core/kernels/blas.h"

#include <cblas.h>

#include <strings.h>

#include <cstdlib>

#include "base/error.h"
#include "core/kernels/blas_check.h"

// What OpenBLAS, where it is built for many CPUs, calls when it starts and ends: to choose kernels,
// by OPENBLAS_CORETYPE or by CPU model, if it has none yet, and to forget them. It has no public
// function that chooses kernels.
extern "C" {
__attribute__((weak)) void gotoblas_dynamic_init();
__attribute__((weak)) void gotoblas_dynamic_quit();
}

namespace octet {
namespace {

constexpr const char* variable = "OPENBLAS_CORETYPE";

std::string core_in_use() {
  return openblas_get_corename();
}

bool can_choose() {
  return gotoblas_dynamic_init && gotoblas_dynamic_quit;
}

/// Has OpenBLAS use the kernels of that name; its own choice where it does not know the name.
void use(std::string_view core) {
  setenv(variable, std::string(core).c_str(), 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv(variable);
}

/// Chooses in the first call, made before main. Returns whether the user has chosen instead.
bool named_by_user() {
  static const bool named = [] {
    if (const char* name = std::getenv(variable); name && *name) return true;
    if (!can_choose()) return false;
    gotoblas_dynamic_init();  // a static OpenBLAS may not have started yet
    const std::string_view better = better_blas_core(core_in_use(), blas_cpu());
    if (!better.empty()) use(better);
    return false;
  }();
  return named;
}

[[maybe_unused]] const bool chosen_before_main = (named_by_user(), true);

}  // namespace

BlasKernels settle_blas_kernels(bool named, const BlasCpu& cpu,
                                const std::function<bool()>& right) {
  const std::string first = core_in_use();
  OCTET_CHECK(blas_core_runs(first, cpu), "OpenBLAS's kernels for ", first, " (", variable,
              ") need instructions that this CPU lacks");
  if (right()) return {first, ""};
  const std::string complaint =
      text_of("OpenBLAS's kernels for ", first, named ? " (OPENBLAS_CORETYPE)" : "",
              " compute wrong products on this machine");
#if defined(__x86_64__)
  for (const std::string_view lesser : {"Haswell", "Sandybridge", "Prescott"}) {
    if (named || !can_choose() || lesser == first || !blas_core_runs(lesser, cpu)) continue;
    use(lesser);
    if (core_in_use() == lesser && right()) {
      return {std::string(lesser), text_of(complaint, "; those for ", lesser, " are used")};
    }
  }
#endif
  fail(complaint);
}

const BlasKernels& blas_kernels() {
  static const BlasKernels kernels = [] {
    const bool named = named_by_user();
    BlasKernels settled = settle_blas_kernels(named, blas_cpu(), blas_products_are_right);
    // For a name that it does not know OpenBLAS chooses by itself, without a word.
    const char* name = named ? std::getenv(variable) : nullptr;
    if (name && strcasecmp(name, settled.core.c_str()) != 0) {
      settled.warning = text_of(variable, "=", one_line(name), ": OpenBLAS knows no such kernels; ",
                                "those for ", settled.core, " are used");
    }
    return settled;
  }();
  return kernels;
}

}  // namespace octet
