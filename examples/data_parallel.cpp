// A custom training loop on several processes: LeNet on digits, the same bytes for 1, 2 and 4 of
// them. docs/distributed.md explains it. Usage: [mpirun -n 2] data_parallel DIGITS.h5 OUT.h5
#include <cstdio>
#include <exception>
#include <octet/training.hpp>

namespace {

using namespace octet;

void train(const DataSource& data, const char* out, dist::Member& member) {
  Communicator& all = member.communicator;
  Context ctx(member.threads, /*seed=*/1, &all);
  Loader loader(data.train, {.batch = 64,
                             .shuffle = true,
                             .seed = 1,
                             .drop_last = true,
                             .part = {all.rank(), all.size()}});  // of each batch of 64
  const auto net = zoo::lenet({.classes = 10, .in_h = 20, .in_w = 20});
  optim::Adam adam(net->parameters(), {.lr = 1e-3});
  for (auto& [x, y] : loader) {
    Tape tape(ctx);
    CrossEntropyOptions of_all;
    of_all.divisor = 64;  // the mean over the whole batch
    Var loss = cross_entropy((*net)(tape.input(x)), y, of_all);
    adam.zero_grad();
    tape.backward(loss);
    optim::sum_gradients(ctx, adam.parameters());
    adam.step(ctx);
  }
  if (!all.leads()) return;
  Context alone(member.threads);  // an evaluation of one member
  Loader test(data.test, {.batch = 100});
  std::printf("float %.2f %%\n", 100 * evaluate(*net, test, alone).accuracy());
  Checkpoint checkpoint;
  checkpoint.put("model", net->state());
  write_checkpoint(checkpoint, out);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s DIGITS.h5 OUT.h5\n", argv[0]);
    return 2;
  }
  std::unique_ptr<dist::Transport> job;
  try {
    job = dist::open_transport();
    const DataSource data = open_data_source(DataFormat::hdf5, argv[1]);
    dist::MemberGroup members(*job, {.shards = 4});
    members.run([&](dist::Member& member) { train(data, argv[2], member); });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s%s%s\n", job ? job->place().c_str() : "",
                 job && job->size() > 1 ? ": " : "", error.what());
  }
  if (job && job->size() > 1) job->abort();  // the others wait for this process
  return 1;
}
