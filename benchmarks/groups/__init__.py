"""The groups of benchmarks; each module has `cases(dtype)`, which yields them one by one."""

from __future__ import annotations

from benchmarks.groups import (
    capture,
    elementwise,
    inference,
    loading,
    products,
    reductions,
    small,
    steps,
)

GROUPS = {
    "products": products.cases,
    "elementwise": elementwise.cases,
    "reductions": reductions.cases,
    "small": small.cases,
    "capture": capture.cases,
    "steps": steps.cases,
    "inference": inference.cases,
    "loading": loading.cases,
}
