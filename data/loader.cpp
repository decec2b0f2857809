// The background thread fills a ring of batches ahead of the reader. A seek empties the ring and
// raises the generation; a batch made for an older generation is thrown away.
#include "data/loader.h"

#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include "data/batch_maker.h"

namespace octet {

struct Loader::Impl {
  Impl(Dataset dataset, const LoaderOptions& options)
      : maker(std::move(dataset), options), ring(static_cast<std::size_t>(options.prefetch)) {}
  ~Impl();

  Position after(Position p) const noexcept {
    return ++p.batch < maker.batches() ? p : Position{p.epoch + 1, 0};
  }
  void start();
  void loop();
  void restart(const Position& from);
  Batch take();

  struct Slot {
    Batch batch;
    std::exception_ptr error;
  };

  data_detail::BatchMaker maker;  // used by the thread alone once it runs
  Position position;              // of the reader

  std::thread thread;
  std::mutex mutex;
  std::condition_variable not_full, not_empty;
  // Guarded by mutex:
  std::vector<Slot> ring;
  std::size_t head = 0, count = 0;
  Position ahead;                // the next batch to make
  std::uint64_t generation = 0;  // of the last restart
  bool failed = false;           // the last slot holds an error: nothing is made until a restart
  bool stopping = false;
};

Loader::Impl::~Impl() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  not_full.notify_all();
  if (thread.joinable()) thread.join();
}

void Loader::Impl::start() {
  if (thread.joinable() || ring.empty()) return;
  ahead = position;
  thread = std::thread([this] { loop(); });
}

void Loader::Impl::loop() {
  std::unique_lock lock(mutex);
  for (;;) {
    not_full.wait(lock, [this] { return stopping || (count < ring.size() && !failed); });
    if (stopping) return;
    const Position p = ahead;
    const std::uint64_t made_for = generation;
    lock.unlock();
    Slot slot;
    try {
      slot.batch = maker.make(p);
    } catch (...) {
      slot.error = std::current_exception();
    }
    lock.lock();
    if (made_for != generation) continue;
    failed = slot.error != nullptr;
    ring[(head + count++) % ring.size()] = std::move(slot);
    ahead = after(p);
    not_empty.notify_one();
  }
}

void Loader::Impl::restart(const Position& from) {
  {
    std::lock_guard lock(mutex);
    for (Slot& slot : ring) slot = Slot();
    head = count = 0;
    ahead = from;
    failed = false;
    ++generation;
  }
  not_full.notify_one();
}

Batch Loader::Impl::take() {
  start();
  Slot slot;
  {
    std::unique_lock lock(mutex);
    not_empty.wait(lock, [this] { return count > 0; });
    slot = std::move(ring[head]);
    head = (head + 1) % ring.size();
    --count;
  }
  if (slot.error) {
    restart(position);
    std::rethrow_exception(slot.error);
  }
  not_full.notify_one();
  return std::move(slot.batch);
}

Loader::Loader(Dataset dataset, const LoaderOptions& options)
    : impl_(new Impl(std::move(dataset), options)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

Loader::Position Loader::position() const noexcept {
  return impl_->position;
}

void Loader::seek(std::uint64_t epoch, std::int64_t batch) {
  OCTET_CHECK(epoch < std::numeric_limits<std::uint32_t>::max(),
              "loader: seek: epoch: expected less than 2^32 - 1, got ", epoch);
  OCTET_CHECK(batch >= 0 && batch <= batches_per_epoch(), "loader: seek: batch: expected 0 to ",
              batches_per_epoch(), ", got ", batch);
  Position to{epoch, batch};
  if (batch == batches_per_epoch()) to = {epoch + 1, 0};
  if (to == impl_->position) return;
  impl_->position = to;
  impl_->restart(to);
}

Batch Loader::next() {
  Impl& impl = *impl_;
  Batch batch = impl.ring.empty() ? impl.maker.make(impl.position) : impl.take();
  impl.position = impl.after(impl.position);
  return batch;
}

std::int64_t Loader::batches_per_epoch() const noexcept {
  return impl_->maker.batches();
}
std::int64_t Loader::samples_per_epoch() const noexcept {
  return impl_->maker.samples();
}

std::vector<std::int64_t> Loader::indices(const Position& position) const {
  OCTET_CHECK(position.batch >= 0 && position.batch < batches_per_epoch(),
              "loader: indices: batch: expected 0 to ", batches_per_epoch() - 1, ", got ",
              position.batch);
  return impl_->maker.indices(position);
}

std::vector<std::int64_t> Loader::indices(std::uint64_t epoch) const {
  return impl_->maker.indices(epoch);
}

const Dataset& Loader::dataset() const noexcept {
  return impl_->maker.dataset();
}
const LoaderOptions& Loader::options() const noexcept {
  return impl_->maker.options();
}

Loader::Iterator::Iterator(Loader& loader) : loader_(&loader), epoch_(loader.position().epoch) {
  read();
}

Loader::Iterator& Loader::Iterator::operator++() {
  read();
  return *this;
}

void Loader::Iterator::read() {
  batch_ = Batch();  // back to the pool before the next one is taken
  done_ = loader_->position().epoch != epoch_;
  if (!done_) batch_ = loader_->next();
}

}  // namespace octet
