"""Every op that lamina exports stands in a table of cases, or below with the file that tests it."""

import inspect
from pathlib import Path

import layers
import pytest
from cases import collect
from samples import function

import lamina as lm
from lamina import nn

ROWS = collect()
LAYER_ROWS = {row.name for row in layers.collect()}
IN_TABLES = {name for row in ROWS for name in (row.name, *row.aliases)}

# Names that are no ops of tensors, or that a table cannot hold, by the file that tests them.
TESTED_ELSEWHERE = {
    "test_api.py": """
        finfo iinfo
        cpu cuda get_device half is_complex is_floating_point is_nonzero is_pinned is_same_size
        is_signed is_tensor pin_memory to type get_default_device set_default_device
        swapaxes_ swapdims_ t_ transpose_ squeeze_ unsqueeze_ broadcast_shapes
    """,
    "test_autograd.py": """
        backward detach detach_ is_grad_enabled requires_grad_ memory_stats
        no_grad enable_grad inference_mode set_grad_enabled
    """,
    "test_compile.py": "compile",
    "test_creation.py": """
        as_tensor asarray new_tensor tensor
        BoolTensor ByteTensor DoubleTensor FloatTensor IntTensor LongTensor
    """,
    "test_dlpack.py": "from_dlpack",
    "test_amp.py": "autocast GradScaler",
    "test_switches.py": """
        are_deterministic_algorithms_enabled get_float32_matmul_precision get_num_interop_threads
        set_float32_matmul_precision set_flush_denormal set_num_interop_threads
        use_deterministic_algorithms
    """,
    "test_exchange.py": "from_numpy numpy tolist",
    "test_errors.py": "item",
    "test_hooks.py": "is_anomaly_enabled register_hook retain_grad",
    "test_package.py": "config isa set_isa empty_cache reset_peak_memory",
    "test_properties.py": """
        can_cast get_default_dtype promote_types result_type set_default_dtype
    """,
    "test_random.py": """
        get_rng_state initial_seed manual_seed seed set_rng_state bernoulli_ cauchy_ exponential_
        geometric_ log_normal_ normal_ random_ uniform_
    """,
    "test_repr.py": "set_printoptions",
    "test_save.py": "load save",
    "test_threads.py": "get_num_threads set_num_threads",
    "test_containers.py": """
        DataParallel Module ModuleDict ModuleList ParameterDict ParameterList Sequential
    """,
    "test_parameters.py": "Buffer Parameter",
    "test_lazy.py": "LazyModuleMixin UninitializedBuffer UninitializedParameter",
    "test_recurrent.py": "RNNBase RNNCellBase",
    "test_transformer.py": "TransformerDecoder TransformerEncoder",
    "test_views.py": """
        data_ptr dim element_size is_contiguous ndimension nelement numel size storage_offset stride
    """,
}


def listed(name):
    return name in IN_TABLES or any(name in names.split() for names in TESTED_ELSEWHERE.values())


def changed_by_a_row(name):
    """Is this the in-place form of a row that says so?"""
    return any(row.inplace and name[:-1] in (row.name, *row.aliases) for row in ROWS)


def public(root):
    return [
        name
        for name in sorted(dir(root))
        if not name.startswith("_")
        and callable(getattr(root, name))
        and not inspect.ismodule(getattr(root, name))
        and not inspect.isclass(getattr(root, name))
    ]


@pytest.mark.parametrize("name", public(lm))
def test_function_has_a_row(name):
    assert listed(name)


@pytest.mark.parametrize("name", public(lm.Tensor))
def test_method_has_a_row(name):
    assert listed(name) or f"Tensor.{name}" in IN_TABLES or changed_by_a_row(name)


@pytest.mark.parametrize("name", public(nn.functional))
def test_function_of_networks_has_a_row(name):
    same = getattr(lm, name, None) is getattr(nn.functional, name)
    assert f"nn.functional.{name}" in IN_TABLES or (same and listed(name))


@pytest.mark.parametrize(
    "name", [name for name, value in vars(nn).items() if inspect.isclass(value)]
)
def test_module_has_a_row(name):
    assert name in LAYER_ROWS or listed(name)


@pytest.mark.parametrize("file", TESTED_ELSEWHERE)
def test_the_files_named_here_exist(file):
    assert Path(__file__).with_name(file).is_file()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_row_is_of_something(row):
    assert callable(function(row))
