# What a build can choose, and the flags that all of our code shares; no targets are made here.
include(CheckIPOSupported)

set(default_isas baseline)
set(processors ${CMAKE_SYSTEM_PROCESSOR})
if(APPLE AND CMAKE_OSX_ARCHITECTURES)
  set(processors ${CMAKE_OSX_ARCHITECTURES})
endif()
if(processors MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND default_isas avx2 avx512)
endif()

set(LAMINA_ISAS ${default_isas} CACHE STRING "Instruction sets to compile the kernels for")
set(LAMINA_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them: address,undefined")
option(LAMINA_OPENMP "Heed limits set for OpenMP's threads (threadpoolctl), where OpenMP is found" ON)
option(LAMINA_BUILD_PYTHON "Build the Python module" ON)
option(LAMINA_BUILD_CPP_TESTS "Build the C++ tests" OFF)
option(LAMINA_INPLACE "Put the Python module into python/lamina, for PYTHONPATH=python" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG") # the time goes into kernels, which have flags of their own
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(LAMINA_CCACHE ccache)
if(LAMINA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LAMINA_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wno-sign-conversion) # not part of GCC's -Wconversion
endif()
if(LAMINA_SANITIZE)
  add_compile_options(
    -O1 -fno-omit-frame-pointer -fsanitize=${LAMINA_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LAMINA_SANITIZE})
endif()

find_package(Threads REQUIRED)
if(LAMINA_OPENMP)
  if(APPLE AND NOT OpenMP_ROOT)
    # Homebrew keeps libomp out of the default search path.
    find_path(OpenMP_ROOT include/omp.h PATHS /opt/homebrew/opt/libomp /usr/local/opt/libomp)
  endif()
  find_package(OpenMP COMPONENTS CXX)
endif()
if(NOT OpenMP_CXX_FOUND)
  message(STATUS "lamina: no OpenMP: limits that threadpoolctl sets will not be seen")
endif()

check_ipo_supported(RESULT LAMINA_HAVE_IPO OUTPUT _ LANGUAGES CXX)

# Link-time optimization in release builds: for everything but the kernels, whose flags differ by ISA.
function(lamina_optimize target)
  set_property(TARGET ${target} PROPERTY INTERPROCEDURAL_OPTIMIZATION_RELEASE ${LAMINA_HAVE_IPO})
endfunction()
