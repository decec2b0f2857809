// What one core of this machine can do at most.
#pragma once

namespace octet::bench {

/// GFLOP/s of independent fused multiply-adds in registers (two operations each) on the CPU's
/// widest vectors, whatever OCTET_MAX_ISA says, of which OpenBLAS knows nothing: the best of
/// several short runs, in CPU time of the calling thread.
double fma_ceiling();

}  // namespace octet::bench
