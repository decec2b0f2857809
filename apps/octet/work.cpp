#include "apps/octet/work.h"

#include <iostream>

#include "base/error.h"
#include "base/text_table.h"

namespace octet::app {

bool is_much(const int8::Model& model, double samples) {
  return static_cast<double>(model.work()) * samples > much_work;
}

std::string work_text(const int8::Model& model, double samples) {
  return grouped(static_cast<std::int64_t>(samples)) + " samples of " + grouped(model.work()) +
         " operations each";
}

void announce_work(const std::string& command, const std::string& path, const int8::Model& model,
                   double samples) {
  if (!is_much(model, samples)) return;
  std::cerr << "octet " << command << ": " << one_line(path) << ": this runs "
            << work_text(model, samples) << " and may take long" << std::endl;
}

}  // namespace octet::app
