# The Python module lamina._core.
find_package(Python 3.10 COMPONENTS Interpreter Development.Module REQUIRED)
if(NOT SKBUILD AND NOT pybind11_DIR)
  execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
    OUTPUT_VARIABLE pybind11_DIR OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
find_package(pybind11 3 CONFIG REQUIRED)

pybind11_add_module(_core NO_EXTRAS ${LAMINA_BINDING_SOURCES})
target_link_libraries(_core PRIVATE lamina_core)
target_compile_definitions(_core PRIVATE
  LAMINA_VERSION="${PROJECT_VERSION}"
  LAMINA_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
  LAMINA_BUILD_TYPE="${CMAKE_BUILD_TYPE}")
# Where a call's time is not in Python's view of it, that is made small: the wheel has 3 MB.
foreach(area activation attention conv creation dlpack dtype embedding fold join linalg loss module normalization
    numpy_names pool process random recurrent resample sort)
  set_source_files_properties(csrc/bindings/${area}.cpp PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
endforeach()
lamina_optimize(_core)
if(LAMINA_INPLACE)
  set_property(TARGET _core PROPERTY LIBRARY_OUTPUT_DIRECTORY ${PROJECT_SOURCE_DIR}/python/lamina)
endif()
install(TARGETS _core DESTINATION lamina)
