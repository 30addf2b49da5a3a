// What a capture collects in Python besides launches; recording and replaying are compile.cpp's.
#pragma once

#include <vector>

#include "bindings/watch.h"

namespace lamina::bindings {

using Checks = std::vector<py::function>;

// While it lives, this thread's step is captured.
class Capture {
 public:
  Capture(Checks& its_checks, Watch& its_watch);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Checks& checks;  // of before_replay()
  Watch& watch;

 private:
  Capture* outer_;
};

}  // namespace lamina::bindings
