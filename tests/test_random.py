"""Random numbers: a seed alone decides them; their distributions stand in test_draws.py."""

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lamina as lm

EXACT = {
    "rand": lambda: lm.rand(70_001),
    "rand float64": lambda: lm.rand(70_001, dtype=lm.float64),
    "randint": lambda: lm.randint(-5, 1000, (70_001,)),
    "bernoulli": lambda: lm.empty(70_001).bernoulli_(0.3),
    "bernoulli of a tensor": lambda: lm.bernoulli(lm.full((70_001,), 0.3)),
    "randperm": lambda: lm.randperm(70_001),
    "dropout": lambda: lm.dropout(lm.ones(70_001), 0.5),
    "multinomial": lambda: lm.multinomial(lm.ones(700, 101), 50, True),
    "one of many": lambda: lm.rand(1),
}
ROUNDED = {
    "randn": lambda: lm.randn(70_001),
    "randn float64": lambda: lm.randn(70_001, dtype=lm.float64),
    "uniform_": lambda: lm.empty(70_001).uniform_(-1, 2),
    "exponential_": lambda: lm.empty(70_001).exponential_(),
    "multinomial": lambda: lm.multinomial(lm.ones(700, 101), 50).double(),
}
DRAWS = {**EXACT, **{f"{name} (rounded)": draw for name, draw in ROUNDED.items()}}


def drawn(draw, seed=7):
    lm.manual_seed(seed)
    return draw().numpy()


@pytest.fixture
def restored():
    threads, isa = lm.get_num_threads(), lm.isa()
    yield
    lm.set_num_threads(threads)
    lm.set_isa(isa)


@pytest.mark.parametrize("name", DRAWS)
def test_the_thread_count_changes_nothing(name, restored):
    results = []
    for threads in (1, 2, 4):
        lm.set_num_threads(threads)
        results.append(drawn(DRAWS[name]).tobytes())
    assert len(set(results)) == 1


@pytest.mark.parametrize("name", EXACT)
def test_the_instruction_set_changes_nothing(name, restored):
    results = []
    for isa in lm.config()["isas_available"]:
        lm.set_isa(isa)
        results.append(drawn(EXACT[name]).tobytes())
    assert len(set(results)) == 1


@pytest.mark.parametrize("name", ROUNDED)
def test_the_instruction_set_changes_the_last_digits_at_most(name, restored):
    expected = drawn(ROUNDED[name])
    for isa in lm.config()["isas_available"]:
        lm.set_isa(isa)
        np.testing.assert_allclose(drawn(ROUNDED[name]), expected, rtol=1e-5, atol=1e-6)


def test_the_sequence_of_a_seed_is_the_same_in_every_release():
    lm.manual_seed(0)
    assert lm.randint(0, 1000, (5,)).tolist() == SEQUENCE["randint"]
    assert lm.rand(3, dtype=lm.float64).tolist() == SEQUENCE["rand"]
    assert lm.randperm(6).tolist() == SEQUENCE["randperm"]
    np.testing.assert_allclose(lm.randn(3).numpy(), SEQUENCE["randn"], rtol=1e-5)


SEQUENCE = {
    "randint": [735, 693, 140, 604, 942],
    "rand": [0.9345595260578026, 0.46647244492046414, 0.5462773926797815],
    "randperm": [0, 4, 1, 5, 2, 3],
    "randn": [0.8081870079040527, -0.21313680708408356, -0.20751942694187164],
}


@pytest.mark.parametrize("name", DRAWS)
def test_seeds_and_positions_differ(name):
    first = drawn(DRAWS[name])
    assert (DRAWS[name]().numpy() != first).any()
    assert (drawn(DRAWS[name], seed=8) != first).any()
    assert (drawn(DRAWS[name]) == first).all()


def test_strided_memory_gets_the_same_numbers():
    plain = drawn(lambda: lm.empty(40, 30).normal_())
    np.testing.assert_array_equal(drawn(lambda: lm.empty(30, 40).T.normal_()), plain)


# ---- generators ----


def test_generators_are_independent():
    first, second = lm.Generator().manual_seed(1), lm.Generator().manual_seed(1)
    lm.manual_seed(2)
    expected = lm.rand(4).tolist()
    lm.manual_seed(2)
    one = lm.randn(5, generator=first)
    assert lm.rand(4).tolist() == expected
    assert lm.randn(5, generator=second).tolist() == one.tolist()
    assert first.initial_seed() == 1


def test_every_draw_takes_a_generator():
    p = lm.full((3,), 0.5)
    draws = [
        lambda g: lm.rand(3, generator=g),
        lambda g: lm.rand_like(p, generator=g),
        lambda g: lm.randn_like(p, generator=g),
        lambda g: lm.randint(9, (3,), generator=g),
        lambda g: lm.randint_like(p, 9, generator=g),
        lambda g: lm.randperm(3, generator=g),
        lambda g: lm.normal(p, p, generator=g),
        lambda g: lm.normal(0.0, 1.0, (3,), generator=g),
        lambda g: lm.bernoulli(p, generator=g),
        lambda g: lm.multinomial(p, 2, generator=g),
        lambda g: lm.dropout(p, 0.5, generator=g),
        lambda g: lm.empty(3).uniform_(generator=g),
        lambda g: lm.empty(3).random_(9, generator=g),
    ]
    lm.manual_seed(0)
    before = lm.get_rng_state().tolist()
    for draw in draws:
        results = {str(draw(lm.Generator().manual_seed(3)).tolist()) for _ in range(2)}
        assert len(results) == 1
    assert lm.get_rng_state().tolist() == before


def test_states_are_saved_and_restored():
    lm.manual_seed(9)
    lm.rand(100)
    state = lm.get_rng_state()
    assert (state.dtype, tuple(state.shape)) == (lm.uint8, (16,))
    expected = lm.rand(5).tolist()
    lm.set_rng_state(state)
    assert lm.rand(5).tolist() == expected

    generator = lm.Generator().manual_seed(1)
    lm.rand(7, generator=generator)
    for again in (copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))):
        assert again.get_state().tolist() == generator.get_state().tolist()
    generator.set_state(state)
    assert lm.rand(5, generator=generator).tolist() == expected


def test_seeds():
    assert lm.manual_seed(-1).initial_seed() == 2**64 - 1
    assert lm.initial_seed() == 2**64 - 1
    assert lm.seed() == lm.initial_seed()
    assert lm.seed() != lm.seed()
    assert lm.Generator().seed() != lm.Generator().seed()
    assert lm.default_generator.manual_seed(4) is lm.default_generator
    for wrong in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="2\\^64"):
            lm.manual_seed(wrong)


def test_threads_share_a_generator():
    generator = lm.Generator().manual_seed(0)
    with ThreadPoolExecutor(8) as pool:
        draws = list(
            pool.map(lambda _: tuple(lm.rand(64, generator=generator).tolist()), range(400))
        )
    alone = lm.Generator().manual_seed(0)
    assert set(draws) == {tuple(lm.rand(64, generator=alone).tolist()) for _ in range(400)}


# ---- in graphs ----


def test_a_replayed_step_draws_anew():
    def step(x):
        return lm.dropout(x, 0.5) + lm.rand_like(x), lm.randperm(10)

    def run(function):
        lm.manual_seed(11)
        return [[part.tolist() for part in function(x)] for _ in range(4)]

    x = lm.ones(100)
    assert run(lm.compile(step)) == run(step)


def test_dropout_passes_the_gradient_of_what_it_kept():
    lm.manual_seed(12)
    x = lm.randn(1000, dtype=lm.float64).requires_grad_()
    y = lm.dropout(x, 0.25)
    kept = (y != 0).numpy()
    np.testing.assert_allclose(y.detach().numpy(), x.detach().numpy() * kept / 0.75)
    weights = lm.randn(1000, dtype=lm.float64)
    (y * weights).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), weights.numpy() * kept / 0.75)


def test_dropout_can_be_differentiated_twice():
    x = lm.ones(50, requires_grad=True)
    y = lm.dropout(x * x, 0.5)
    (grad,) = lm.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = lm.autograd.grad(grad.sum(), x)
    np.testing.assert_array_equal(second.numpy(), 4 * (y.detach() != 0).numpy())


def test_dropout_at_the_ends():
    x = lm.tensor([1.0, -2.0, math.inf])
    assert lm.dropout(x, 0.0) is x
    assert lm.dropout(x, 0.5, train=False) is x
    assert lm.dropout(x[:2], 1.0).tolist() == [0, 0]


def test_draws_in_place_have_no_gradient():
    x = lm.ones(4, requires_grad=True)
    for change in (lambda y: y.normal_(), lambda y: y.bernoulli_(), lambda y: y.exponential_()):
        y = x * 2
        change(y)
        (grad,) = lm.autograd.grad(y.sum(), x)
        assert grad.tolist() == [0, 0, 0, 0]
    with pytest.raises(RuntimeError, match="leaf"):
        x.uniform_()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: lm.empty(2).uniform_(1, 0), ValueError, r"\[uniform_\] .* 1 and 0"),
        (lambda: lm.empty(2).uniform_(-3e38, 3e38), ValueError, r"\[uniform_\]"),
        (lambda: lm.empty(2).uniform_(0, math.nan), ValueError, r"\[uniform_\]"),
        (lambda: lm.empty(2).normal_(0, -1), ValueError, r"\[normal_\] .* -1"),
        (lambda: lm.empty(2).exponential_(0), ValueError, r"\[exponential_\]"),
        (lambda: lm.empty(2).geometric_(1), ValueError, r"\[geometric_\]"),
        (lambda: lm.empty(2).cauchy_(0, 0), ValueError, r"\[cauchy_\]"),
        (lambda: lm.empty(2, dtype=lm.uint8).random_(300), ValueError, r"\[random_\] .* uint8"),
        (lambda: lm.empty(2).random_(5, 5), ValueError, r"\[random_\] .* 5 and 5"),
        (lambda: lm.empty(2, dtype=lm.int64).normal_(), TypeError, r"\[normal_\] .* int64"),
        (lambda: lm.empty(2).bernoulli_(1.5), ValueError, r"\[bernoulli_\] .* 1.5"),
        (lambda: lm.set_rng_state(lm.zeros(3)), ValueError, r"\[set_state\] .* 16 bytes"),
        (lambda: lm.Generator("cuda"), RuntimeError, "cuda"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
