"""What type checkers say of programs that use lamina."""

import subprocess
import sys
from pathlib import Path

import pytest

import lamina as lm

USER_CODE = """
import lamina as lm
from lamina import nn

class Net(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(size, size)])
        self.head = nn.Sequential(nn.Linear(size, 1), nn.Identity())
        self.scale = nn.Parameter(lm.ones(size))
        self.register_buffer("mean", lm.zeros(size))

    def forward(self, x: lm.Tensor) -> lm.Tensor:
        for layer in self.layers:
            x = layer(x) * self.scale - self.mean
        result: lm.Tensor = self.head(x)
        return result

net = Net(3).to(lm.float64).train()
state = net.state_dict()
missing: list[str] = net.load_state_dict(state).missing_keys
total = sum(p.numel() for p in net.parameters())
first: nn.Module = net.head[0]
net.head[:1](lm.ones(3))
handle = net.register_forward_hook(lambda module, args, output: None)
handle.remove()
"""


@pytest.mark.slow
def test_strict_types_of_user_code(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER_CODE)
    package = Path(lm.__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "user.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(package), "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
