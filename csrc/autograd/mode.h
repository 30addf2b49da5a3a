// Switches of this thread: is a graph recorded, are gradients checked for NaN.
#pragma once

namespace lamina::autograd {

inline thread_local bool grad_enabled = true;
inline thread_local bool anomaly_enabled = false;

// Sets a switch for a scope.
class Scoped {
 public:
  Scoped(bool& target, bool value) : target_(target), before_(target) { target_ = value; }
  ~Scoped() { target_ = before_; }
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;

 private:
  bool& target_;
  bool before_;
};

}  // namespace lamina::autograd
