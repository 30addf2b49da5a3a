"""`python -m lamina`: prints what was built and what this machine offers; computes nothing."""

from __future__ import annotations

import os
import platform

import numpy as np

import lamina


def report() -> str:
    """Return the report, one line a fact."""
    config = lamina.config()
    quota = config["quota"]
    rows = {
        "lamina": config["version"],
        "python": platform.python_version(),
        "numpy": np.__version__,
        "compiler": f"{config['compiler']}, {config['build_type']}",
        "openmp": "its limits hold" if config["openmp"] else "not found: its limits do not hold",
        "isas built": ", ".join(config["isas_built"]),
        "isas available": ", ".join(config["isas_available"]),
        "isa": f"{config['isa']} (LAMINA_ISA: {os.environ.get('LAMINA_ISA', 'not set')})",
        "threads": f"{config['num_threads']} (default {config['default_num_threads']})",
        "affinity": f"{config['affinity']} processors",
        "quota": "none" if quota is None else f"{quota:g} processors",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
    }
    return "\n".join(f"{name:<16} {value}" for name, value in rows.items())


if __name__ == "__main__":
    print(report())
