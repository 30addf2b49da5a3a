"""Settings and modules that programs written for PyTorch ask for and that change nothing here."""

import importlib
import pickle

import pytest

import lamina as lm

MODULES = """
    amp autograd.functional backends.cuda backends.cudnn backends.mkl backends.mkldnn backends.mps
    backends.openmp cuda cuda.amp func nn.modules nn.modules.batchnorm nn.modules.conv
    nn.modules.loss nn.modules.module nn.modules.utils nn.parallel random utils.checkpoint
    utils.data.dataloader utils.data.dataset utils.data.sampler
"""


@pytest.mark.parametrize("name", MODULES.split())
def test_modules_of_pytorch_can_be_imported(name):
    assert importlib.import_module(f"lamina.{name}")


def test_files_of_modules_have_pytorchs_names():
    from lamina.nn.modules.batchnorm import _BatchNorm
    from lamina.nn.modules.conv import _ConvNd
    from lamina.nn.modules.loss import _Loss, _WeightedLoss
    from lamina.nn.modules.utils import _pair, _triple

    from lamina.nn.modules import Linear

    assert Linear is lm.nn.Linear
    assert isinstance(lm.nn.BatchNorm2d(3), _BatchNorm)
    assert not isinstance(lm.nn.InstanceNorm2d(3), _BatchNorm)
    assert isinstance(lm.nn.ConvTranspose1d(1, 1, 1), _ConvNd)
    assert issubclass(lm.nn.NLLLoss, _WeightedLoss)
    assert issubclass(_WeightedLoss, _Loss)
    assert (_pair(3), _pair([1, 2]), _triple(0)) == ((3, 3), (1, 2), (0, 0, 0))
    assert lm.nn.modules.loss.MSELoss is lm.nn.MSELoss


def test_what_always_holds_may_be_asked_for():
    lm.use_deterministic_algorithms(True)
    lm.use_deterministic_algorithms(False, warn_only=True)
    assert lm.are_deterministic_algorithms_enabled()
    assert lm.set_flush_denormal(True)
    lm.set_num_interop_threads(2)
    assert lm.get_num_interop_threads() == 1
    with pytest.raises(ValueError, match="at least 1 thread; got 0"):
        lm.set_num_interop_threads(0)


def test_less_precise_products_may_be_allowed():
    assert lm.get_float32_matmul_precision() == "highest"
    lm.set_float32_matmul_precision("high")
    assert lm.get_float32_matmul_precision() == "high"
    lm.set_float32_matmul_precision("highest")
    with pytest.raises(ValueError, match="'medium'; got 'low'"):
        lm.set_float32_matmul_precision("low")


def test_variables_are_tensors():
    x = lm.ones(3, requires_grad=True) * 2
    variable = lm.autograd.Variable(x, requires_grad=True)
    assert variable.is_leaf
    assert variable.data_ptr() == x.data_ptr()
    assert isinstance(variable, lm.autograd.Variable)
    assert not isinstance(3, lm.autograd.Variable)


def test_a_fork_of_random_numbers_leaves_the_generator_as_it_was():
    lm.manual_seed(0)
    expected = lm.randn(3)
    lm.manual_seed(0)
    with lm.random.fork_rng():
        lm.randn(5)
    assert lm.equal(lm.randn(3), expected)
    with pytest.raises(RuntimeError, match="on the CPU"), lm.random.fork_rng(devices=[0]):
        pass


def test_functions_of_pytorch_stand_beside_those_of_networks():
    x = lm.ones(1, 2, 4, 4)
    for name, args in {
        "conv2d": (lm.ones(1, 2, 2, 2),),
        "layer_norm": ((4,),),
        "max_pool2d": (2,),
        "pixel_unshuffle": (2,),
        "selu": (),
        "dropout": (0.5, False),
    }.items():
        expected = getattr(lm.nn.functional, name)(x, *args)
        assert lm.equal(getattr(lm, name)(x, *args), expected)
    assert lm.exp_(x) is x
    assert lm.zero_(x).sum() == 0
    with pytest.raises(AttributeError, match="no attribute 'nothing_'"):
        _ = lm.nothing_


def test_memory_formats_are_wishes():
    x = lm.ones(1, 2, 3, 3)
    assert x.clone(memory_format=lm.preserve_format).stride() == x.stride()
    assert x.contiguous(memory_format=lm.channels_last) is x
    assert x.to(memory_format=lm.channels_last) is x
    assert lm.zeros_like(x, memory_format=lm.preserve_format).shape == x.shape
    assert lm.nn.Conv2d(1, 1, 1).to(memory_format=lm.channels_last).weight.is_contiguous()
    assert repr(lm.contiguous_format) == "lamina.contiguous_format"
    assert pickle.loads(pickle.dumps(lm.channels_last)) is lm.channels_last
    for call in (lm.ones_like, lm.Tensor.clone, lm.Tensor.contiguous, lm.Tensor.to):
        with pytest.raises(TypeError, match="expected a memory format; got str"):
            call(x, memory_format="channels_last")
