"""Changes in place: versions, views of one memory, overlapping operands, and their gradients."""

import numpy as np
import pytest

import lamina as lm


def leaf(library, *values):
    return library.tensor(values, dtype=library.float64).requires_grad_()


def change_then_use(library):
    x = leaf(library, 1.0, 2.0)
    y = x * 3
    y.mul_(y.detach() + 1)
    return x, y


def change_through_a_view(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    y = x * 2
    y[1:].mul_(10)
    return x, y


def change_the_base_of_a_view(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    y = x * 2
    view = y[:2]
    y.mul_(5)
    return x, view


def change_one_view_and_read_another(library):
    x = leaf(library, 1.0, 2.0, 3.0, 4.0)
    y = (x * 1).reshape(2, 2)
    row, column = y[0], y[:, 1]
    row.mul_(7)
    return x, column


def change_views_of_views(library):
    x = leaf(library, *range(6))
    y = (x * 1).reshape(2, 3)
    y.t()[1:].select(1, 0).mul_(4)
    y[1].add_(1).mul_(y.detach()[0].clone())
    return x, y


def overwrite_a_part_with_another_leaf(library):
    x, other = leaf(library, 1.0, 2.0, 3.0), leaf(library, 5.0)
    y = x * 2
    y[1:2] = other * other
    (y * y).sum().backward()
    return [y.detach().tolist(), x.grad.tolist(), other.grad.tolist()]


def assign_numbers(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    y = x * x
    y[0] = 9.0
    y[-1] += 1
    return x, y


def assign_by_mask(library):
    x = leaf(library, 1.0, -2.0, 3.0)
    y = x * x
    y[x.detach() > 0] = 0.5
    return x, y


def write_a_whole_tensor(library):
    x, other = leaf(library, 1.0, 2.0), leaf(library, 3.0, 4.0)
    y = x * 1
    y.copy_(other * 2)
    (y * y).sum().backward()
    return [y.detach().tolist(), other.grad.tolist(), (x.grad + 0).tolist()]


def write_into_a_constant(library):
    x = leaf(library, 1.0, 2.0)
    y = library.zeros(4, dtype=library.float64)
    y[1:3] = x * x
    return x, y


def change_nothing_that_needs_a_gradient(library):
    x = leaf(library, 1.0, 2.0)
    mask = library.zeros(2, dtype=library.float64)
    y = x * 1
    mask += 1
    mask[0] = 3
    return x, y * mask


def fill_a_part(library):
    x = leaf(library, 1.0, 2.0, 3.0)
    y = x * x
    y[1:].zero_()
    y[:1].fill_(2.0)
    return x, y


def add_to_itself(library):
    x = leaf(library, 1.0, 2.0)
    y = x * 1
    y += y
    return x, y


def chain_of_changes(library):
    x = leaf(library, 0.5, 1.0)
    y = (x * 1).mul_(2).add_(1).neg_().sigmoid_()
    return x, y


def changes_without_recording(library):
    x = leaf(library, 1.0, 2.0)
    with library.no_grad():
        x.mul_(3)
        x[0] = 4.0
    return x, x * x


def expand_then_sum(library):
    x = leaf(library, 1.0, 2.0)
    y = x * 1
    wide = y.expand(3, 2)
    y.mul_(2)
    return x, wide


# What each returns: the result and the gradient of the sum of its squares.
SCENARIOS = {
    change_then_use: [[12, 42], [288, 1764]],
    change_through_a_view: [[2, 40, 60], [8, 1600, 2400]],
    change_the_base_of_a_view: [[10, 20], [200, 400, 0]],
    change_one_view_and_read_another: [[14, 4], [0, 196, 0, 8]],
    change_views_of_views: [[[0, 4, 8], [0, 20, 48]], [0, 32, 64, 0, 160, 768]],
    overwrite_a_part_with_another_leaf: [[2, 25, 6], [8, 0, 24], [500]],
    assign_numbers: [[9, 4, 10], [0, 32, 120]],
    assign_by_mask: [[0.5, 4, 0.5], [0, -32, 0]],
    write_a_whole_tensor: [[6, 8], [24, 32], [0, 0]],
    write_into_a_constant: [[0, 1, 4, 0], [4, 32]],
    change_nothing_that_needs_a_gradient: [[3, 2], [18, 4]],
    fill_a_part: [[2, 0, 0], [0, 0, 0]],
    add_to_itself: [[2, 4], [8, 16]],
    chain_of_changes: None,
    changes_without_recording: [[16, 36], [256, 864]],
    expand_then_sum: [[[2, 4]] * 3, [24, 48]],
}


def outcome(scenario, library):
    result = scenario(library)
    if isinstance(result, list):
        return result
    x, y = result
    (y * y).sum().backward()
    return [y.detach().tolist(), x.grad.tolist()]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
def test_scenario(scenario):
    got, expected = outcome(scenario, lm), SCENARIOS[scenario]
    if expected is None:
        y = 1 / (1 + np.exp([2.0, 3.0]))
        np.testing.assert_allclose(got[0], y, rtol=1e-14)
        return
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


@pytest.mark.torch
def test_scenarios_as_in_pytorch():
    torch = pytest.importorskip("torch")
    for scenario in SCENARIOS:
        for a, b in zip(outcome(scenario, lm), outcome(scenario, torch), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14, err_msg=scenario.__name__)


def test_every_change_counts_in_the_version():
    x = lm.zeros(4)
    view = x[:2]
    for expected, change in enumerate(
        [lambda: x.add_(1), lambda: view.mul_(2), lambda: x.fill_(0), lambda: x.exp_()], start=1
    ):
        change()
        assert x._version == view._version == expected
    assert x.clone()._version == 0


@pytest.mark.parametrize(
    ("use", "op"),
    [
        (lambda y: y * y, "mul"),
        (lambda y: y.exp(), "exp"),
        (lambda y: y.sigmoid(), "sigmoid"),
        (lambda y: y.sin(), "sin"),
        (lambda y: lm.where(y > 0, y, y * y), "mul"),
        (lambda y: y.reshape(1, 2) @ y.reshape(2, 1), "matmul"),
    ],
)
def test_a_saved_value_changed_in_place_is_an_error_that_names_the_op(use, op):
    x = leaf(lm, 1.0, 2.0)
    y = x * 1
    z = use(y)
    saved = z if op in {"exp", "sigmoid"} else y  # some save their result, others their input
    saved.detach().add_(1)
    with pytest.raises(RuntimeError, match=rf"\[{op}\].*shape.*changed in place.*version 1"):
        z.sum().backward()


def test_what_is_not_saved_may_change():
    x = leaf(lm, 1.0, 2.0)
    y = x * 1
    z = (y + 1).exp()
    y.mul_(100)  # neither add nor exp kept it
    z.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([2.0, 3.0]))


def test_data_changes_behind_autograds_back():
    x = leaf(lm, 1.0, 2.0)
    y = x * x
    x.data.mul_(10)
    y.sum().backward()
    assert x.grad.tolist() == [20, 40]


def test_leaves_and_their_views_are_protected():
    x = leaf(lm, 1.0, 2.0)
    for change in (lambda: x.add_(1), lambda: x[:1].zero_(), lambda: x.exp_()):
        with pytest.raises(RuntimeError, match="leaf"):
            change()
    with pytest.raises(RuntimeError, match="leaf"):
        x[0] = 1.0
    assert x.tolist() == [1, 2]


def test_expanded_elements_cannot_be_written():
    for change in (lambda x: x.add_(1), lambda x: x.exp_(), lambda x: x.copy_(lm.ones(3, 2))):
        with pytest.raises((ValueError, RuntimeError), match="expanded"):
            change(lm.zeros(2).expand(3, 2))


def test_the_result_must_fit():
    with pytest.raises(ValueError, match=r"\[add_\].*\(2,\).*\(3, 2\)"):
        lm.zeros(2).add_(lm.ones(3, 2))
    with pytest.raises((TypeError, RuntimeError), match=r"\[div_\].*float32.*int64"):
        lm.ones(2, dtype=lm.int64).div_(2)
    with pytest.raises((TypeError, RuntimeError), match=r"\[add_\].*float32.*int64"):
        lm.ones(2, dtype=lm.int64).add_(1.5)


@pytest.mark.parametrize("step", [-1, 0, 1, 3])
def test_overlapping_operands_are_read_before_they_are_written(step):
    n = 1000
    start = np.arange(n + 8, dtype=np.float64)
    x = lm.tensor(start)
    x[4 : n + 4].add_(x[4 + step : n + 4 + step])
    expected = start.copy()
    expected[4 : n + 4] += start[4 + step : n + 4 + step]
    np.testing.assert_array_equal(x.numpy(), expected)


def test_overlapping_copies_and_transposes():
    start = np.arange(64.0).reshape(8, 8)
    for change, expected in [
        (lambda x: x.copy_(x.t()), start.T),
        (lambda x: x.add_(x.t()), start + start.T),
        (lambda x: x[1:].copy_(x[:-1]), np.vstack([start[:1], start[:-1]])),
        (lambda x: x.mul_(x[:, :1]), start * start[:, :1]),
    ]:
        x = lm.tensor(start)
        change(x)
        np.testing.assert_array_equal(x.numpy(), expected)
