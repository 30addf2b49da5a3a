// Makes programs: records what an eager run launches.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "exec/program.h"

namespace lamina::exec {

// Records what is launched on this thread while it lives, running each launch as well. Each
// argument must be an alias of its own, so that no other tensor of the step shares its identity.
class Recorder final : public Observer {
 public:
  explicit Recorder(std::span<const Tensor> arguments);
  ~Recorder() override {
    observer = outer_;
    forget();
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void launched(const char* name, Operands writes, Operands reads, const Body& body,
                const Parts& parts, Repeat repeat) override;
  void value_read(const char* name, const char* advice) override;

  // Takes memory that no launch has touched for one more argument; false if one has.
  bool add_argument(const Tensor& tensor);
  // The buffer that a tensor's memory is; -1 if no launch touched it and it is no argument.
  int find(const Tensor& tensor) const;
  // Makes the program; memory that others than the recorder still hold becomes a result.
  Program finish();

 private:
  // Memory of a buffer. The step's own comes and goes as in an eager run, so that recording needs
  // no more than that; the rest is held.
  struct Seen {
    Recorder* recorder;
    Storage* storage;  // null when it is gone
    Ref<Storage> held;
  };

  void forget();
  void check_whole() const;
  int buffer_of(const Tensor& tensor, bool written);
  Operand operand_of(const Tensor& tensor, bool written);

  Program program_;
  std::unordered_map<const Storage*, int> ids_;
  std::deque<Seen> seen_;  // of each buffer; they stay where they are
  int arguments_ = 0;
  std::string refused_;  // what was said of a value that was read
  uint64_t epoch_;
  Observer* outer_;
};

}  // namespace lamina::exec
