"""Who may know whom: reads the includes under csrc and the imports under python/lamina."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CSRC = ROOT / "csrc"
PACKAGE = ROOT / "python" / "lamina"

# bindings -> ops -> {autograd, exec, kernels} -> core, and kernels knows itself alone.
CPP_LAYERS = {
    "core": {"core"},
    "kernels": {"kernels"},
    "exec": {"core", "exec"},
    "autograd": {"core", "autograd"},
    "ops": {"core", "exec", "autograd", "kernels", "ops"},
    "bindings": {"core", "exec", "autograd", "kernels", "ops", "bindings"},
}

# From the bottom up: a module may import what stands below it, and its own package.
PYTHON_LAYERS = [
    {"_core"},
    {"_programs", "_python_state"},
    {"_recorded"},
    {"_device", "_limits", "_memory_format", "_pickle", "_repr", "_switches", "_wrong_types"},
    {"autograd", "compiling", "random"},
    {"amp", "functional"},
    {"_export", "files", "linalg", "testing"},
    {"datasets", "distributions", "nn"},
    {"func", "optim"},
    {"metrics", "transforms", "utils"},
    {"diagnostics"},
    {"callbacks"},
    {"train"},
    {"plot", "sklearn"},
]

C_HEADERS = {"cfloat", "climits", "cmath", "cstddef", "cstdint", "cstring"}
INTRINSICS = {"immintrin.h", "arm_neon.h"}

CPP_FILES = sorted(path for path in CSRC.rglob("*") if path.suffix in {".h", ".cpp", ".def"})
PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))


def relative(path):
    return path.relative_to(ROOT).as_posix()


def includes(path, opening):
    return re.findall(rf'^\s*#\s*include\s*{opening}([^>"]+)', path.read_text(), re.M)


@pytest.mark.parametrize("path", CPP_FILES, ids=relative)
def test_cpp_includes_go_downwards(path):
    layer = path.relative_to(CSRC).parts[0]
    known = {name.split("/")[0] for name in includes(path, '"')}
    assert known <= CPP_LAYERS[layer]


@pytest.mark.parametrize(
    "path", [path for path in CPP_FILES if CSRC / "kernels" not in path.parents], ids=relative
)
def test_only_kernels_know_what_is_compiled_once_per_isa(path):
    assert not [name for name in includes(path, '"') if name.startswith("kernels/isa/")]


@pytest.mark.parametrize(
    "path", [path for path in CPP_FILES if CSRC / "kernels" / "isa" in path.parents], ids=relative
)
def test_kernels_include_c_headers_only(path):
    # An inline function of the C++ library, compiled for AVX-512, could be linked into plain code.
    assert set(includes(path, "<")) <= C_HEADERS | INTRINSICS


@pytest.mark.parametrize("path", CPP_FILES, ids=relative)
def test_openmp_stays_in_one_place(path):
    mentions = re.search(r"#\s*pragma\s+omp|omp\.h|\bomp_\w+\(|_Pragma\(\"omp", path.read_text())
    assert path.stem == "parallel" or not mentions


def imported_modules(path):
    """Yield the first name under `lamina` of every import in a file."""
    package = ["lamina", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            names = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "lamina" and len(parts) > 1:
                yield parts[1]


def python_layer(module):
    for layer, modules in enumerate(PYTHON_LAYERS):
        if module in modules:
            return layer
    raise AssertionError(f"give lamina.{module} a place in PYTHON_LAYERS")


@pytest.mark.parametrize(
    "path", [p for p in PYTHON_FILES if p.name not in {"__main__.py"}], ids=relative
)
def test_python_imports_go_downwards(path):
    module = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if module == "__init__":
        return
    upwards = [
        name
        for name in imported_modules(path)
        if name != module and python_layer(name) >= python_layer(module)
    ]
    assert not upwards


@pytest.mark.parametrize("path", [p for p in PYTHON_FILES if p.name != "__main__.py"], ids=relative)
def test_nothing_is_printed(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if getattr(call.func, "id", None) == "print"]
