// make_digits <digits.png> <digits.h5>: writes the embedded data set (data/README.md).
#include <exception>
#include <iostream>

#include "data/digits.h"
#include "data/readers.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_digits <digits.png> <digits.h5>\n";
    return 2;
  }
  try {
    const octet::DataSource digits = octet::make_digits(argv[1]);
    octet::write_hdf5(argv[2], {{"train", digits.train}, {"test", digits.test}});
    std::cout << std::hex << "train " << octet::content_hash(digits.train) << "\ntest  "
              << octet::content_hash(digits.test) << '\n';
  } catch (const std::exception& error) {
    std::cerr << "make_digits: " << error.what() << '\n';
    return 1;
  }
}
