"""The Python of README.md and docs/ runs, each page from its top to its end.

A block marked `python` runs, with what `names` and the page's earlier blocks give; one marked
`py` is a part of something larger, or needs a network, and is only compiled.
"""

import contextlib
import doctest
import io
import re
from pathlib import Path

import numpy as np
import pytest

import lamina as lm
from lamina import nn

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def names():
    """What a reader has at hand: data in three classes, and a model with its training."""
    lm.manual_seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2)).astype(np.float32)
    y = np.digitize(x[:, 0], [-0.5, 0.5])
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = lm.optim.Adam(model.parameters(), lr=0.01)

    def train_step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return {
        "lm": lm,
        "nn": nn,
        "np": np,
        "x": x[:200],
        "y": y[:200],
        "x_test": x[200:],
        "y_test": y[200:],
        "model": model,
        "optimizer": optimizer,
        "schedule": lm.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
        "loader": lm.utils.data.DataLoader(lm.utils.data.TensorDataset(x, y), 64),
        "train_step": train_step,
        "images": lm.rand(4, 1, 8, 8),
        "trainer": lm.Trainer(model, optimizer=optimizer),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    space = names()
    for text in blocks(page, "py"):
        compile(text, page.name, "exec")
    for text in blocks(page, "python"):
        if text.startswith(">>>"):
            example = doctest.DocTestParser().get_doctest(
                text.replace("\n\n", "\n<BLANKLINE>\n"), space, page.name, None, 0
            )
            assert doctest.DocTestRunner().run(example).failed == 0
            continue
        with contextlib.redirect_stdout(io.StringIO()):  # the lines of a training
            exec(compile(text, page.name, "exec"), space)


def test_the_indexes_name_each_page():
    index = (ROOT / "docs" / "README.md").read_text()
    readme = (ROOT / "README.md").read_text()
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert f"(docs/{page.name})" in readme
        assert page.name == "README.md" or f"({page.name})" in index
