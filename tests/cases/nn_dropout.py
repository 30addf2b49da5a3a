"""Dropouts of lamina.nn.functional: without chance here; what is drawn stands in test_random.py."""

from cases import OpCase, call, fails, t


def row(name, *shapes, **more):
    """What is certain: nothing is dropped, or everything."""
    calls = [
        call(t(*shape), p, training, inplace) for shape in shapes for p, training, inplace in FORMS
    ]
    return OpCase(
        f"nn.functional.{name}",
        lambda x, p, training, inplace: x * 0 if training and p == 1 else x,
        calls,
        fn=on_copy(ours, name),
        torch=on_copy(theirs, name),
        method=False,
        grad=True,
        gradgrad=True,
        errors=[fails("between 0 and 1; got 1.5", t(*shapes[0]), 1.5, True, False)],
        fuzz=False,  # numbers of dimensions matter
        **more,
    )


FORMS = [
    (0.5, False, False),
    (0.5, False, True),
    (0.0, True, False),
    (1.0, True, False),
    (1.0, True, True),
]


def on_copy(library, name):
    def drop(x, p, training, inplace):
        return getattr(library(), name)(x * 1, p, training, inplace)

    return drop


def ours():
    import lamina

    return lamina.nn.functional


def theirs():
    import torch

    return torch.nn.functional


CASES = [
    row("dropout", (3, 4), (), (0, 2)),
    row("dropout1d", (2, 3, 4), (3, 4)),
    row("dropout2d", (2, 3, 4, 5)),
    row("dropout3d", (2, 3, 4, 2, 3), (3, 4, 2, 3)),
    row("alpha_dropout", (3, 4), ()),
    row("feature_alpha_dropout", (2, 3, 4), (3, 4)),
]
