# Run by ctest: every symbol that the kernels of one ISA define for the linker lies in that ISA's namespace, so that no copy
# compiled for a wider processor can stand in for a plain one.  cmake -DNM= -DOBJECTS= -DNAMESPACE= -P CheckKernelSymbols.cmake
execute_process(COMMAND ${NM} --defined-only --extern-only ${OBJECTS}
  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]* [A-Za-z] [^\n]+" symbols "${listing}")
list(FILTER symbols EXCLUDE REGEX "${NAMESPACE}|__asan_|__odr_asan")
if(symbols)
  list(JOIN symbols "\n  " text)
  message(FATAL_ERROR "outside ${NAMESPACE}:\n  ${text}")
endif()
