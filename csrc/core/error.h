// Errors as users see them: "[op] expected ...; got ...". The bindings turn each class into the
// Python exception that NumPy or PyTorch users expect.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace lamina {

struct ValueError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
struct TypeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct IndexError : std::out_of_range {
  using std::out_of_range::out_of_range;
};
// The state does not allow it: a freed graph, a value changed in place.
struct StateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct ZeroDivision : std::domain_error {
  using std::domain_error::domain_error;
};
struct NotImplemented : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Describes where the user's code is now; set by the bindings, empty in plain C++ programs.
inline std::string (*describe_caller)() = nullptr;
// The same in a line: file, number and text of the innermost call outside the package.
inline std::string (*locate_caller)() = nullptr;

// Everything that has an operator<<, joined.
template <class... Args>
std::string text(const Args&... args) {
  std::ostringstream stream;
  (stream << ... << args);
  return stream.str();
}

template <class Error = ValueError, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(const char* op, const Args&... args) {
  throw Error(text('[', op, "] ", args...));
}

template <class Error = ValueError, class... Args>
inline void check(bool condition, const char* op, const Args&... args) {
  if (!condition) [[unlikely]]
    fail<Error>(op, args...);
}

}  // namespace lamina
