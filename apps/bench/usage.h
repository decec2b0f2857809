// What the process has used so far.
#pragma once

#include <cstdint>

namespace octet::bench {

/// CPU time of all threads, in milliseconds.
double cpu_ms();
/// Page faults that needed no disk.
std::int64_t page_faults();
/// Gives freed memory back to the system and starts the peak anew from what is left.
void reset_peak_memory();
/// The largest resident set since the last reset, in MiB.
double peak_rss_mib();

}  // namespace octet::bench
