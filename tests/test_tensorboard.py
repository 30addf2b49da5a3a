"""SummaryWriter's files, read back by TensorBoard itself."""

import io
import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

import lamina as lm
from lamina.utils.tensorboard import SummaryWriter, event_file, pictures

pytest.importorskip("tensorboard")
from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2


def read(folder):
    everything = dict.fromkeys(event_accumulator.DEFAULT_SIZE_GUIDANCE, 0)
    return event_accumulator.EventAccumulator(os.fspath(folder), everything).Reload()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def writer(folder):
    with SummaryWriter(folder) as writer:
        yield writer


@pytest.mark.parametrize(
    "value",
    [0.1, 3, True, np.float64(2.5), np.array([[7]]), lm.tensor(1.5, requires_grad=True), [4]],
)
def test_scalars(writer, folder, value):
    for step in range(3):
        writer.add_scalar("loss/train", value, step, walltime=100.0 + step)
    writer.add_scalar("loss/train", value, lm.tensor(7))
    writer.close()
    events = read(folder).Scalars("loss/train")
    expected = float(
        np.float32(np.asarray(value.detach() if lm.is_tensor(value) else value).item())
    )
    assert [event.value for event in events] == [expected] * 4
    assert [event.step for event in events] == [0, 1, 2, 7]
    assert [event.wall_time for event in events[:3]] == [100, 101, 102]
    assert events[3].wall_time > 1e9


@pytest.mark.parametrize("double", [False, True])
def test_scalars_of_the_new_style(writer, folder, double):
    writer.add_scalar("loss", 0.1, 5, new_style=True, double_precision=double)
    writer.close()
    (event,) = read(folder).Tensors("loss")
    kept = event.tensor_proto.double_val if double else event.tensor_proto.float_val
    assert list(kept) == [0.1 if double else np.float32(0.1)]
    assert read(folder).SummaryMetadata("loss").plugin_data.plugin_name == "scalars"


def test_scalars_of_one_diagram(writer, folder):
    for step in range(3):
        writer.add_scalars("a/loss", {"train": step, "test": 2 * step}, step)
    writer.close()
    for name, factor in (("train", 1), ("test", 2)):
        events = read(folder / f"a_loss_{name}").Scalars("a/loss")
        assert [event.value for event in events] == [0, factor, 2 * factor]


VALUES = np.random.default_rng(0).normal(0, 3, 1000)


@pytest.mark.parametrize("bins", ["tensorflow", "auto", 7, [-20.0, -1, 0, 0.5, 20]])
@pytest.mark.parametrize("max_bins", [None, 4])
def test_histograms(writer, folder, bins, max_bins):
    values = lm.tensor([*VALUES, np.nan, np.inf], dtype=lm.float64).reshape(2, -1)
    writer.add_histogram("weights", values, 3, bins, max_bins=max_bins)
    writer.close()
    (event,) = read(folder).Histograms("weights")
    made = event.histogram_value
    assert (event.step, made.num, made.min, made.max) == (3, 1000, VALUES.min(), VALUES.max())
    np.testing.assert_allclose([made.sum, made.sum_squares], [VALUES.sum(), VALUES @ VALUES])
    limits, counts = np.array(made.bucket_limit), np.array(made.bucket)
    assert counts.sum() == 1000
    assert counts[0] == 0
    assert counts[1] > 0
    assert counts[-1] > 0
    assert len(limits) == len(counts) <= (5 if max_bins else 1000)
    inside = [((a <= VALUES) & (b > VALUES)).sum() for a, b in pairwise(limits)]
    inside[-1] += (limits[-1] == VALUES).sum()
    assert inside == counts[1:].tolist()
    if bins == "tensorflow" and max_bins is None:
        upper = limits[limits > 1e-9]
        np.testing.assert_allclose(upper[1:] / upper[:-1], 1.1)


def test_a_histogram_of_small_gradients(writer, folder):
    writer.add_histogram("gradients", [-1e-9, 0.0, 1e-11, 1e-9, 1.05e-9])
    writer.close()
    (event,) = read(folder).Histograms("gradients")
    assert [count for count in event.histogram_value.bucket if count] == [1, 1, 1, 2]


def test_a_histogram_needs_values(writer):
    for values in ([], [np.nan]):
        with pytest.raises(ValueError, match=r"\[add_histogram\] expected at least one finite"):
            writer.add_histogram("weights", values)


def decoded(octets):
    image = pytest.importorskip("PIL.Image")
    return np.asarray(image.open(io.BytesIO(octets)))


def shown(folder, tag):
    (event,) = read(folder).Images(tag)
    image = decoded(event.encoded_image_string)
    assert (event.height, event.width) == image.shape[:2]
    return image


IMAGES = np.random.default_rng(0).integers(0, 256, (11, 3, 4, 5), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scale", [None, 255.0])
@pytest.mark.parametrize("letters", ["CHW", "HWC", "WCH", "hwc"])
def test_images(writer, folder, channels, scale, letters):
    image = IMAGES[0, :channels]
    given = image if scale is None else ((image + 0.5) / scale).astype(np.float32)
    given = np.ascontiguousarray(given.transpose(["CHW".index(c) for c in letters.upper()]))
    writer.add_image("image", lm.tensor(given), 2, dataformats=letters)
    writer.close()
    assert np.array_equal(shown(folder, "image").reshape(4, 5, -1), image.transpose(1, 2, 0))


def test_grey_images_without_a_channel(writer, folder):
    writer.add_image("image", IMAGES[0, 0], dataformats="HW")
    writer.add_image("outside", np.array([[-1, 2.0, np.nan]]), dataformats="HW")
    writer.close()
    assert np.array_equal(shown(folder, "image"), IMAGES[0, 0])
    assert shown(folder, "outside").tolist() == [[0, 255, 0]]


@pytest.mark.parametrize("count", [2, 8, 11])
def test_grids_of_images(writer, folder, count):
    writer.add_images("images", IMAGES[:count])
    writer.add_images("last", IMAGES[:count].transpose(0, 2, 3, 1), dataformats="NHWC")
    writer.close()
    grid = shown(folder, "images")
    columns = min(count, 8)
    assert grid.shape == (4 * -(-count // 8), 5 * columns, 3)
    for i in range(count):
        row, column = divmod(i, 8)
        cell = grid[4 * row : 4 * row + 4, 5 * column : 5 * column + 5]
        assert np.array_equal(cell, IMAGES[i].transpose(1, 2, 0))
    assert not grid[4:, 15:].any()
    assert np.array_equal(shown(folder, "last"), grid)


@pytest.mark.parametrize(
    ("image", "letters", "error", "message"),
    [
        (np.zeros((3, 4)), "CHW", ValueError, r"got shape \(3, 4\) and 'CHW'"),
        (np.zeros((3, 4, 5)), "HWW", ValueError, "and 'HWW'"),
        (np.zeros((3, 4)), "NC", ValueError, "and 'NC'"),
        (np.zeros((3, 4, 5)), "DHW", ValueError, "and 'DHW'"),
        (np.zeros((2, 4, 5)), "CHW", ValueError, "1, 3 or 4 channels; got 2"),
        (np.zeros((3, 4, 5), np.int64), "CHW", TypeError, "bytes or floating numbers; got int64"),
    ],
)
def test_images_that_are_none(writer, image, letters, error, message):
    with pytest.raises(error, match=rf"\[add_image\] .*{message}"):
        writer.add_image("image", image, dataformats=letters)


def test_figures(writer, folder):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    before = pyplot.get_fignums()
    figures = [pyplot.figure(figsize=(2, 1), dpi=50, facecolor=color) for color in ("r", "b")]
    writer.add_figure("one", figures[0], 1, close=False)
    assert pyplot.fignum_exists(figures[0].number)
    writer.add_figure("two", figures, 1)
    assert pyplot.get_fignums() == before
    writer.close()
    one, two = shown(folder, "one"), shown(folder, "two")
    assert one.shape == (50, 100, 4)
    assert two.shape == (50, 200, 4)
    assert (one == [255, 0, 0, 255]).all()
    assert (two[:, :100] == one).all()
    assert (two[:, 100:] == [0, 0, 255, 255]).all()


def test_texts(writer, folder):
    writer.add_text("note", "**größer**", 4)
    writer.close()
    (event,) = read(folder).Tensors("note/text_summary")
    assert event.tensor_proto.string_val[0].decode() == "**größer**"
    assert read(folder).SummaryMetadata("note/text_summary").plugin_data.plugin_name == "text"


def test_hyper_parameters(writer, folder):
    values = {"rate": 0.1, "width": 64, "norm": True, "kind": "relu", "deep": np.bool_(False)}
    domains = {"kind": ["relu", "tanh"], "norm": [True, False]}
    writer.add_hparams(values, {"score": 0.9}, domains, "first", 12)
    writer.add_hparams({}, {})
    contents = {}
    events = read(folder / "first")
    for tag in events.PluginTagToContent("hparams"):
        data = events.PluginTagToContent("hparams")[tag]
        contents[tag] = plugin_data_pb2.HParamsPluginData.FromString(data)
    start = contents["_hparams_/session_start_info"].session_start_info.hparams
    assert start["rate"].number_value == 0.1
    assert start["width"].number_value == 64
    assert start["norm"].bool_value is True
    assert start["deep"].HasField("bool_value")
    assert start["kind"].string_value == "relu"
    assert contents["_hparams_/session_end_info"].session_end_info.status == 1
    experiment = contents["_hparams_/experiment"].experiment
    infos = {info.name: info for info in experiment.hparam_infos}
    assert [v.string_value for v in infos["kind"].domain_discrete.values] == ["relu", "tanh"]
    assert [infos[name].type for name in values] == [3, 3, 2, 1, 2]
    assert [info.name.tag for info in experiment.metric_infos] == ["score"]
    (event,) = events.Scalars("score")
    assert (event.step, event.value) == (12, np.float32(0.9))
    assert len(os.listdir(folder)) == 3
    with pytest.raises(TypeError, match=r"\[add_hparams\] expected .*; got a list for sizes"):
        writer.add_hparams({"sizes": [1, 2]}, {})


def test_when_events_reach_the_disk(folder):
    def steps():
        return len(read(folder).Scalars("x")) if "x" in read(folder).Tags()["scalars"] else 0

    with SummaryWriter(folder, max_queue=3) as writer:
        for expected in (0, 0, 3, 3):
            writer.add_scalar("x", 1.0)
            assert steps() == expected
        writer.flush()
        assert steps() == 4
        writer.flush_secs = 0
    with SummaryWriter(folder, flush_secs=0) as writer:
        writer.add_scalar("x", 1.0)
        assert steps() == 5
    writer.add_scalar("x", 1.0)  # after close: a new file
    writer.close()
    assert steps() == 6
    assert len(os.listdir(folder)) == 3


def test_a_purge_step_hides_what_a_broken_run_wrote(folder):
    with SummaryWriter(folder) as writer:
        for step in range(5):
            writer.add_scalar("x", 1.0, step)
    with SummaryWriter(folder, purge_step=3, filename_suffix=".again") as writer:
        writer.add_scalar("x", 2.0, 3)
    assert sorted(name.endswith(".again") for name in os.listdir(folder)) == [False, True]
    assert [event.value for event in read(folder).Scalars("x")] == [1, 1, 1, 2]


def test_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_test") as writer:
        assert writer.get_logdir() == writer.log_dir
        assert os.path.dirname(writer.log_dir) == "runs"
        assert writer.log_dir.endswith("_test")
    assert os.listdir(writer.log_dir)


def test_a_scalar_is_one_number(writer):
    with pytest.raises(ValueError, match=r"\[add_scalar\] expected one number; got shape \(2,\)"):
        writer.add_scalar("x", [1, 2])


def test_without_tensorboard(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setattr(event_file.importlib, "import_module", __import__)
    with pytest.raises(ModuleNotFoundError, match=r"pip install lamina\[tensorboard\]"):
        SummaryWriter(folder)
    assert not folder.exists()


def test_import_is_light():
    code = (
        "import sys, lamina; lamina.utils.tensorboard.SummaryWriter; "
        "assert 'tensorboard' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_png_of_colors_with_alpha():
    image = np.random.default_rng(0).integers(0, 256, (3, 5, 4), np.uint8)
    assert np.array_equal(decoded(pictures.png(image)), image)
