// The tape: differentiable ops in evaluation order. The same recorded list is what backward walks,
// what trace() turns into a GraphModule and what quantization rewrites.
#pragma once

#include <any>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/context.h"
#include "core/grad.h"
#include "core/parameter.h"
#include "core/tensor.h"

namespace octet {

/// What an op's forward keeps for its backward; nothing else stays alive.
struct Saved {
  std::vector<Tensor> tensors;
  std::any extra;
  /// False where no backward can follow (no input needs a gradient): forward may then skip making
  /// masks and the like. What it saves anyway is dropped.
  bool wanted = true;
};

/// An op's inputs.
using In = std::span<const Tensor>;
/// One per input; null where no gradient is wanted.
using Grads = std::span<Grad* const>;

/// A differentiable operation. Immutable, its attributes readable (public const-like members); one
/// object may be recorded any number of times and shared by tapes and graphs.
struct Op {
  virtual ~Op() = default;
  /// The field's name in snake_case: "conv2d", "batch_norm", "relu".
  virtual std::string_view name() const = 0;
  /// Attributes as "key=value, ..."; two ops are the same operation iff name and attributes agree.
  virtual std::string attributes() const { return {}; }
  /// Checks shapes (throws Error: op, operand, expected, got) and computes the result. Puts into
  /// `saved` exactly what backward needs.
  virtual Tensor forward(Context& ctx, In x, Saved& saved) const = 0;
  /// Adds into *dx[i] (see Grad) the gradient with respect to x[i], where dx[i] is not null.
  /// dy is not used afterwards: where it is unique(), its storage may be written to.
  virtual void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const = 0;
  /// backward() for a gradient that is made where it is read; false, with nothing done, where the
  /// op wants all of it in memory.
  virtual bool backward_tiled([[maybe_unused]] Context& ctx, [[maybe_unused]] const Saved& saved,
                              [[maybe_unused]] LazyGradient& dy, [[maybe_unused]] Grads dx) const {
    return false;
  }
};
/// Shared: ops are immutable.
using OpPtr = std::shared_ptr<const Op>;

/// An op in two parts. The tape runs prepare() at once and puts finish() off until somebody reads
/// the result; a reader that does its own work in the same pass over memory never needs it.
struct DeferredOp : Op {
  /// Checks as forward() does and leaves in `saved` what finish() and backward() need, wanted or
  /// not. Returns the result's shape.
  virtual Shape prepare(Context& ctx, In x, Saved& saved) const = 0;
  /// The result of a prepare().
  virtual Tensor finish(Context& ctx, const Saved& saved) const = 0;
  Tensor forward(Context& ctx, In x, Saved& saved) const final {
    prepare(ctx, x, saved);
    return finish(ctx, saved);
  }
  /// This op and behind it `reader`, one of whose inputs is the result (of shape `result`), as one
  /// op that goes on from what this op's prepare() saved; null if there is none. `other`: null, or
  /// the shape of the reader's other input, which then follows this op's inputs and whose value
  /// follows the saved tensors.
  virtual std::shared_ptr<const DeferredOp> followed_by(const Op& reader, const Shape& result,
                                                        const Shape* other) const = 0;
};

class Tape;

/// Watches the ops that tapes run, for profiles: see Context::observer.
struct TapeObserver {
  virtual ~TapeObserver() = default;
  /// Right before an op's forward or backward.
  virtual void begin() = 0;
  /// Right after the forward of node `id`; of a DeferredOp, after the part that was run. Reading
  /// its value now has the other part run too, by itself.
  virtual void forward_done(Tape& tape, int id) = 0;
  /// Right after the backward of node `id`; `dx`: see Op::backward.
  virtual void backward_done(Tape& tape, int id, Grads dx) = 0;
};

/// A handle to a value on a tape; valid as long as the tape.
struct Var {
  Tape* tape = nullptr;
  int id = -1;
  const Tensor& value() const;
  const Shape& shape() const;
};

/// Whether a tape saves what backward needs.
enum class GradMode : bool { off = false, on = true };

/// Append-only; evaluation order is a topological order; no recursion.
class Tape {
 public:
  /// Own context: one thread, seed 0. Convenient; a loop should keep a Context and pass it.
  Tape();
  /// `ctx` must outlive the tape. GradMode::off records values only: nothing is saved.
  explicit Tape(Context& ctx, GradMode mode = GradMode::on);
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// A batch of data. With requires_grad its gradient is kept: see grad().
  Var input(Tensor value, bool requires_grad = false);
  /// A value that does not depend on the data (checked by trace()).
  Var constant(Tensor value);
  /// The same Parameter twice is one node.
  Var param(const ParameterPtr& parameter);
  /// Runs op->forward on the values of `inputs` and appends the result.
  Var record(OpPtr op, std::span<const Var> inputs);
  Var record(OpPtr op, std::initializer_list<Var> inputs) {
    return record(std::move(op), std::span<const Var>(inputs.begin(), inputs.size()));
  }

  /// One reverse loop from `loss` (one element), seeded with dloss = 1. Adds into Parameter::grad,
  /// frees each node's Saved as it passes. Once per tape: throws Error the second time, on
  /// GradMode::off and if loss has more than one element.
  void backward(Var loss);
  /// The gradient of an input made with requires_grad (or of any Var, if retained before backward).
  const Tensor& grad(Var v) const;
  /// Throws Error where values were released that what reads `v` would have to be computed from.
  void retain_grad(Var v);

  /// Computes it first if that was put off (see DeferredOp).
  const Tensor& value(Var v);
  const Shape& shape(Var v) const;
  /// Drops the value (backward still has what it saved). Later use of it throws Error.
  void release(Var v);

  /// Asks graph modules to keep the values inside them, which go away at their last use otherwise.
  void keep_inner_values() noexcept { keeps_inner_values_ = true; }
  bool keeps_inner_values() const noexcept { return keeps_inner_values_; }

  Context& context() noexcept { return *ctx_; }

  /// The dotted path of the module whose forward is running ("block1.conv1"); recorded with each
  /// node, so that reports and errors can name the layer. Maintained by Module::operator().
  const std::string& scope() const noexcept { return scope_; }
  void set_scope(std::string scope) { scope_ = std::move(scope); }
  bool grad_enabled() const noexcept { return mode_ == GradMode::on; }

  /// What a node is.
  enum class Kind : std::uint8_t { input, constant, param, op };
  /// A value of the tape and where it comes from.
  struct Node {
    Kind kind = Kind::input;
    OpPtr op;                 // Kind::op
    std::vector<int> inputs;  // Kind::op
    ParameterPtr parameter;   // Kind::param
    std::string scope;
    Shape shape;
    Tensor value;  // undefined if released or put off
    Saved saved;
    Grad grad;
    bool requires_grad = false;
    bool retain_grad = false;
    bool released = false;
    const DeferredOp* deferred = nullptr;  // op, whose finish() has not been called
    // Together with ops behind its inputs: what ran in place of `op`, its inputs, and the nodes in
    // between, which get no gradient.
    std::shared_ptr<const DeferredOp> fused;
    std::vector<int> fused_inputs, passed;
  };
  /// Number of nodes and read access, for trace().
  int size() const noexcept { return static_cast<int>(nodes_.size()); }
  const Node& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }

 private:
  Var append(Node node);
  void check(Var v) const;
  void check_readable(Var v) const;
  static void free_saved(Node& n);
  Node& at(int id) { return nodes_[static_cast<std::size_t>(id)]; }
  bool run_fused(Node& n, const Op& op);
  bool fuse(Node& n, const Op& op, std::size_t which);
  void run(Node& n, const Op& op, std::span<const Var> inputs);
  void split(int id);
  void run_backward(Node& n, Grads dx);

  std::unique_ptr<Context> own_ctx_;
  Context* ctx_;
  GradMode mode_;
  bool done_ = false;
  bool keeps_inner_values_ = false;
  std::string scope_;
  std::deque<Node, PoolAllocator<Node>> nodes_;
  std::unordered_map<const Parameter*, int, std::hash<const Parameter*>, std::equal_to<>,
                     PoolAllocator<std::pair<const Parameter* const, int>>>
      param_ids_;
};

}  // namespace octet
