#include "base/printable.h"

#include <doctest/doctest.h>

#include "base/error.h"

using octet::one_line;
using octet::printable_text;

TEST_CASE("printable text: what a terminal or JSON would not take is a question mark") {
  CHECK(printable_text("plain ~ text") == "plain ~ text");
  CHECK(printable_text("\x1b[31m\r\n\t\x7f") == "?[31m????");
  CHECK(printable_text(std::string_view("a\0b", 3)) == "a?b");
  CHECK(printable_text("\xc2\x9b"
                       "1m\xc2\xa0") == "?1m\xc2\xa0");  // C1 controls
  CHECK(printable_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82") ==
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82");
  CHECK(printable_text("caf\xe9") == "caf?");
  CHECK(printable_text("\xc3") == "?");
  CHECK(printable_text("\xc0\xaf") == "??");            // not the shortest form
  CHECK(printable_text("\xe0\x9f\xbf") == "???");       // nor this
  CHECK(printable_text("\xed\xa0\x80") == "???");       // a surrogate
  CHECK(printable_text("\xf4\x90\x80\x80") == "????");  // beyond U+10FFFF
  CHECK(printable_text("\xf4\x8f\xbf\xbf") == "\xf4\x8f\xbf\xbf");
  CHECK(one_line(std::string(100, '\n')) == std::string(80, '?') + "...");
}
