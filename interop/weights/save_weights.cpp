#include "interop/weights/save_weights.h"

#include "interop/weights/formats/write_safetensors.h"
#include "interop/weights/weight_names.h"
#include "interop/weights/weight_uses.h"

namespace octet {
namespace {

/// `tensor` in the axes of `order`, with its numbers in `numbers`.
StoredTensor stored(const std::string& name, const Tensor& tensor, const LayerUse& use,
                    std::vector<float>& numbers) {
  const AxisOrder order = axis_order_of(name);
  StoredTensor t{.name = name,
                 .format = NumberFormat::f32,
                 .type = "F32",
                 .shape = shape_as(order, tensor.shape(), use),
                 .fortran = false,
                 .data = {}};
  const auto [extents, steps] = *view_as(t, order, tensor.shape(), use);
  numbers.resize(static_cast<std::size_t>(tensor.numel()));
  const real* from = tensor.r();
  for (std::int64_t a = 0; a < extents[0]; ++a) {
    for (std::int64_t b = 0; b < extents[1]; ++b) {
      for (std::int64_t c = 0; c < extents[2]; ++c) {
        for (std::int64_t d = 0; d < extents[3]; ++d) {
          const std::int64_t at = a * steps[0] + b * steps[1] + c * steps[2] + d * steps[3];
          numbers[static_cast<std::size_t>(at)] = static_cast<float>(*from++);
        }
      }
    }
  }
  t.data = std::as_bytes(std::span(numbers));
  return t;
}

}  // namespace

void save_weights(const std::filesystem::path& path, const GraphModule& network) {
  const std::map<std::string, LayerUse> uses = weight_uses(network);
  const std::vector<NamedTensor> state = network.state();
  std::vector<std::vector<float>> numbers(state.size());
  std::vector<StoredTensor> tensors;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto use = uses.find(state[i].name);
    tensors.push_back(stored(state[i].name, state[i].value,
                             use == uses.end() ? LayerUse{} : use->second, numbers[i]));
  }
  write_safetensors(path, tensors);
}

}  // namespace octet
