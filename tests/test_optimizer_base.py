"""What all optimizers share: groups, names, hooks, state dicts, and optimizers that users write."""

import numpy as np
import pytest

import lamina as lm
from lamina.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)


def leaf(*shape):
    return lm.ones(*shape).requires_grad_()


def with_grad(param):
    param.grad = lm.ones_like(param)
    return param


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (lm.ones(2), TypeError, "an iterable of tensors or dicts; got a tensor"),
        ([], ValueError, "at least one parameter"),
        ([1.0], TypeError, "tensors to optimize; got float"),
        ([leaf(2) * 2], ValueError, "leaves to optimize"),
        ([{"params": {leaf(2)}}], TypeError, "parameters in a fixed order; got a set"),
        ([{"params": [leaf(2)]}, 3], TypeError, "a group as a dict; got int"),
        ([("weight", leaf(2)), leaf(2)], ValueError, "all parameters with names, or none"),
        (
            [{"params": [leaf(2)]}, {"params": [("weight", leaf(2))]}],
            ValueError,
            "all groups with names, or none",
        ),
    ],
)
def test_parameters_that_are_refused(params, error, message):
    with pytest.raises(error, match=rf"\[SGD\] expected {message}"):
        lm.optim.SGD(params, lr=0.1)


def test_a_parameter_belongs_to_one_group():
    param = leaf(2)
    with pytest.raises(ValueError, match="each parameter in one group"):
        lm.optim.SGD([{"params": param}, {"params": param}])
    with pytest.warns(UserWarning, match="more than once in one group"):
        lm.optim.SGD([param, param])


def test_required_options():
    required = lm.optim.optimizer.required

    class Needy(lm.optim.Optimizer):
        pass

    with pytest.raises(ValueError, match="each group to give 'lr'"):
        Needy([leaf(2)], {"lr": required})
    with pytest.raises(NotImplementedError, match="define step"):
        Needy([{"params": [leaf(2)], "lr": 1}], {"lr": required}).step()


def test_groups_have_options_of_their_own():
    first, second, third = (with_grad(leaf(2)) for _ in range(3))
    groups = [{"params": [first]}, {"params": second, "lr": 0.5}]
    optimizer = lm.optim.SGD(groups, lr=0.25)
    optimizer.add_param_group({"params": [third], "maximize": True})
    optimizer.step()
    assert [p[0].item() for p in (first, second, third)] == [0.75, 0.5, 1.25]
    del optimizer.param_groups[1]
    optimizer.step()
    assert [p[0].item() for p in (first, second, third)] == [0.5, 0.5, 1.5]


def test_names_are_kept():
    optimizer = lm.optim.SGD([("a", leaf(2)), ("b", leaf(3))])
    assert optimizer.param_groups[0]["param_names"] == ["a", "b"]
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["param_names"] == ["a", "b"]
    del saved["param_groups"][0]["param_names"]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["param_names"] == ["a", "b"]


def test_zero_grad():
    param = with_grad(leaf(2))
    optimizer = lm.optim.SGD([param])
    grad = param.grad
    optimizer.zero_grad(set_to_none=False)
    assert param.grad is grad
    assert grad.tolist() == [0, 0]
    optimizer.zero_grad()
    assert param.grad is None


def test_step_hooks():
    seen = []
    optimizer = lm.optim.SGD([with_grad(leaf(2))])
    handles = [
        register_optimizer_step_pre_hook(lambda o, args, kwargs: seen.append("all before")),
        optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(o is optimizer)),
        optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(args[0] is o)),
        register_optimizer_step_post_hook(lambda o, args, kwargs: seen.append("all after")),
    ]
    optimizer.step()
    assert seen == ["all before", True, True, "all after"]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(seen) == 4


def test_a_pre_hook_may_change_arguments():
    optimizer = lm.optim.SGD([with_grad(leaf(2))])
    handle = optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7), {}))
    assert optimizer.step() == 7
    handle.remove()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match=r"a hook to return \(args, kwargs\); got 3"):
        optimizer.step()


def test_state_dict_hooks():
    optimizer = lm.optim.SGD([leaf(2)], lr=0.5)
    seen = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("second"))
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    saved = optimizer.state_dict()
    assert (seen, saved.pop("extra")) == (["first", "second"], 1)

    def halve(_, state):
        state["param_groups"] = [dict(group, lr=group["lr"] / 2) for group in state["param_groups"]]
        return state

    optimizer.register_load_state_dict_pre_hook(halve)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(saved)
    assert (optimizer.param_groups[0]["lr"], seen[-1]) == (0.25, "loaded")


def test_loading_copies_and_converts():
    param = with_grad(lm.ones(2, dtype=lm.float64).requires_grad_())
    optimizer = lm.optim.Adam([param])
    average = np.array([1.0, 2.0], np.float32)
    saved = optimizer.state_dict()
    saved["state"] = {0: {"step": 3, "exp_avg": average, "exp_avg_sq": lm.ones(2)}, "own": 5}
    optimizer.load_state_dict(saved)
    state = optimizer.state[param]
    assert state["step"].dtype is lm.float32
    assert state["exp_avg"].dtype is lm.float64
    average[:] = 0
    assert state["exp_avg"].tolist() == [1, 2]
    assert optimizer.state["own"] == 5
    optimizer.step()
    assert state["step"].item() == 4


def test_state_dicts_of_other_groups_are_refused():
    saved = lm.optim.SGD([leaf(2)]).state_dict()
    message = r"\[SGD\] expected a state dict with groups of \[2\] parameters; got \[1\]"
    with pytest.raises(ValueError, match=message):
        lm.optim.SGD([leaf(2), leaf(2)]).load_state_dict(saved)


def test_options_that_an_older_version_lacks_take_their_defaults():
    optimizer = lm.optim.Adam([with_grad(leaf(2))], amsgrad=True)
    saved = optimizer.state_dict()
    del saved["param_groups"][0]["decoupled_weight_decay"]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is False


def test_repr():
    assert repr(lm.optim.SGD([leaf(2)], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n"
        "    foreach: None\n    fused: None\n    lr: 0.1\n    maximize: False\n"
        "    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_an_optimizer_of_ones_own():
    class Plain(lm.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @lm.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for param in group["params"]:
                    self.state[param]["steps"] = self.state[param].get("steps", 0) + 1
                    param -= group["lr"] * param.grad

    param = with_grad(leaf(2))
    optimizer = Plain([param], lr=0.5)
    calls = []
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    optimizer.step()
    assert (param.tolist(), calls) == ([0.5, 0.5], [1])
    assert optimizer.state_dict()["state"] == {0: {"steps": 1}}


def test_the_state_of_an_optimizer_of_ones_own_comes_back_as_it_was():
    own = lm.optim.Optimizer([leaf(2)], {"lr": 0.5})
    state = {"step": 3, "count": lm.tensor(2, dtype=lm.int64), "lists": [1, (2.0, "a")]}
    own.load_state_dict({"state": {0: state}, "param_groups": own.state_dict()["param_groups"]})
    loaded = own.state_dict()["state"][0]
    assert (loaded["step"], loaded["lists"]) == (3, [1, (2.0, "a")])
    assert loaded["count"].dtype is lm.float32  # as in PyTorch, but for steps
