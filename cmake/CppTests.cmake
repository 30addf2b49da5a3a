# The C++ tests: one program per file, run by ctest once per instruction set; and the benchmarks beside them, run by hand.
include(CheckCXXSourceRuns)

# Sets `result` to whether this machine can run code of an ISA compiled with these flags.
function(isa_runs_here isa result)
  set(checks ${ARGN})
  list(FILTER checks INCLUDE REGEX "^-m[a-z0-9]+$")
  list(TRANSFORM checks REPLACE "^-m(.*)" "&& __builtin_cpu_supports(\"\\1\")")
  list(JOIN checks " " checks)
  check_cxx_source_runs("int main() { return (true ${checks}) ? 0 : 1; }" LAMINA_RUNS_${isa})
  set(${result} ${LAMINA_RUNS_${isa}} PARENT_SCOPE)
endfunction()

function(add_isa_test name isa program)
  add_test(NAME ${name}.${isa} COMMAND ${program})
  isa_runs_here(${isa} runs ${LAMINA_FLAGS_${isa}})
  set_tests_properties(${name}.${isa} PROPERTIES
    ENVIRONMENT LAMINA_ISA=${isa} DISABLED $<NOT:$<BOOL:${runs}>> TIMEOUT 300)
endfunction()

foreach(name IN LISTS LAMINA_CPP_TESTS)
  add_executable(${name} tests/cpp/${name}.cpp)
  target_link_libraries(${name} PRIVATE lamina_core)
  foreach(isa IN LISTS LAMINA_ISAS)
    add_isa_test(${name} ${isa} ${name})
  endforeach()
endforeach()

# These test the headers of kernels/isa, so they are compiled as the kernels are.
foreach(name IN LISTS LAMINA_CPP_ISA_TESTS)
  foreach(isa IN LISTS LAMINA_ISAS)
    add_executable(${name}_${isa} tests/cpp/${name}.cpp)
    target_isa(${name}_${isa} ${isa} ${LAMINA_FLAGS_${isa}})
    add_isa_test(${name} ${isa} ${name}_${isa})
  endforeach()
endforeach()

foreach(isa IN LISTS LAMINA_ISAS)
  add_test(NAME kernel_symbols.${isa} COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DNAMESPACE=isa_${isa}
    "-DOBJECTS=$<TARGET_OBJECTS:lamina_kernels_${isa}>" -P ${PROJECT_SOURCE_DIR}/cmake/CheckKernelSymbols.cmake)
endforeach()

foreach(name IN LISTS LAMINA_CPP_BENCHMARKS)
  add_executable(${name} tests/cpp/${name}.cpp)
  target_link_libraries(${name} PRIVATE lamina_core)
endforeach()
