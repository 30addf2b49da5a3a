# Every source file, one a line; a new file is one line here and nowhere else.

# Values, execution, autograd and ops: no Python, compiled for the plainest processor.
set(LAMINA_CORE_SOURCES
  csrc/autograd/engine.cpp
  csrc/autograd/node.cpp
  csrc/core/allocator.cpp
  csrc/core/cpu_quota.cpp
  csrc/core/crew.cpp
  csrc/core/generator.cpp
  csrc/core/parallel.cpp
  csrc/core/shape.cpp
  csrc/core/storage.cpp
  csrc/core/tensor.cpp
  csrc/exec/program.cpp
  csrc/kernels/dispatch.cpp
  csrc/ops/advanced_index.cpp
  csrc/ops/arg_reduce.cpp
  csrc/ops/batch_norm.cpp
  csrc/ops/copy.cpp
  csrc/ops/cumulative.cpp
  csrc/ops/dropout.cpp
  csrc/ops/elementwise.cpp
  csrc/ops/elementwise_grad.cpp
  csrc/ops/gemm.cpp
  csrc/ops/gemm_blocks.cpp
  csrc/ops/gradients.cpp
  csrc/ops/group_norm.cpp
  csrc/ops/index.cpp
  csrc/ops/index_plan.cpp
  csrc/ops/inplace.cpp
  csrc/ops/install.cpp
  csrc/ops/join.cpp
  csrc/ops/layer_norm.cpp
  csrc/ops/linalg.cpp
  csrc/ops/loop.cpp
  csrc/ops/multinomial.cpp
  csrc/ops/norm_grad.cpp
  csrc/ops/optimizer.cpp
  csrc/ops/random.cpp
  csrc/ops/rearrange.cpp
  csrc/ops/recurrent.cpp
  csrc/ops/recurrent_graph.cpp
  csrc/ops/recurrent_layer.cpp
  csrc/ops/reduce.cpp
  csrc/ops/reduction.cpp
  csrc/ops/scatter.cpp
  csrc/ops/softmax.cpp
  csrc/ops/sort.cpp
  csrc/ops/statistics.cpp
  csrc/ops/step.cpp
  csrc/ops/subscript.cpp
  csrc/ops/view.cpp
)

# Compiled once per instruction set.
set(LAMINA_KERNEL_SOURCES
  csrc/kernels/isa/arg_reduce.cpp
  csrc/kernels/isa/attention.cpp
  csrc/kernels/isa/binary.cpp
  csrc/kernels/isa/conv.cpp
  csrc/kernels/isa/copy.cpp
  csrc/kernels/isa/cumulative.cpp
  csrc/kernels/isa/embedding.cpp
  csrc/kernels/isa/gemm.cpp
  csrc/kernels/isa/index.cpp
  csrc/kernels/isa/loss.cpp
  csrc/kernels/isa/normalization.cpp
  csrc/kernels/isa/optimizer.cpp
  csrc/kernels/isa/pool.cpp
  csrc/kernels/isa/random.cpp
  csrc/kernels/isa/recurrent.cpp
  csrc/kernels/isa/reduce.cpp
  csrc/kernels/isa/resample.cpp
  csrc/kernels/isa/softmax.cpp
  csrc/kernels/isa/table.cpp
  csrc/kernels/isa/unary.cpp
)

# The Python module.
set(LAMINA_BINDING_SOURCES
  csrc/bindings/activation.cpp
  csrc/bindings/attention.cpp
  csrc/bindings/autograd.cpp
  csrc/bindings/buffers.cpp
  csrc/bindings/casters.cpp
  csrc/bindings/compile.cpp
  csrc/bindings/conv.cpp
  csrc/bindings/creation.cpp
  csrc/bindings/dlpack.cpp
  csrc/bindings/dtype.cpp
  csrc/bindings/elementwise.cpp
  csrc/bindings/embedding.cpp
  csrc/bindings/errors.cpp
  csrc/bindings/exchange.cpp
  csrc/bindings/fold.cpp
  csrc/bindings/index.cpp
  csrc/bindings/join.cpp
  csrc/bindings/linalg.cpp
  csrc/bindings/loss.cpp
  csrc/bindings/module.cpp
  csrc/bindings/normalization.cpp
  csrc/bindings/optimizer.cpp
  csrc/bindings/pool.cpp
  csrc/bindings/process.cpp
  csrc/bindings/python_data.cpp
  csrc/bindings/random.cpp
  csrc/bindings/recurrent.cpp
  csrc/bindings/reduce.cpp
  csrc/bindings/resample.cpp
  csrc/bindings/slots.cpp
  csrc/bindings/sort.cpp
  csrc/bindings/subscript.cpp
  csrc/bindings/tensor_object.cpp
  csrc/bindings/view.cpp
)

# tests/cpp/<name>.cpp, linked with the core.
set(LAMINA_CPP_TESTS
  test_core
  test_gemm
)

# tests/cpp/<name>.cpp, compiled once per instruction set against the headers of kernels/isa alone.
set(LAMINA_CPP_ISA_TESTS
  test_vec_math
)

# tests/cpp/<name>.cpp: prints figures, run by hand.
set(LAMINA_CPP_BENCHMARKS
  bench_gemm
)
