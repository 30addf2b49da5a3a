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
# Half of the code is Python's view of it. It is made small, as the wheel has 3 MB, but for what every small op runs through.
set(quick ${LAMINA_BINDING_SOURCES})
list(FILTER quick INCLUDE REGEX "/(autograd|buffers|call_tree|casters|compile|elementwise|linalg|loss|optimizer|reduce|slots|subscript|tensor_object|watch)\\.cpp$")
set(small ${LAMINA_BINDING_SOURCES})
list(REMOVE_ITEM small ${quick})
set_source_files_properties(${small} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)
lamina_optimize(_core)
if(LAMINA_INPLACE)
  set_property(TARGET _core PROPERTY LIBRARY_OUTPUT_DIRECTORY ${PROJECT_SOURCE_DIR}/python/lamina)
endif()
install(TARGETS _core DESTINATION lamina)
