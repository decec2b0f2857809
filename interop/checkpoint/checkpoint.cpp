#include "interop/checkpoint/checkpoint.h"

#include "base/error.h"

namespace octet {
namespace {

template <class Map>
const typename Map::mapped_type& at(const Map& map, const std::string& name, const char* kind,
                                    const std::string& origin) {
  const auto it = map.find(name);
  OCTET_CHECK(it != map.end(), origin, ": the ", kind, " '", name, "' is missing");
  return it->second;
}

}  // namespace

void Checkpoint::put(const std::string& group, const std::vector<NamedTensor>& state) {
  for (const NamedTensor& t : state) tensors[group + "/" + t.name] = t.value;
}

std::vector<NamedTensor> Checkpoint::group(const std::string& group) const {
  std::vector<NamedTensor> state;
  const std::string prefix = group + "/";
  for (auto it = tensors.lower_bound(prefix); it != tensors.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    state.push_back({it->first.substr(prefix.size()), it->second});
  }
  return state;
}

const Tensor& Checkpoint::tensor(const std::string& name) const {
  return at(tensors, name, "tensor", origin);
}
std::int64_t Checkpoint::integer(const std::string& name) const {
  return at(integers, name, "integer", origin);
}
double Checkpoint::number(const std::string& name) const {
  return at(numbers, name, "number", origin);
}
const std::string& Checkpoint::text(const std::string& name) const {
  return at(texts, name, "text", origin);
}

}  // namespace octet
