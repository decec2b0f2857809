// Ctrl-C and SIGTERM as a question that loops ask between batches.
#pragma once

namespace octet::trainer {

/// From now on the first SIGINT or SIGTERM only sets a flag; the second one ends the process.
void watch_interrupts();
/// Whether the process was asked to stop.
bool interrupted() noexcept;

}  // namespace octet::trainer
