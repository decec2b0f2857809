#include "fit/shared_score.h"

#include <array>
#include <cstring>

namespace octet {

std::optional<EpochScore> shared_score(Communicator* member, std::optional<EpochScore> score) {
  if (!member) return score;
  std::array<double, 2> numbers{};
  std::vector<std::byte> bytes;
  if (score && member->leads()) {
    numbers = {score->value, score->tie_break};
    bytes.resize(sizeof numbers);
    std::memcpy(bytes.data(), numbers.data(), sizeof numbers);
  }
  member->broadcast(bytes);
  if (member->leads()) return score;
  if (bytes.empty()) return std::nullopt;
  std::memcpy(numbers.data(), bytes.data(), sizeof numbers);
  return EpochScore{.value = numbers[0], .text = {}, .figures = {}, .tie_break = numbers[1]};
}

}  // namespace octet
