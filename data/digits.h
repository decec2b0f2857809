// The recipe of the embedded data set data/digits.h5 (data/README.md), shared by the program that
// writes it and the test that checks the committed file.
#pragma once

#include <filesystem>

#include "data/source.h"

namespace octet {

/// From OpenCV's samples/data/digits.png: 50 rows of 100 grey digits of 20 x 20 pixels, five rows
/// for each of the classes 0 to 9. Every fifth digit of a row is a test sample: 4,000 train and
/// 1,000 test, balanced. Classes alternate, so every run of ten samples holds each class once.
/// Throws Error if the picture is another one.
DataSource make_digits(const std::filesystem::path& picture);

}  // namespace octet
