#include "core/named_tensor.h"

#include <map>
#include <sstream>

namespace octet {

void load_tensors(std::string_view what, const std::vector<NamedTensor>& into,
                  const std::vector<NamedTensor>& from) {
  std::map<std::string_view, const Tensor*> given;
  std::vector<std::pair<Tensor, Tensor>> copies;  // to, from
  std::ostringstream problems;
  for (const NamedTensor& t : from) {
    if (!given.emplace(t.name, &t.value).second) problems << "\n  repeated: " << t.name;
  }
  for (const NamedTensor& own : into) {
    const auto it = given.find(own.name);
    if (it == given.end()) {
      problems << "\n  missing: " << own.name << " " << own.value.shape();
      continue;
    }
    const Tensor& t = *it->second;
    if (!t.defined()) {
      problems << "\n  undefined: " << own.name << ", expected " << own.value.shape();
    } else if (t.shape() != own.value.shape() || t.dtype() != own.value.dtype()) {
      problems << "\n  misshapen: " << own.name << ", expected " << own.value.shape() << " "
               << dtype_name(own.value.dtype()) << ", got " << t.shape() << " "
               << dtype_name(t.dtype());
    } else if (!t.shares_storage(own.value)) {
      copies.emplace_back(own.value, t);
    }
    given.erase(it);
  }
  for (const auto& [name, t] : given) {
    problems << "\n  unexpected: " << name;
    if (t->defined()) problems << " " << t->shape();
  }
  const std::string text = problems.str();
  OCTET_CHECK(text.empty(), what, ": the state does not fit, nothing was loaded:", text);
  for (auto& [to, value] : copies) to.copy_from(value);
}

}  // namespace octet
