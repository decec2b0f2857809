#include "core/named_tensor.h"

#include <map>
#include <sstream>
#include <string>

namespace octet {

void load_tensors(std::string_view what, const std::vector<NamedTensor>& into,
                  const std::vector<NamedTensor>& from) {
  std::map<std::string_view, const Tensor*> given;
  std::vector<std::pair<Tensor, Tensor>> copies;  // to, from
  std::string problems;
  int count = 0;
  constexpr int shown = 5;
  const auto problem = [&](const auto&... parts) {
    if (++count > shown) return;
    std::ostringstream text;
    (text << ... << parts);
    problems += (count > 1 ? "; " : " ") + text.str();
  };
  for (const NamedTensor& t : from) {
    if (!given.emplace(t.name, &t.value).second) problem("repeated: ", t.name);
  }
  for (const NamedTensor& own : into) {
    const auto it = given.find(own.name);
    if (it == given.end()) {
      problem("missing: ", own.name, " ", own.value.shape());
      continue;
    }
    const Tensor& t = *it->second;
    if (!t.defined()) {
      problem("undefined: ", own.name, ", expected ", own.value.shape());
    } else if (t.shape() != own.value.shape() || t.dtype() != own.value.dtype()) {
      problem("misshapen: ", own.name, ", expected ", own.value.shape(), " ",
              dtype_name(own.value.dtype()), ", got ", t.shape(), " ", dtype_name(t.dtype()));
    } else if (!t.shares_storage(own.value)) {
      copies.emplace_back(own.value, t);
    }
    given.erase(it);
  }
  for (const auto& [name, t] : given) {
    if (t->defined()) {
      problem("unexpected: ", name, " ", t->shape());
    } else {
      problem("unexpected: ", name);
    }
  }
  const int more = count - shown;
  OCTET_CHECK(count == 0, what, ": the state does not fit, nothing was loaded:", problems,
              more > 0 ? "; and " + std::to_string(more) + " more" : "");
  for (auto& [to, value] : copies) to.copy_from(value);
}

}  // namespace octet
