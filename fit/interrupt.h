// Ctrl-C, SIGTERM and SIGHUP as a question that loops ask between batches.
#pragma once

namespace octet {

/// From now on the first SIGINT or SIGTERM only sets a flag; the second one ends the process.
/// SIGHUP only ever sets the flag, for a terminal that goes away sends it twice (itself and by its
/// shell); where it is ignored (nohup) it stays so. A file that grows beyond its limit (ulimit -f)
/// is an error like a full disk.
void watch_interrupts();
/// Whether the process was asked to stop.
bool interrupted() noexcept;

}  // namespace octet
