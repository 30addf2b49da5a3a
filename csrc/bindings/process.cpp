// What was built, what the machine offers, threads and memory.
#include "bindings/bind.h"
#include "core/allocator.h"
#include "core/cpu_quota.h"
#include "core/parallel.h"
#include "kernels/dispatch.h"

namespace lamina::bindings {

namespace {

py::dict config() {
  py::dict result;
  result["version"] = LAMINA_VERSION;
  result["compiler"] = LAMINA_COMPILER;
  result["build_type"] = LAMINA_BUILD_TYPE;
  result["openmp"] = kHeedsOpenMP;
  result["isas_built"] = built_isas();
  result["isas_available"] = available_isas();
  result["isa"] = isa();
  result["num_threads"] = num_threads();
  result["default_num_threads"] = default_num_threads();
  result["affinity"] = usable_cpus();
  result["quota"] = cpu_quota();
  return result;
}

}  // namespace

void bind_process(py::module_& m) {
  function(m, "config", &config, "What was built and what the machine offers, as a dict.");
  function(m, "isa", [] { return isa(); }, "The instruction set whose kernels run.");
  function(
      m, "set_isa", [](const std::string& name) { set_isa(name); }, py::arg("name"),
      "Chooses the instruction set, for tests.");
  function(m, "get_num_threads", &num_threads, "The number of threads that a loop may use.");
  function(m, "set_num_threads", &set_num_threads, py::arg("count"),
           "Sets the number of threads that a loop may use.");
  function(m, "empty_cache", &empty_cache, "Returns cached memory to the system.");
  function(m, "reset_peak_memory", &reset_peak, "Makes the memory in use now the peak.");
  function(
      m, "memory_stats",
      [] {
        const MemoryStats stats = memory_stats();
        py::dict result;
        result["in_use"] = stats.in_use;
        result["cached"] = stats.cached;
        result["peak"] = stats.peak;
        return result;
      },
      "Bytes that tensors use, that wait for reuse, and the most that was used.");
}

}  // namespace lamina::bindings
