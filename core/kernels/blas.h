// Which of OpenBLAS's kernels compute the products.
#pragma once

#include <functional>
#include <string>

#include "core/kernels/blas_choice.h"

namespace octet {

struct BlasKernels {
  std::string core;     ///< OpenBLAS's name of them: "SkylakeX", "Haswell", ...
  std::string warning;  ///< one line for the user if others were meant to be used; else empty
};

/// The kernels of this process: OpenBLAS's own choice, or better ones (better_blas_core) unless the
/// user has set OPENBLAS_CORETYPE. Chosen before main, when nobody computes yet. The first call
/// compares them with our own products, about a millisecond, and takes lesser ones where they are
/// wrong. Throws Error if none are left, or if those that the user named are wrong or need
/// instructions that the CPU lacks. Any thread may call it.
const BlasKernels& blas_kernels();

/// The second half of blas_kernels(): from the kernels in use to lesser ones until `right` accepts
/// them. `named`: by the user, and not to be replaced. For tests; not while a thread computes.
BlasKernels settle_blas_kernels(bool named, const BlasCpu& cpu, const std::function<bool()>& right);

}  // namespace octet
