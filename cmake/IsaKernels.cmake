# Compiles LAMINA_KERNEL_SOURCES once per instruction set. A new ISA is a line here, a section in vec.h, a line in dispatch.cpp.
set(LAMINA_FLAGS_baseline)
set(LAMINA_FLAGS_avx2 -mavx2 -mfma)
set(LAMINA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mprefer-vector-width=512)

# Loops over vectors are written out, so -O3 would mostly copy them; the register tiles below need all of it. Nothing unwinds
# through a kernel.
set(LAMINA_KERNEL_FLAGS
  $<IF:$<CONFIG:Debug>,-O1,-O2> -ftree-vectorize -fno-math-errno -fno-trapping-math -ffp-contract=fast -fwrapv -fno-exceptions
  -fno-asynchronous-unwind-tables -fno-unwind-tables
  $<$<CXX_COMPILER_ID:GNU>:-fvect-cost-model=dynamic> $<$<CXX_COMPILER_ID:GNU>:-fpeel-loops>)
set_source_files_properties(csrc/kernels/isa/gemm.cpp csrc/kernels/isa/conv.cpp
  PROPERTIES COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O3>)
# A tile asks in its loop whether to fetch ahead; a second loop of each would be 60 KB for nothing.
set_property(SOURCE csrc/kernels/isa/gemm.cpp APPEND
  PROPERTY COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU>:-fno-unswitch-loops>)

# The baseline is for processors from before 2013: it has to be there, and where few networks spend their time, to be small.
foreach(family arg_reduce binary cumulative index loss random reduce rejection resample unary)
  set_property(SOURCE csrc/kernels/isa/${family}.cpp APPEND PROPERTY COMPILE_OPTIONS
    $<$<AND:$<CONFIG:Release>,$<STREQUAL:$<TARGET_PROPERTY:LAMINA_ISA>,baseline>>:-Os>)
endforeach()

# Gives a target the flags and names of one ISA.
function(target_isa target isa)
  string(TOUPPER ${isa} upper)
  target_compile_options(${target} PRIVATE ${LAMINA_KERNEL_FLAGS} ${ARGN})
  target_compile_definitions(${target} PRIVATE LAMINA_ISA_NS=isa_${isa} LAMINA_ISA_${upper}=1)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/csrc)
endfunction()

# add_isa_kernels(isa flags...): the kernels of one ISA, linked into lamina_core and known to its dispatch.
function(add_isa_kernels isa)
  string(TOUPPER ${isa} upper)
  add_library(lamina_kernels_${isa} OBJECT ${LAMINA_KERNEL_SOURCES})
  set_target_properties(lamina_kernels_${isa} PROPERTIES LAMINA_ISA ${isa})
  target_isa(lamina_kernels_${isa} ${isa} ${ARGN})
  target_sources(lamina_core PRIVATE $<TARGET_OBJECTS:lamina_kernels_${isa}>)
  target_compile_definitions(lamina_core PRIVATE LAMINA_HAVE_${upper}=1)
endfunction()
