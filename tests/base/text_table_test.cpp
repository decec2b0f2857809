#include "base/text_table.h"

#include <doctest/doctest.h>

using namespace octet;

TEST_CASE("columns are aligned by what a terminal shows, numbers to the right") {
  TextTable table({"class", "images"});
  table.add({"Straße", "1,200"});
  table.add({"猫", "7"});
  CHECK(table.text() ==
        "class   images\n"
        "Straße   1,200\n"
        "猫           7\n");
}

TEST_CASE("text is shortened to columns, between characters") {
  CHECK(text_width("Straße") == 6);
  CHECK(text_width("猫と犬") == 6);
  CHECK(shortened("Straße", 6) == "Straße");
  CHECK(shortened("Straße", 5) == "Stra~");
  CHECK(shortened("ßßßß", 3) == "ßß~");
  CHECK(shortened("猫と犬", 4) == "猫~");
  CHECK(shortened("ab", 1) == "~");
}

TEST_CASE("numbers to three digits") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(0.01234) == "0.0123");
  CHECK(short_number(-1.234) == "-1.23");
  CHECK(short_number(12.34) == "12.3");
  CHECK(short_number(12345.6) == "12346");
  CHECK(short_number(1.23e7) == "1.2e+07");
}
