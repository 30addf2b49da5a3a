// Reads the CPU quota from the files of Linux's control groups; elsewhere there are none.
#include "core/cpu_quota.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <initializer_list>
#include <string_view>

namespace lamina {
namespace {

using Quota = std::optional<double>;

Quota tighter(Quota a, Quota b) {
  if (a && b) return std::min(*a, *b);
  return a ? a : b;
}

std::string first_line(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

std::optional<int64_t> positive(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size();
  if (error != std::errc() || !whole || value <= 0) return std::nullopt;
  return value;
}

// Unlimited ("max", -1) and malformed alike are no quota.
Quota cpus(std::string_view quota, std::string_view period) {
  const auto time = positive(quota);
  const auto of = positive(period);
  if (!time || !of) return std::nullopt;
  return static_cast<double>(*time) / static_cast<double>(*of);
}

Quota quota_v2(const std::string& group) {
  const std::string line = first_line(group + "/cpu.max");
  const auto space = line.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return cpus(std::string_view(line).substr(0, space), std::string_view(line).substr(space + 1));
}

Quota quota_v1(const std::string& group) {
  return cpus(first_line(group + "/cpu.cfs_quota_us"), first_line(group + "/cpu.cfs_period_us"));
}

// The tightest quota from `group` up to `mount`. A container may see the host's path below a
// mount that holds only its own group: the folders that do not exist there count for nothing.
Quota tightest(const std::string& mount, std::string group, Quota (*read)(const std::string&)) {
  if (group.find("..") != std::string::npos) group.clear();
  Quota result = read(mount);
  while (group.size() > 1) {
    result = tighter(result, read(mount + group));
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
  return result;
}

bool lists_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    const auto comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == "cpu") return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& root) {
  const std::string mounts = root + "/sys/fs/cgroup";
  std::ifstream groups(root + "/proc/self/cgroup");
  Quota result;
  // Each line is "hierarchy:controllers:/path"; v2's hierarchy is 0 and names no controllers.
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      for (const auto& mount : {mounts, mounts + "/unified"}) {
        result = tighter(result, tightest(mount, path, quota_v2));
      }
    } else if (lists_cpu(controllers)) {
      for (const auto& mount : {mounts + "/cpu", mounts + "/" + controllers}) {
        result = tighter(result, tightest(mount, path, quota_v1));
      }
    }
  }
  return result;
}

}  // namespace lamina
