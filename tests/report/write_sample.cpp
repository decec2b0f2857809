// usage: write_sample DIGITS FOLDER: report.html with curves, tables.html without, metrics.csv and
// an event file, for tests/clients/report.py.
#include <iostream>
#include <span>

#include "base/atomic_file.h"
#include "tests/report/sample_report.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const std::filesystem::path folder = argv[2];
    const auto report = octet::test::sample_report(octet::open_dataset("hdf5", argv[1], "test"));
    octet::report::write_report(report, folder / "report.html");
    octet::report::write_report(report, folder / "tables.html", folder / "none.js");
    const auto write = [&](const char* name, const std::string& text) {
      octet::write_file_atomically(folder / name, std::as_bytes(std::span(text)));
    };
    write("metrics.csv", octet::report::curves_csv(report.phases));
    write("events.out.tfevents.1.octet", octet::report::event_file(report.phases));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
