// The floating-point type of training. The core, layers and optim also build with double
// (OCTET_REAL_DOUBLE) so that gradients can be checked to 1e-6.
#pragma once

namespace octet {

/// Float, or double in the libraries whose names end in _f64.
#ifdef OCTET_REAL_DOUBLE
using real = double;
#else
using real = float;
#endif
}  // namespace octet
