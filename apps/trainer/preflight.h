// Everything a run would stumble over later, found before it begins.
#pragma once

#include "apps/trainer/session.h"

namespace octet::trainer {

/// Makes what each phase of the configuration needs and lets it go again: optimizer, loss, groups
/// of parameters, batches and schedule of float and of quantization-aware training, and the
/// quantized network. Throws Error naming file and JSON pointer. The session stays as it is.
void check_phases(Session& s);

}  // namespace octet::trainer
