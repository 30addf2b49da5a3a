"""The promised names exist; devices, conversions and assertions, which have no rows in cases/."""

import operator

import numpy as np
import pytest

import lamina as lm

# ruff: noqa: SIM905, a list of names reads best as text
# Functions, and so also methods if PyTorch has those.
BOTH = """
    abs exp expm1 log log1p log2 sqrt rsqrt square pow sin cos tan asin acos atan atan2 sinh cosh
    tanh sigmoid erf floor ceil round trunc frac sign clamp maximum minimum lerp addcmul addcdiv
    reciprocal isnan isinf isfinite nan_to_num bernoulli multinomial
    add sub mul div neg remainder fmod floor_divide true_divide absolute subtract multiply divide
    eq ne lt le gt ge logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_not
    sum mean prod var std max min amax amin argmax argmin all any norm logsumexp cumsum cumprod
    median topk sort argsort unique bincount count_nonzero
    matmul mm bmm mv dot outer addmm tril triu diag trace
    reshape flatten unflatten squeeze unsqueeze transpose permute movedim broadcast_to tile split
    chunk unbind flip roll allclose equal isclose clip narrow select gather scatter scatter_add
    index_select index_add masked_fill masked_select take_along_dim nonzero repeat_interleave where
    detach clone softmax log_softmax
""".split()

FUNCTIONS = """
    tensor as_tensor from_numpy zeros ones full empty zeros_like ones_like full_like empty_like
    rand_like randn_like arange linspace eye rand randn randint randperm normal manual_seed
    Generator einsum cat stack meshgrid promote_types result_type can_cast is_tensor
    no_grad enable_grad inference_mode set_grad_enabled is_grad_enabled compile
    set_default_dtype get_default_dtype set_default_device get_default_device set_printoptions
    set_num_threads get_num_threads isa config from_dlpack
    Tensor FloatTensor DoubleTensor LongTensor IntTensor ByteTensor BoolTensor Size device dtype
    linalg.norm linalg.vector_norm linalg.matrix_norm nn.functional.pad testing.assert_close
    cuda.is_available cuda.device_count backends.mps.is_available accelerator.is_available
    autograd.backward autograd.grad autograd.Function autograd.gradcheck autograd.gradgradcheck
    autograd.detect_anomaly
""".split()

METHODS = """
    size dim numel item tolist numpy contiguous is_contiguous stride to type type_as view view_as
    reshape_as expand expand_as repeat float double long int bool byte cpu backward register_hook
    retain_grad requires_grad_ new_zeros new_ones new_full new_empty new_tensor copy_ fill_ zero_
    detach_ unsqueeze_ squeeze_ transpose_ t_ clamp_ add_ sub_ mul_ div_ pow_ addcmul_ addcdiv_
    lerp_ eq_ logical_not_ masked_fill_ scatter_ scatter_add_ index_add_ uniform_ normal_
    bernoulli_ element_size is_floating_point data_ptr storage_offset pin_memory
    __array__ __dlpack__ __dlpack_device__ __reduce_ex__ __deepcopy__ __getitem__ __setitem__
    __matmul__ __invert__ __iadd__ __rsub__ __bool__ __index__ __len__ __iter__ __contains__
""".split()

PROPERTIES = "shape ndim dtype device requires_grad grad grad_fn is_leaf data T mT is_cuda".split()
CONSTANTS = "float32 float64 int64 int32 uint8 bool float double long int inf nan pi e".split()


@pytest.mark.parametrize("name", BOTH + FUNCTIONS)
def test_function_exists(name):
    assert callable(operator.attrgetter(name)(lm))


@pytest.mark.parametrize("name", BOTH + METHODS)
def test_method_exists(name):
    assert callable(getattr(lm.Tensor, name))


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_exists(name):
    assert hasattr(lm.zeros(2, 2), name)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constant_exists(name):
    assert name in lm.__all__
    assert hasattr(lm, name)


@pytest.mark.parametrize("name", lm.__all__)
def test_what_is_listed_exists(name):
    assert hasattr(lm, name)


@pytest.mark.parametrize("name", BOTH)
def test_names_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    assert hasattr(torch, name)
    assert hasattr(torch.Tensor, name)


# ---- devices ----


@pytest.mark.parametrize("place", ["cpu", "cpu:0", lm.device("cpu"), None])
def test_the_cpu_is_accepted(place):
    x = lm.zeros(2)
    assert x.to(place) is x
    assert x.to(device=place, dtype=lm.float64).dtype is lm.float64
    lm.set_default_device(place)


@pytest.mark.parametrize("place", ["cuda", "cuda:0", "mps", "meta", "cpu:1", 0])
def test_any_other_device_is_an_error(place):
    message = rf"\[device\] lamina computes on the CPU; got '{place}'"
    with pytest.raises(RuntimeError, match=message):
        lm.zeros(2).to(place)
    with pytest.raises(RuntimeError):
        lm.device(place)
    with pytest.raises(RuntimeError):
        lm.set_default_device(place)


def test_a_device_is_a_value():
    cpu = lm.device("cpu")
    assert (cpu.type, cpu.index, str(cpu), repr(cpu)) == ("cpu", None, "cpu", "device(type='cpu')")
    assert cpu == lm.zeros(2).device == lm.device(cpu) == lm.get_default_device()
    assert hash(cpu) == hash(lm.device("cpu"))
    assert cpu != lm.device("cpu:0")
    assert repr(lm.device("cpu", 0)) == "device(type='cpu', index=0)"
    assert cpu != "cpu"


def test_programs_that_ask_for_other_devices_run_unchanged():
    assert not lm.cuda.is_available()
    assert not lm.backends.mps.is_available()
    assert not lm.accelerator.is_available()
    assert lm.cuda.device_count() == 0
    lm.cuda.manual_seed_all(0)
    lm.backends.cudnn.benchmark = True
    lm.backends.cudnn.deterministic = True
    with pytest.raises(RuntimeError, match="CPU"):
        lm.zeros(2).cuda()


# ---- limits ----


def test_limits_are_those_of_numpy():
    for kind in (lm.float32, lm.float64):
        limits = np.finfo(str(kind).split(".")[1])
        ours = lm.finfo(kind)
        assert (ours.eps, ours.max, ours.min) == (limits.eps, limits.max, limits.min)
        assert (ours.tiny, ours.bits) == (limits.tiny, limits.bits)
    assert lm.finfo().dtype == "float32"
    assert repr(lm.finfo()).startswith("finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38")
    assert (lm.iinfo(lm.uint8).min, lm.iinfo(lm.uint8).max) == (0, 255)
    assert repr(lm.iinfo(lm.int32)) == "iinfo(min=-2.14748e+09, max=2.14748e+09, dtype=int32)"
    for call in (lambda: lm.finfo(lm.int64), lambda: lm.iinfo(lm.float32), lambda: lm.iinfo(1)):
        with pytest.raises(TypeError, match=r"\[.info\] expected an? .* dtype; got"):
            call()


# ---- conversions ----


def test_to_returns_the_tensor_itself_where_nothing_changes():
    x = lm.zeros(2)
    assert x.to(lm.float32) is x
    assert x.to(x) is x
    assert x.float() is x
    assert x.type_as(x) is x
    assert x.cpu() is x
    assert x.to(lm.float32, copy=True) is not x
    assert x.to("cpu", lm.float32, False, True) is not x


@pytest.mark.parametrize(
    "arguments",
    [(lm.int64,), ("cpu", lm.int64), (lm.device("cpu"), lm.int64, True), (lm.zeros(1).long(),)],
)
def test_to_takes_every_form(arguments):
    assert lm.ones(2).to(*arguments).dtype is lm.int64


def test_type_names_and_takes_types():
    x = lm.ones(2)
    assert x.type() == "lamina.FloatTensor"
    assert x.long().type() == "lamina.LongTensor"
    for kind in ["lamina.DoubleTensor", lm.DoubleTensor, lm.float64]:
        assert x.type(kind).dtype is lm.float64


def test_half_is_refused():
    with pytest.raises(TypeError, match=r"\[half\].*float16"):
        lm.ones(2).half()


# ---- shapes ----


def test_broadcast_shapes():
    assert lm.broadcast_shapes() == ()
    assert lm.broadcast_shapes((3, 1), (4,)) == (3, 4)
    assert lm.broadcast_shapes(3, (2, 1), lm.ones(1, 1, 1).shape) == (1, 2, 3)
    assert lm.broadcast_shapes((2, 0), (1,)) == (2, 0)
    message = (
        r"\[broadcast_shapes\] expected shapes that broadcast together; got \(3, 2\) and \(4,\)"
    )
    with pytest.raises(ValueError, match=message):
        lm.broadcast_shapes((3, 2), (4,))


# ---- in place ----


def test_in_place_forms_refuse_results_of_another_kind():
    with pytest.raises(TypeError, match=r"\[addcmul_\] expected a result that fits .*int64"):
        lm.ones(2, dtype=lm.int64).addcmul_(lm.ones(2), lm.ones(2))


def test_views_in_place_change_the_tensor_itself():
    x = lm.arange(6).reshape(2, 3)
    assert x.unsqueeze_(0) is x
    assert x.shape == (1, 2, 3)
    assert x.squeeze_(0).t_().shape == (3, 2)
    assert x.tolist() == [[0, 3], [1, 4], [2, 5]]
    x[0, 1] = 7
    assert x[0].tolist() == [0, 7]
    with pytest.raises(RuntimeError, match=r"\[unsqueeze_\].*use unsqueeze\(\)"):
        lm.zeros(2, requires_grad=True).unsqueeze_(0)


# ---- assertions ----


def test_assert_close_accepts_what_is_close():
    x = lm.tensor([1.0, 2.0])
    lm.testing.assert_close(x, x + 1e-7)
    lm.testing.assert_close({"a": [x, 1.0]}, {"a": [x, 1.0 + 1e-9]})
    lm.testing.assert_close(x, lm.tensor([1.0, 2.5]), rtol=0, atol=1)
    lm.testing.assert_close(lm.tensor([lm.nan]), lm.tensor([lm.nan]), equal_nan=True)
    lm.testing.assert_close(x, np.array([1.0, 2.0], dtype=np.float32))
    lm.testing.assert_close(x, x.double(), check_dtype=False)


def test_assert_close_says_what_differs():
    expected = (
        "Tensor-likes are not close!\n\n"
        "Mismatched elements: 1 / 3 (33.3%)\n"
        "Greatest absolute difference: 1.0 at index (2,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.25 at index (2,) (up to 1.3e-06 allowed)"
    )
    with pytest.raises(AssertionError) as caught:
        lm.testing.assert_close(lm.tensor([1.0, 2.0, 3.0]), lm.tensor([1.0, 2.0, 4.0]))
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (lm.ones(2), lm.ones(3), r"'shape' do not match: \(2,\) != \(3,\)"),
        ({"a": lm.ones(2)}, {"a": lm.ones(2).long()}, r"'dtype' do not match.*\n\n.*item \['a'\]"),
        ([lm.ones(2)], [lm.ones(2), lm.ones(2)], "lengths do not match: 1 != 2"),
        ({"a": 1}, {"b": 1}, "keys do not match"),
        (1.0, 2.0, "Expected 2.0 but got 1.0"),
        (lm.tensor([lm.nan]), lm.tensor([lm.nan]), "not close"),
        (None, lm.ones(2), "None is not"),
    ],
)
def test_assert_close_refuses(actual, expected, message):
    with pytest.raises(AssertionError, match=message):
        lm.testing.assert_close(actual, expected)


@pytest.mark.parametrize(
    "name",
    """
    amax amin argmax argmin argsort cumprod cumsum logsumexp max mean median min nanmedian
    nansum norm prod softmax sort std sum unbind unsqueeze var
    """.split(),
)
def test_numpys_names_of_arguments(name):
    x = lm.tensor([[3.0, 1.0, 2.0], [4.0, 0.0, 1.0]])
    function, method = getattr(lm, name), getattr(x, name)
    lm.testing.assert_close(function(x, axis=1), function(x, dim=1))
    lm.testing.assert_close(method(axis=1), method(dim=1))


def test_numpys_name_of_keepdim():
    x = lm.ones(2, 3)
    assert x.mean(axis=1, keepdims=True).shape == x.mean(dim=1, keepdims=True).shape == (2, 1)
    assert lm.cat([x, x], axis=1).shape == (2, 6)
    for wrong in ({"axis": 0, "dim": 0}, {"axes": 0}):
        with pytest.raises(TypeError, match="incompatible"):
            x.mean(**wrong)


def test_several_results_are_printed_as_by_pytorch():
    text = "lamina.return_types.max(\nvalues=tensor([2., 4.]),\nindices=tensor([1, 0]))"
    assert repr(lm.tensor([[1.0, 2.0], [4.0, 0.0]]).max(dim=1)) == text


def test_the_sign_of_truth_is_itself():
    x = lm.tensor([True, False])
    assert lm.equal(lm.sign(x), x)
    assert lm.equal(x.clone().sgn_(), x)


@pytest.mark.parametrize("mode", ["floor", "trunc"])
def test_rounded_quotients_have_gradients_of_zero(mode):
    x = lm.tensor([1.5, -2.5], requires_grad=True)
    lm.div(x, 2, rounding_mode=mode).sum().backward()
    assert x.grad.tolist() == [0, 0]
