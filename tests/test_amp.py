"""Mixed precision that is disabled, as programs for PyTorch have it on a plain machine."""

import pytest

import lamina as lm


def test_disabled_scaling_trains_as_if_it_were_not_there():
    weight = lm.ones(2, requires_grad=True)
    optimizer = lm.optim.SGD([weight], lr=0.5)
    scaler = lm.amp.GradScaler(enabled=False)
    with lm.autocast("cpu", enabled=False):
        loss = (weight * 2).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert weight.tolist() == [0, 0]
    assert not scaler.is_enabled()
    assert scaler.get_scale() == 1
    scaler.load_state_dict(scaler.state_dict())


@pytest.mark.parametrize("made", [lm.GradScaler, lambda: lm.autocast("cuda"), lm.cuda.amp.autocast])
def test_what_is_for_a_missing_device_is_disabled_with_a_warning(made):
    with pytest.warns(UserWarning, match="cuda is not available: disabled"):
        made()


@pytest.mark.parametrize("made", [lm.GradScaler, lm.autocast])
def test_what_cannot_be_had_is_an_error(made):
    with pytest.raises(NotImplementedError, match=r"no dtype of 16 bits.*enabled=False"):
        made("cpu")


def test_a_block_may_decorate():
    @lm.cuda.amp.autocast(enabled=False)
    def double(x):
        return x * 2

    assert double(lm.ones(1)) == 2
