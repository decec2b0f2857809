#include "apps/common/setup/memory.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <new>
#include <set>
#include <string>

#include "base/error.h"

namespace octet::setup {
namespace {

constexpr double bytes_per_real = sizeof(real);

/// Of the control group that this process sees as the root, in version 2 and 1.
std::uint64_t group_limit() {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const char* file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t bytes = 0;
    if (std::ifstream(file) >> bytes && bytes > 0) least = std::min(least, bytes);  // or "max"
  }
  return least;
}

std::string gigabytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3g GB", bytes / 1e9);
  return text;
}

/// Whether some layers need nothing for a backward; which ones depends on where they are.
bool freezes(const config::Steps& s) {
  return std::any_of(s.parameters.begin(), s.parameters.end(), [](auto& g) { return g.freeze; });
}

/// Numbers kept for each parameter while it is trained: value, gradient, the optimizer's state, the
/// average.
int numbers_per_parameter(const config::OptimizerConfig& o, const config::Steps& s) {
  if (freezes(s)) return 1;
  const int state = o.type == "sgd" ? o.momentum > 0 : 2;
  return 2 + state + (s.ema_decay > 0);
}

int numbers_per_parameter(const config::Config& c) {
  if (c.train) return numbers_per_parameter(c.train->optimizer, c.train->steps);
  return c.qat() ? numbers_per_parameter(c.quant->optimizer, c.quant->steps) : 1;
}

/// Parameters of the model; infinity if not even their addresses fit, 0 if there is no such model
/// (who makes it says why).
double parameter_count(const std::string& zoo, zoo::NetworkOptions options) {
  options.draw = false;
  try {
    return static_cast<double>(zoo::make_model(zoo, options)->parameter_count());
  } catch (const MemoryError&) {
    return std::numeric_limits<double>::infinity();
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::infinity();
  } catch (const Error&) {
    return 0;
  }
}

/// Numbers that a convolution or linear layer must keep of each picture for its backward: its
/// input.
double kept_per_picture(const GraphModule& network) {
  std::set<int> kept;
  for (const GraphNode& node : network.nodes()) {
    if (!node.op) continue;
    const std::string_view op = node.op->name();
    if (op == "conv2d" || op == "linear") kept.insert(node.inputs.at(0));
  }
  double sum = 0;
  for (const int id : kept) {
    sum += static_cast<double>(network.nodes()[static_cast<std::size_t>(id)].shape.numel());
  }
  return sum;
}

}  // namespace

std::uint64_t memory_limit() {
  std::uint64_t least = group_limit();
  struct sysinfo machine {};
  if (::sysinfo(&machine) == 0) {
    const std::uint64_t units = std::uint64_t{machine.totalram} + machine.totalswap;
    least = std::min(least, units * machine.mem_unit);
  }
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) == 0) least = std::min<std::uint64_t>(least, limit.rlim_cur);
  }
  return least;
}

void check_parameter_memory(const config::Config& c, const zoo::NetworkOptions& options) {
  const double count = parameter_count(c.model.zoo, options);
  const double needed = count * bytes_per_real * numbers_per_parameter(c);
  const auto limit = static_cast<double>(memory_limit());
  const char* pointer = c.model.width > 1     ? "/model/width"
                        : c.model.classes > 0 ? "/model/classes"
                                              : "/model";
  OCTET_CHECK(needed <= limit, c.where(pointer), ": ", c.model.zoo, " of width ", c.model.width,
              " and ", options.classes, " classes ",
              std::isfinite(needed) ? "needs at least " + gigabytes(needed) : "needs more memory",
              " for its parameters, but there are ", gigabytes(limit));
}

void check_parameter_memory(const config::Config& c, const std::string& pointer,
                            std::int64_t parameters) {
  const double needed = static_cast<double>(parameters) * bytes_per_real * numbers_per_parameter(c);
  const auto limit = static_cast<double>(memory_limit());
  OCTET_CHECK(needed <= limit, c.where(pointer), ": the ", parameters, " parameters up to here ",
              "need at least ", gigabytes(needed), ", but there are ", gigabytes(limit));
}

void check_step_memory(const TrainingSection& t, const GraphModule& network,
                       const DataSource& data) {
  double picture = 0;
  for (const int id : network.inputs()) {
    const Shape& input = network.nodes()[static_cast<std::size_t>(id)].shape;
    picture += static_cast<double>(input.numel()) * bytes_per_real;
  }
  const double kept_bytes = t.pointer == "/quant" ? 1 : bytes_per_real;  // codes or numbers
  if (!freezes(t.steps)) picture += kept_per_picture(network) * kept_bytes;
  const double fixed = static_cast<double>(data.train.images.bytes() + data.test.images.bytes()) +
                       static_cast<double>(network.parameter_count()) * bytes_per_real *
                           numbers_per_parameter(t.optimizer, t.steps);
  const auto pictures = static_cast<double>(std::min<std::int64_t>(t.batch, data.train.size()));
  const auto limit = static_cast<double>(memory_limit());
  OCTET_CHECK(fixed + picture <= limit, t.config.where("/model"), ": a step of one picture needs ",
              "at least ", gigabytes(fixed + picture), ", but there are ", gigabytes(limit));
  OCTET_CHECK(fixed + pictures * picture <= limit, t.where("batch"), ": a step of ", pictures,
              " pictures needs at least ", gigabytes(fixed + pictures * picture),
              ", but there are ", gigabytes(limit));
}

}  // namespace octet::setup
