"""lm.plot: what the artists hold, what is left as it was, and errors; not a pixel is compared."""

import subprocess
import sys

import numpy as np
import pytest

import lamina as lm
from lamina import nn, plot

mpl = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")
mpl.use("Agg")


@pytest.fixture(autouse=True)
def _seeded_and_closed():
    lm.manual_seed(0)
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


def line(ax, number=0):
    return ax.get_lines()[number].get_ydata().tolist()


def sheet(ax):
    return np.asarray(ax.get_images()[0].get_array().filled(-1))


# ---- history, health, rates ----

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


def test_a_history_has_axes_for_each_quantity():
    loss, accuracy = plot.history(HISTORY)
    assert [line(loss), line(loss, 1)] == [HISTORY["loss"], HISTORY["val_loss"]]
    assert line(accuracy) == HISTORY["accuracy"]
    assert loss.get_lines()[0].get_xdata().tolist() == [1, 2, 3]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert accuracy.get_legend() is None


def test_a_history_object_and_axes_of_ones_own():
    history = lm.train.History()
    for epoch in range(3):
        history.append(7 + epoch, {name: values[epoch] for name, values in HISTORY.items()})
    _, ax = plt.subplots()
    assert plot.history(history, "accuracy", ax) == [ax]
    assert line(ax) == HISTORY["accuracy"]
    assert ax.get_lines()[0].get_xdata().tolist() == [8, 9, 10]  # counted from 1
    _, both = plt.subplots(1, 2)
    assert plot.history(HISTORY, ax=both) == list(both)


def test_what_is_not_a_number_is_left_out():
    axes = plot.history({"loss": [1.0, None], "table": [[[1, 0], [0, 1]]] * 2})
    assert [ax.get_title() for ax in axes] == ["loss"]
    assert np.isnan(line(axes[0])[1])


def test_health_over_steps():
    ax = plot.health({"0": [1.0, 0.5], "2": lm.tensor([0.25, 0.0])}, "update_size")
    assert line(ax) == [1.0, 0.5]
    assert line(ax, 1)[0] == 0.25
    assert np.isnan(line(ax, 1)[1])  # no logarithm
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "update size"
    assert line(plot.health({"0": [1.0, 0.0]}, log=False)) == [1.0, 0.0]


def test_health_over_layers():
    ax = plot.health({"first": [4.0], "second": 2.0})
    assert line(ax) == [4.0, 2.0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["first", "second"]


def test_health_that_was_read():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    readings = []
    with lm.diagnostics.Health(model) as health:
        for _ in range(3):
            model(lm.randn(4, 2)).sum().backward()
            readings.append(health.read())
    first, last = readings[-1][0], readings[-1][2]
    ax = plot.health(health)
    assert line(ax) == [first.gradient, last.gradient]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0 (Linear)", "2 (Linear)"]
    ax = plot.health(readings, "mean", log=False)
    assert [len(ax.get_lines()), line(ax)[-1]] == [3, first.mean]
    assert len(plot.health(readings, "dead", log=False).get_lines()) == 1


def test_a_sweep_of_rates():
    sweep = lm.diagnostics.RateSweep(steps=5)
    for loss in (1.0, 1.0, 0.1, 0.1, 5.0):
        sweep.saw(loss)
    ax = plot.rate_sweep(sweep)
    assert line(ax) == sweep.losses
    assert ax.get_lines()[1].get_xdata() == [sweep.suggestion]
    assert ax.texts[0].get_text() == f"{sweep.suggestion:.2g}"


def test_the_legend_of_many_layers_names_some():
    ax = plot.health({f"layer{i}": [1, 2] for i in range(50)})
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(names) == 10
    assert (names[0], names[-1]) == ("layer0", "layer49")


def test_learning_rates_leave_the_schedule_alone():
    optimizer = lm.optim.SGD([{"params": [lm.zeros(1)]}, {"params": [lm.zeros(1)], "lr": 1.0}], 0.5)
    schedule = lm.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    ax = plot.learning_rates(schedule, 4)
    assert [line(ax), line(ax, 1)] == [[0.5, 0.5, 0.25, 0.25], [1.0, 1.0, 0.5, 0.5]]
    assert schedule.last_epoch == 0
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 1.0]


def test_a_schedule_of_so_many_steps_is_drawn_to_its_end():
    optimizer = lm.optim.SGD([lm.zeros(1)], lr=0.1, momentum=0.9)
    schedule = lm.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=30)
    drawn = line(plot.learning_rates(schedule))
    assert len(drawn) == 30
    assert max(drawn) == 0.1
    plateau = lm.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(TypeError, match=r"\[learning_rates\].*got ReduceLROnPlateau"):
        plot.learning_rates(plateau)


# ---- decisions ----

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def regions(ax):
    """Return the painted classes at the lower left and the upper right."""
    painted = sheet(ax)
    return painted[0, 0], painted[-1, -1]


@pytest.mark.parametrize(
    "model",
    [
        lambda x: x[:, 0] - 0.5,
        lambda x: x[:, :1] - 0.5,
        lambda x: lm.stack([1 - x[:, 0], x[:, 0]], 1),
        lambda x: (x[:, 0] > 0.5).long(),
        lambda x: (x.numpy()[:, 0] > 0.5).astype(int),
    ],
)
def test_regions_of_all_kinds_of_scores(model):
    ax = plot.decision_boundary(model, lm.tensor(CORNERS), [0, 0, 1, 1], resolution=20)
    assert regions(ax) == (0, 1)
    border = np.concatenate(ax.collections[0].get_paths()[0].to_polygons(closed_only=False))
    assert abs(border[:, 0] - 0.5).max() < 0.04
    dots = [np.asarray(c.get_offsets()).tolist() for c in ax.collections[1:]]
    assert dots == [CORNERS[:2], CORNERS[2:]]


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (lambda x: x[:, 0] - 0.5, [-1, 1]),
        (lambda x: 2 * (x[:, 0] > 0.5).long() - 1, [-1, 1]),
        (lambda x: np.where(x.numpy()[:, 0] > 0.5, "red", "blue"), ["blue", "red"]),
        (lambda x: lm.stack([0.5 - x[:, 0], x[:, 0] - 0.5], 1), [False, True]),
    ],
)
def test_classes_of_other_names(model, names):
    y = np.array(names)[[0, 0, 1, 1]]
    ax = plot.decision_boundary(model, lm.tensor(CORNERS), y, resolution=20)
    assert regions(ax) == (0, 1)
    dots = [np.asarray(c.get_offsets()).tolist() for c in ax.collections[1:]]
    assert dots == [CORNERS[:2], CORNERS[2:]]


def test_points_of_any_type_and_compiled_models():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.999))
    wanted = sheet(plot.decision_boundary(model, lm.tensor(CORNERS), [0, 1, 1, 0]))
    for each in (model, lm.compile(model)):
        for x in (CORNERS, np.array(CORNERS), np.array(CORNERS, int)):
            painted = sheet(plot.decision_boundary(each, x, [0, 1, 1, 0]))
            assert (painted != wanted).mean() < 0.01  # the last digits of the places may differ
    assert model[1].training


def test_the_threshold_of_probabilities():
    def model(x):
        return lm.sigmoid(x[:, 0] - 5)

    points = lm.tensor(CORNERS)
    assert regions(plot.decision_boundary(model, points, [0, 0, 1, 1], threshold=0.5)) == (0, 0)
    assert regions(plot.decision_boundary(model, points, [0, 0, 1, 1])) == (1, 1)


def test_estimators_predict():
    class Estimator:
        def predict(self, x):
            assert isinstance(x, np.ndarray)
            return (x[:, 1] > 0.5).astype(int)

    ax = plot.decision_boundary(Estimator(), CORNERS, [0, 1, 0, 1])
    assert regions(ax) == (0, 1)


def test_a_model_keeps_its_modes_and_graph():
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2))
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    plot.decision_boundary(model, lm.tensor(CORNERS), [0, 1, 1, 0], resolution=10)
    assert [module.training for module in model] == [True, True, False, True]
    assert all(lm.equal(value, before[name]) for name, value in model.state_dict().items())
    assert lm.is_grad_enabled()


# ---- images ----


def test_images_lie_in_rows():
    x = np.arange(3 * 20 * 20, dtype=np.float32).reshape(3, 20, 20)
    ax = plot.images(x, ["a", "b", "c"], columns=2)
    tiles = sheet(ax)
    height, width = tiles.shape
    assert (tiles[height // 2 - 20 : height // 2, :20] == x[0]).all()
    assert (tiles[height // 2 - 20 : height // 2, width - 20 :] == x[1]).all()
    assert (tiles[-20:, :20] == x[2]).all()
    assert (tiles[-20:, width - 20 :] == -1).all()  # nothing there
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]


def test_no_images_are_no_error():
    ax = plot.images(lm.zeros(0, 1, 8, 8), [])
    assert not ax.get_images()
    assert not ax.axison


def test_coloured_images():
    bytes_ = lm.full((1, 3, 20, 20), 255, dtype=lm.uint8)
    for x in (bytes_, lm.ones(1, 3, 20, 20)):
        tiles = np.asarray(plot.images(x).get_images()[0].get_array())
        assert tiles.shape == (20, 20, 3)
        assert (tiles == 1).all()


def test_filters_are_rows_of_channels():
    layer = nn.Conv2d(2, 3, 20)
    ax = plot.filters(layer)
    tiles = sheet(ax)
    weight = layer.weight.detach().numpy()
    assert (tiles[:20, :20] == weight[0, 0]).all()
    assert (tiles[:20, -20:] == weight[0, 1]).all()
    assert (tiles[-20:, -20:] == weight[2, 1]).all()
    low, high = ax.get_images()[0].get_clim()
    assert high == -low == abs(weight).max()
    small = sheet(plot.filters(lm.ones(4, 1, 3, 3)))
    assert small.shape[1] > 60  # small ones are enlarged


def test_feature_maps_of_a_layer_by_name_or_itself():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Dropout(0.9))
    x = lm.randn(2, 1, 20, 20)
    with lm.no_grad():
        wanted = model[:2](x)[0].numpy()
    for layer in ("1", model[1]):
        assert (sheet(plot.feature_maps(model, x, layer))[:20, :20] == wanted[0]).all()
    assert not model[1]._hooks().forward


# ---- confusion ----


def test_a_confusion_matrix_counts():
    ax = plot.confusion_matrix([0, 0, 1, 1, 1], lm.tensor([0, 1, 1, 1, 1]), labels=["no", "yes"])
    assert np.allclose(sheet(ax), np.sqrt([[0.5, 0.5], [0, 1]]))
    assert [text.get_text() for text in ax.texts] == ["1", "1", "3"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["no", "yes"]
    scores = lm.tensor([[2.0, 1.0], [1.0, 2.0]])
    assert sheet(plot.confusion_matrix([0, 1], scores)).tolist() == [[1, 0], [0, 1]]
    assert sheet(plot.confusion_matrix([[4, 0], [0, 2]])).tolist() == [[1, 0], [0, 1]]


# ---- loss surfaces ----


def regression():
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1))
    return model, lm.randn(20, 3), lm.randn(20, 1)


def test_the_middle_of_a_loss_surface_is_the_model():
    model, x, y = regression()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    places, values = plot.loss_values(model, nn.functional.mse_loss, x, y, span=0.5, steps=5)
    assert places.tolist() == [-0.5, -0.25, 0, 0.25, 0.5]
    assert all(lm.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert all(module.training for module in model)
    model.eval()
    assert values[2, 2] == nn.functional.mse_loss(model(x), y).item()
    assert len(np.unique(values)) == 25


def test_directions_are_as_long_as_the_filters():
    weight = nn.Parameter(lm.randn(3, 2, 5, 5) * lm.tensor([1.0, 10.0, 0.0])[:, None, None, None])
    lengths = []

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias = weight, nn.Parameter(lm.ones(3))

        def forward(self, x):
            moved = (self.weight - x).flatten(1).norm(dim=1)
            lengths.append([*moved.tolist(), (self.bias - 1).norm().item()])
            return self.weight.sum()

    origin = weight.detach().clone()
    plot.loss_values(Noting(), lambda output, _: output, origin, origin, span=1, steps=3)
    norms = [*origin.flatten(1).norm(dim=1).tolist(), 0.0]
    assert np.allclose(lengths[1], norms, rtol=1e-5)  # one step up, none across
    assert np.allclose(lengths[3], norms, rtol=1e-5)


def test_a_loss_surface_and_the_way_between_two_states():
    model, x, y = regression()
    loss_fn = nn.functional.mse_loss
    generator = lm.Generator().manual_seed(3)
    ax = plot.loss_surface(model, loss_fn, x, y, steps=7, generator=generator)
    assert ax.collections
    first = {name: value.clone() for name, value in model.state_dict().items()}
    with lm.no_grad():
        for parameter in model.parameters():
            parameter += 0.5
    ends = first, model.state_dict()
    ax = plot.loss_surface(model, loss_fn, x, y, states=ends, span=0.5, steps=5)
    model.eval()
    assert line(ax)[3] == pytest.approx(loss_fn(model(x), y).item(), rel=1e-5)
    model.load_state_dict(first)
    assert line(ax)[1] == pytest.approx(loss_fn(model(x), y).item(), rel=1e-5)


def test_a_failing_loss_leaves_the_model_as_it_was():
    model, x, y = regression()
    before = [p.detach().clone() for p in model.parameters()]
    calls = []

    def failing(output, target):
        calls.append(output)
        if len(calls) == 3:
            raise KeyError("no loss")
        return nn.functional.mse_loss(output, target)

    with pytest.raises(KeyError, match="no loss"):
        plot.loss_values(model, failing, x, y)
    assert all(lm.equal(p, b) for p, b in zip(model.parameters(), before, strict=True))
    assert model.training


# ---- all of them ----

CONV = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten())

DRAWN = {
    "health": lambda ax: plot.health({"0": [1.0, 2.0]}, ax=ax),
    "decision_boundary": lambda ax: plot.decision_boundary(
        nn.Linear(2, 2), lm.tensor(CORNERS), [0, 1, 1, 0], ax
    ),
    "images": lambda ax: plot.images(lm.rand(3, 8, 8), [1, 2, 3], ax),
    "filters": lambda ax: plot.filters(nn.Conv2d(3, 4, 5), ax),
    "feature_maps": lambda ax: plot.feature_maps(CONV, lm.rand(1, 1, 8, 8), "0", ax),
    "confusion_matrix": lambda ax: plot.confusion_matrix([0, 1], [0, 1], None, ax),
    "loss_surface": lambda ax: plot.loss_surface(
        nn.Linear(2, 1), nn.functional.mse_loss, lm.tensor(CORNERS), lm.zeros(4, 1), ax, steps=3
    ),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_axes_of_ones_own_or_new_ones(draw):
    _, mine = plt.subplots()
    assert draw(mine) is mine
    assert len(plt.get_fignums()) == 1
    assert draw(None) is not mine
    assert len(plt.get_fignums()) == 2


ERRORS = [
    (lambda: plot.history([1, 2]), TypeError, "[history] expected a History or a dict; got list"),
    (lambda: plot.history({}), ValueError, "[history] expected a history with values"),
    (lambda: plot.history(HISTORY, "f1"), ValueError, "among ['loss', 'accuracy']; got 'f1'"),
    (lambda: plot.history(HISTORY, ax=plt.axes()), ValueError, "2 axes, for loss, accuracy; got 1"),
    (lambda: plot.health({}), ValueError, "[health] expected a list of numbers"),
    (lambda: plot.health({"a": [[1.0]]}), ValueError, "[health] expected a list of numbers"),
    (lambda: plot.health([], "grad"), ValueError, "expected a statistic among ['mean'"),
    (lambda: plot.rate_sweep([1]), TypeError, "[rate_sweep] expected a RateSweep; got list"),
    (lambda: plot.learning_rates(1), TypeError, "[learning_rates] expected a schedule"),
    (
        lambda: plot.decision_boundary(nn.Linear(3, 1), lm.ones(2, 3), [0, 1]),
        ValueError,
        "[decision_boundary] expected points of shape (n, 2) and n classes; got (2, 3) and 2",
    ),
    (
        lambda: plot.decision_boundary(lambda x: x.mean(), CORNERS, [0, 1, 1, 0]),
        ValueError,
        "[decision_boundary] expected a model from (n, 2) to (n,) or (n, classes); got ()",
    ),
    (
        lambda: plot.decision_boundary(nn.Linear(2, 2), lm.ones(3, 2), [0, 1, 2]),
        ValueError,
        "[decision_boundary] expected points of the model's 2 classes; got 0, 1, 2",
    ),
    (
        lambda: plot.loss_surface(CONV, "mse", None, None),
        TypeError,
        "[loss_surface] expected a function of output and target; got 'mse'",
    ),
    (lambda: plot.images(lm.ones(2, 2, 8, 8)), ValueError, "[images] expected images (n, height"),
    (lambda: plot.images(lm.ones(2, 8, 8), [1]), ValueError, "expected 2 labels, as images; got 1"),
    (lambda: plot.filters(nn.Linear(2, 2)), ValueError, "[filters] expected a 2-d convolution"),
    (
        lambda: plot.feature_maps(CONV, lm.ones(1, 1, 4, 4), "2"),
        ValueError,
        "[feature_maps] expected a layer among 0, 1; got '2'",
    ),
    (
        lambda: plot.feature_maps(CONV, lm.ones(1, 1, 4, 4), "1"),
        ValueError,
        "returns (n, channels, height, width); got shape (1, 8)",
    ),
    (
        lambda: plot.feature_maps(CONV, lm.ones(1, 1, 4, 4), nn.Identity()),
        ValueError,
        "expected a layer that the model calls",
    ),
    (lambda: plot.confusion_matrix([0, 1], [0]), ValueError, "got shapes (1,) and (2,)"),
    (lambda: plot.confusion_matrix([0, 1]), ValueError, "or a square matrix; got shape (2,)"),
    (lambda: plot.confusion_matrix([0, -1], [0, 0]), ValueError, "got a negative one"),
    (lambda: plot.confusion_matrix([0, 1], [0, 1], ["a"]), ValueError, "expected 2 labels; got 1"),
    (
        lambda: plot.loss_surface(CONV, min, None, None, states=({}, {})),
        ValueError,
        "expected two state dicts of the model; these names differ: 0.bias, 0.weight",
    ),
    (
        lambda: plot.loss_surface(nn.Linear(2, 1), lambda a, b: a.sum() * nan, lm.ones(1, 2), None),
        ValueError,
        "[loss_surface] expected finite losses",
    ),
]
nan = float("nan")


@pytest.mark.parametrize(("call", "kind", "text"), ERRORS, ids=range(len(ERRORS)))
def test_errors(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)


def test_matplotlib_is_imported_where_it_is_used():
    code = """
import sys
import lamina as lm
lm.plot
assert "matplotlib" not in sys.modules
sys.modules["matplotlib"] = None
try:
    lm.plot.health({"0": [1.0]})
except ImportError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[plot] expected matplotlib, which draws: pip install 'lamina[plot]'\n"
