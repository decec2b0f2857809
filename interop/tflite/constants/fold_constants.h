// Shape arithmetic: integers that follow from the shapes of values and from constants are computed
// while a file is read.
#pragma once

#include <map>
#include <vector>

#include "interop/tflite/constants/int_value.h"
#include "interop/tflite/tensors.h"

namespace octet::tflite {

struct FoldedConstants {
  std::vector<bool> operators;      ///< that are not needed any more
  std::map<int, IntValue> tensors;  ///< INT32 constants in their place, and INT64 ones as INT32
  std::map<int, Dims> shapes;  ///< of one sample, where the file says another or leaves it open
};

/// Operators on INT32 and INT64 whose inputs are constants, results of such operators or, for SHAPE
/// and RANK, any value: of one sample, with the shape that the file says. Operators that nothing
/// but these reads go with them. Throws Error, naming the operator, for operands that make no sense
/// or integers beyond INT32.
FoldedConstants fold_constants(const File& file, const SubGraph& subgraph, CopyBudget& budget);

}  // namespace octet::tflite
