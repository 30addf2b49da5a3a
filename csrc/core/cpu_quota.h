// How much CPU time the container allows this process; who uses it does not belong here.
#pragma once

#include <optional>
#include <string>

namespace lamina {

// The tightest quota, in CPUs, of the process's control groups (v1 and v2) and their parents;
// nothing when there is none or it cannot be read. `root` is where the file system begins.
std::optional<double> cpu_quota(const std::string& root = "");

}  // namespace lamina
