// A validation split taken from the training split.
#pragma once

#include "data/source.h"

namespace octet {

/// Moves `fraction` of each class's training samples, rounded, to `val`; of all samples where
/// targets are no classes, or are made one by one. Which ones depends on the data set's order and
/// the fraction alone, so that every run on it, whatever its seed, holds out the same; the order in
/// both parts stays. Throws Error unless 0 < fraction < 1, if there is a validation split already,
/// or if one of the parts would be empty.
DataSource hold_out(DataSource source, double fraction);

}  // namespace octet
