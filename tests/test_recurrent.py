"""Recurrent networks beyond their table: packed sequences, dropout, second derivatives, replays."""

import numpy as np
import pytest
from tolerances import close

import lamina as lm
from lamina import nn
from lamina.autograd import grad, gradcheck, gradgradcheck
from lamina.nn.utils import rnn

LENGTHS = [4, 9, 1, 6, 9, 2]

KINDS = {
    "tanh": lambda *a, **k: nn.RNN(*a, **k),
    "relu": lambda *a, **k: nn.RNN(*a, nonlinearity="relu", **k),
    "gru": nn.GRU,
    "lstm": nn.LSTM,
    "projected": lambda *a, **k: nn.LSTM(*a, proj_size=3, **k),
}
FORMS = [{}, {"num_layers": 2}, {"bidirectional": True}, {"num_layers": 2, "bidirectional": True}]


@pytest.fixture(params=KINDS)
def kind(request):
    lm.manual_seed(1)
    return KINDS[request.param]


@pytest.fixture
def restore_threads():
    before = lm.get_num_threads()
    yield
    lm.set_num_threads(before)


def sequences(size, lengths=LENGTHS, **kwargs):
    rng = np.random.default_rng(0)
    return [lm.tensor(rng.uniform(-1, 1, (n, size)), **kwargs) for n in lengths]


def flat(result):
    """The tensors of (output, states)."""
    out, states = result
    return [out, *(states if isinstance(states, tuple) else (states,))]


def initial(network, batch, dtype=lm.float32):
    """Random first states, as the network takes them."""
    count = network.num_layers * (1 + network.bidirectional)
    h = lm.randn(count, batch, network.proj_size or network.hidden_size, dtype=dtype)
    c = lm.randn(count, batch, network.hidden_size, dtype=dtype)
    return (h, c) if network.mode == "LSTM" else h


def of_sequence(states, i):
    return tuple(x[:, i] for x in states) if isinstance(states, tuple) else states[:, i]


# ---- packed sequences ----


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("with_states", [False, True])
def test_packed_sequences_give_the_bits_of_each_alone(kind, form, with_states):
    network = kind(5, 37, **form)
    inputs = sequences(5, dtype=lm.float32)
    states = initial(network, len(inputs)) if with_states else None
    packed = rnn.pack_sequence(inputs, enforce_sorted=False)
    out, *last = flat(network(packed, states))
    for i, (x, y) in enumerate(zip(inputs, rnn.unpack_sequence(out), strict=True)):
        alone = flat(network(x, of_sequence(states, i) if with_states else None))
        for ours, expected in zip([y, *(s[:, i] for s in last)], alone, strict=True):
            np.testing.assert_array_equal(ours.detach().numpy(), expected.detach().numpy())


# Without history steps share their buffers; beyond 48 sequences go through their steps in groups.
@pytest.mark.parametrize("form", [*FORMS, {"batch_first": True}], ids=str)
@pytest.mark.parametrize("batch", [7, 8, 49, 100])
def test_without_history_the_bits_are_the_same(kind, form, batch):
    network = kind(5, 19, **form)
    lengths = np.random.default_rng(0).integers(1, 8, batch)
    packed = rnn.pack_sequence(sequences(5, lengths, dtype=lm.float32), enforce_sorted=False)
    padded = lm.randn(*((batch, 7) if network.batch_first else (7, batch)), 5)
    for x in (padded, packed):
        states = initial(network, batch)
        expected = flat(network(x, states))
        with lm.no_grad():
            result = flat(network(x, states))
        for ours, theirs in zip(result, expected, strict=True):
            ours, theirs = (y.data if isinstance(y, tuple) else y for y in (ours, theirs))
            np.testing.assert_array_equal(ours.numpy(), theirs.detach().numpy())


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_gradients_of_packed_sequences_are_those_of_each_alone(kind, form):
    network = kind(3, 7, dtype=lm.float64, **form)
    inputs = [x.requires_grad_() for x in sequences(3, dtype=lm.float64)]
    leaves = [*inputs, *network.parameters()]
    packed = network(rnn.pack_sequence(inputs, enforce_sorted=False))
    together = sum((x.data if isinstance(x, tuple) else x).cos().sum() for x in flat(packed))
    alone = sum(x.cos().sum() for sequence in inputs for x in flat(network(sequence)))
    for ours, expected in zip(grad(together, leaves), grad(alone, leaves), strict=True):
        close(ours.numpy(), expected.numpy(), "float64", 500)


@pytest.mark.usefixtures("restore_threads")
def test_packed_sequences_have_equal_bits_on_any_number_of_threads(kind):
    network = kind(40, 90, 2, bidirectional=True)
    inputs = sequences(40, [30 - i // 2 for i in range(40)], dtype=lm.float32)
    packed = rnn.pack_sequence(inputs)
    runs = []
    for threads in (1, 2, 4):
        lm.set_num_threads(threads)
        result = flat(network(packed))
        found = grad(result[0].data.cos().sum(), list(network.parameters()))
        runs.append([x.detach().numpy().tobytes() for x in [result[0].data, *result[1:], *found]])
    assert runs[0] == runs[1] == runs[2]


def test_a_wrong_packed_sequence_is_refused():
    network, data = nn.LSTM(3, 4), lm.randn(5, 3)
    for sizes in ([2, 3], [3, 1], [5, 1], [3, 2, 0], [6, -1], [], [[3, 2]], [2.0, 3.0]):
        with pytest.raises(ValueError, match=r"^\[lstm\] expected batch_sizes"):
            network(rnn.PackedSequence(data, lm.tensor(sizes)))
    with pytest.raises(ValueError, match="two dimensions, as it is packed"):
        network(rnn.PackedSequence(lm.randn(5, 1, 3), lm.tensor([3, 2])))
    with pytest.raises(ValueError, match=r"\(1, 3, 4\); got"):
        network(rnn.PackedSequence(data, lm.tensor([3, 2])), (lm.randn(1, 2, 4), lm.randn(1, 3, 4)))


# ---- gradients ----


def test_gradients_with_history_are_the_fused_ones(kind):
    network = kind(3, 6, 2, bidirectional=True, dtype=lm.float64)
    packed = rnn.pack_sequence(sequences(3, dtype=lm.float64), enforce_sorted=False)
    root = flat(network(packed))[0].data.cos().sum()
    leaves = list(network.parameters())
    fused = grad(root, leaves, retain_graph=True)
    for ours, again in zip(fused, grad(root, leaves, create_graph=True), strict=True):
        assert again.requires_grad
        close(ours.numpy(), again.detach().numpy(), "float64", 500)


@pytest.mark.parametrize("form", [{}, {"batch_first": True}, {"bidirectional": True}], ids=str)
def test_second_derivatives(kind, form):
    network = kind(2, 4, dtype=lm.float64, **form)
    x = lm.randn(3, 2, 2, dtype=lm.float64).requires_grad_()
    states = initial(network, 2 if not form.get("batch_first") else 3, lm.float64)
    single = not isinstance(states, tuple)
    leaves = [s.requires_grad_() for s in ([states] if single else states)]

    def function(x, *rest):
        network._weights = lambda: list(rest[len(leaves) :])
        return tuple(flat(network(x, rest[0] if single else rest[:2])))

    inputs = (x, *leaves, *network.parameters())
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_only_what_is_needed_gets_a_gradient(kind):
    network = kind(3, 4)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    x = lm.randn(5, 2, 3).requires_grad_()
    flat(network(x))[-1].sum().backward()
    assert x.grad is not None
    network.bias_hh_l0.requires_grad_()
    flat(network(x.detach()))[0].sum().backward()
    assert network.bias_hh_l0.grad is not None
    assert network.weight_hh_l0.grad is None


# ---- dropout ----


def test_dropout_acts_between_layers_while_training():
    network = nn.GRU(3, 4, 2, dropout=0.5)
    x = lm.randn(6, 2, 3)
    first, second = network(x)[0], network(x)[0]
    assert not np.array_equal(first.detach().numpy(), second.detach().numpy())
    same = nn.GRU(3, 4, 2)
    same.load_state_dict(network.state_dict())
    np.testing.assert_array_equal(
        network.eval()(x)[0].detach().numpy(), same(x)[0].detach().numpy()
    )


def test_dropout_of_everything_leaves_the_last_layer_its_biases():
    network = nn.GRU(3, 4, 2, dropout=1.0)
    a, b = network(lm.randn(6, 2, 3)), network(lm.randn(6, 2, 3))
    np.testing.assert_array_equal(a[0].detach().numpy(), b[0].detach().numpy())
    assert not np.array_equal(a[1][0].detach().numpy(), b[1][0].detach().numpy())


def test_dropout_without_layers_between_is_told():
    with pytest.warns(UserWarning, match="between layers"):
        nn.LSTM(3, 4, dropout=0.5)


# ---- modules ----


@pytest.mark.parametrize(
    ("cell", "network"), [("RNNCell", "RNN"), ("GRUCell", "GRU"), ("LSTMCell", "LSTM")]
)
def test_a_cell_makes_the_steps_of_a_network(cell, network):
    one, whole = getattr(nn, cell)(3, 20), getattr(nn, network)(3, 20)
    whole.load_state_dict({f"{name}_l0": value for name, value in one.state_dict().items()})
    x, state = lm.randn(7, 5, 3), None
    outs = []
    for now in x:
        state = one(now, state)
        outs.append(state[0] if isinstance(state, tuple) else state)
    close(lm.stack(outs).detach().numpy(), whole(x)[0].detach().numpy(), "float32", 500)


def test_cells_say_what_they_do_not_know():
    with pytest.raises(ValueError, match=r"^\[RNNCell\] expected 'tanh' or 'relu'; got 'sin'"):
        nn.RNNCell(2, 3, nonlinearity="sin")(lm.randn(2))
    with pytest.raises(ValueError, match=r"^\[RNN\] expected 'tanh' or 'relu'; got 'sin'"):
        nn.RNN(2, 3, nonlinearity="sin")
    assert isinstance(nn.GRUCell(2, 3), nn.RNNCellBase)


def test_proj_size_is_the_lstms_and_below_hidden_size():
    for size in (4, -1):
        with pytest.raises(ValueError, match="proj_size from 0 to below hidden_size, 4"):
            nn.LSTM(3, 4, proj_size=size)
    with pytest.raises(ValueError, match="only an LSTM has a proj_size"):
        nn.RNNBase("GRU", 3, 4, proj_size=2)
    with pytest.raises(ValueError, match=r"\[RNNBase\] expected one of .*; got 'SIN'"):
        nn.RNNBase("SIN", 3, 4)


def test_parameters_are_listed_by_layer_and_direction():
    network = nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    assert network.flatten_parameters() is None
    assert [len(weights) for weights in network.all_weights] == [5] * 4
    assert network.all_weights[3][4] is network.weight_hr_l1_reverse
    assert all(p.abs().max() <= 0.5 for p in network.parameters())


def test_a_computed_weight_takes_the_place_of_a_parameter():
    network = nn.GRU(3, 4)
    weight = network.weight_hh_l0
    del network.weight_hh_l0
    network.weight_hh_l0 = weight * 2
    network(lm.randn(5, 3))[0].sum().backward()
    assert weight.grad is not None


@pytest.mark.parametrize("dtype", [lm.float32, lm.int64])
def test_weights_and_input_have_one_floating_type(dtype):
    with pytest.raises(TypeError, match=r"^\[gru\] expected"):
        nn.GRU(3, 4, dtype=lm.float64)(lm.ones(2, 3, dtype=dtype))


def test_a_compiled_step_is_the_eager_one(kind):
    def step_of(network):
        def step(x):
            loss = flat(network(x))[0].cos().mean()
            loss.backward()
            with lm.no_grad():
                for p in network.parameters():
                    p -= 0.1 * p.grad
                    p.grad = None
            return loss

        return step

    networks = [kind(3, 8, 2, bidirectional=True) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    eager, compiled = step_of(networks[0]), lm.compile(step_of(networks[1]))
    for _ in range(4):
        x = lm.randn(5, 4, 3)
        assert eager(x).item() == compiled(x).item()
