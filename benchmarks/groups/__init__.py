"""The groups of benchmarks; each module has `cases()`, which yields them one by one."""

from __future__ import annotations

from benchmarks.groups import elementwise, products, reductions, small, steps

GROUPS = {
    "products": products.cases,
    "elementwise": elementwise.cases,
    "reductions": reductions.cases,
    "small": small.cases,
    "steps": steps.cases,
}
