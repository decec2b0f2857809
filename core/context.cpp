#include "core/context.h"

#include <cblas.h>

#include "core/communicator.h"
#include "core/kernels/blas.h"

namespace octet {

Context::Context(int thread_count, std::uint64_t random_seed, Communicator* member)
    : threads(thread_count), seed(random_seed), isa(best_isa()), communicator(member) {
  if (member) seed ^= static_cast<std::uint64_t>(member->rank()) * 0xd1342543de82ef95u;
  // Results must not depend on the number of threads, so OpenBLAS works on one; ThreadPool
  // spreads the calls.
  openblas_set_num_threads(1);
  blas_kernels();  // reports here that no right ones are left
}

}  // namespace octet
