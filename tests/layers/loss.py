"""Losses as modules: each by the functional of its name, which has a row of its own."""

import functools

from cases import fails, t, values

from lamina.nn import functional
from layers import LayerCase, layer

REDUCTIONS = [{}, {"reduction": "sum"}, {"reduction": "none"}]


def by_functional(name, *attributes):
    """Call a functional with attributes of the module as keywords."""

    def ref(module, *inputs):
        keywords = {key: getattr(module, key) for key in (*attributes, "reduction")}
        return getattr(functional, name)(*inputs, **keywords)

    return ref


def row(name, function, inputs, *options, attributes=(), **more):
    """Each reduction of the plain module, and each of the further options."""
    samples = [layer(inputs=inputs, **settings) for settings in [*REDUCTIONS, *options]]
    return LayerCase(name, samples, ref=by_functional(function, *attributes), **more)


PAIR = [t(3, 4), t(3, 4)]
SHARES = [t(3, 4), t(3, 4, domain=(0.1, 0.9))]
WEIGHTS = {"weight": t(4, domain=(0.2, 2), grad=False)}
beyond = functools.partial(row, torch=None)

REGRESSION = [
    row("L1Loss", "l1_loss", PAIR),
    row("MSELoss", "mse_loss", PAIR),
    row("SmoothL1Loss", "smooth_l1_loss", PAIR, {"beta": 0.5}, attributes=["beta"]),
    row("HuberLoss", "huber_loss", PAIR, {"delta": 0.5}, attributes=["delta"]),
    row(
        "PoissonNLLLoss",
        "poisson_nll_loss",
        PAIR,
        {"full": True},
        {"log_input": False, "eps": 0.1},
        attributes=["log_input", "full", "eps"],
        domain=(1.1, 3),
    ),
    row(
        "GaussianNLLLoss",
        "gaussian_nll_loss",
        [*PAIR, t(3, 4, domain=(0.2, 2))],
        {"full": True, "eps": 0.01},
        attributes=["full", "eps"],
    ),
    LayerCase(
        "KLDivLoss",
        [
            layer(reduction=reduction, log_target=log, inputs=SHARES)
            for reduction in ("sum", "none", "batchmean")
            for log in (False, True)
        ],
        ref=by_functional("kl_div", "log_target"),
    ),
    beyond("LogCoshLoss", "log_cosh_loss", PAIR, WEIGHTS, attributes=["weight"]),
    beyond("QuantileLoss", "quantile_loss", PAIR, {"q": 0.9} | WEIGHTS, attributes=["q", "weight"]),
    beyond(
        "MAPELoss",
        "mape_loss",
        [t(3, 4), t(3, 4, grad=False)],
        {"eps": 1.0} | WEIGHTS,
        attributes=["eps", "weight"],
    ),
]

FIXED = [t(3, 4), t(3, 4, grad=False)]
TWO_CLASSES = [
    row(
        "BCELoss",
        "binary_cross_entropy",
        SHARES,
        WEIGHTS,
        attributes=["weight"],
        domain=(0.1, 0.9),
    ),
    row(
        "BCEWithLogitsLoss",
        "binary_cross_entropy_with_logits",
        SHARES,
        WEIGHTS | {"pos_weight": t(4, domain=(0.2, 2), grad=False)},
        attributes=["weight", "pos_weight"],
    ),
    row("SoftMarginLoss", "soft_margin_loss", FIXED),
    *[
        beyond(name, function, FIXED, WEIGHTS, attributes=["weight"])
        for name, function in [
            ("HingeLoss", "hinge_loss"),
            ("SquaredHingeLoss", "squared_hinge_loss"),
            ("PerceptronLoss", "perceptron_loss"),
            ("ExponentialLoss", "exponential_loss"),
        ]
    ],
]


def whole(nested):
    return values(nested, dtype="int64")


def linear_cross_entropy(m, x, target):
    logits = x @ m.linear.weight.T + (0 if m.linear.bias is None else m.linear.bias)
    if m.out_features:
        logits = logits.reshape(len(x), m.num_classes, *m.out_features)
    return functional.cross_entropy(
        logits,
        target,
        m.weight,
        ignore_index=-100 if m.ignore_index is None else m.ignore_index,
        reduction=m.reduction,
        label_smoothing=m.label_smoothing,
    )


SCORES = [t(3, 4), whole([1, 3, 0])]
LOGS = [t(3, 4, domain=(-3, -0.1)), whole([1, 3, 0])]
LABELS = [t(2, 4), whole([[3, 0, -1, 1], [1, -1, 0, 0]])]
CLASSES = [
    row(
        "CrossEntropyLoss",
        "cross_entropy",
        SCORES,
        WEIGHTS | {"ignore_index": 3},
        {"label_smoothing": 0.1},
        attributes=["weight", "ignore_index", "label_smoothing"],
        large=[layer(inputs=[t(700, 300), t(700, dtype="int64", domain=(0, 300))])],
    ),
    LayerCase(
        "LinearCrossEntropyLoss",
        [
            layer(3, 4, inputs=[t(5, 3), whole([1, 3, 0, 0, 2])]),
            layer(3, 4, bias=True, ignore_index=2, inputs=[t(3), whole(1)]),
            layer(
                3,
                2,
                out_features=(2, 1),
                bias=True,
                weight=t(2, domain=(0.5, 2), grad=False),
                reduction="none",
                inputs=[t(2, 3), whole([[[1], [0]], [[0], [0]]])],
            ),
            layer(
                3, 4, label_smoothing=0.1, reduction="sum", inputs=[t(2, 3), t(2, 4, grad=False)]
            ),
        ],
        ref=linear_cross_entropy,
        errors=[
            fails("2 weights; got shape \\(3,\\)", 3, 2, weight=t(3)),
            fails("between 0 and 1; got 2", 3, 2, label_smoothing=2.0),
            fails(
                "options=None", 3, 2, options=1, inputs=[t(3), whole(1)], error=NotImplementedError
            ),
        ],
    ),
    row(
        "NLLLoss",
        "nll_loss",
        LOGS,
        WEIGHTS | {"ignore_index": 3},
        attributes=["weight", "ignore_index"],
    ),
    beyond(
        "FocalLoss",
        "focal_loss",
        SCORES,
        WEIGHTS | {"ignore_index": 3, "gamma": 1.5},
        attributes=["gamma", "weight", "ignore_index"],
    ),
    row(
        "MultiMarginLoss",
        "multi_margin_loss",
        SCORES,
        WEIGHTS | {"p": 2, "margin": 0.5},
        attributes=["p", "margin", "weight"],
        errors=[fails("p of 1 or 2; got 3", 3), fails("weight for each class", 1, 1.0, t(2, 2))],
    ),
    row("MultiLabelMarginLoss", "multilabel_margin_loss", LABELS),
    row(
        "MultiLabelSoftMarginLoss",
        "multilabel_soft_margin_loss",
        SHARES,
        WEIGHTS,
        attributes=["weight"],
    ),
    row(
        "CTCLoss",
        "ctc_loss",
        [t(5, 2, 3, domain=(-2, -0.1)), whole([[1, 1, 0], [2, 1, 2]]), (5, 4), (2, 3)],
        {"blank": 1, "zero_infinity": True},
        attributes=["blank", "zero_infinity"],
        grad=False,  # as PyTorch's, it takes log_softmax to come before
    ),
]

SIGNS = values([1.0, -1.0, -1.0], grad=False)
TRIPLET = [t(3, 4), t(3, 4), t(3, 4)]
RANKING = [
    row(
        "MarginRankingLoss",
        "margin_ranking_loss",
        [t(3), t(3), SIGNS],
        {"margin": 0.5},
        attributes=["margin"],
    ),
    row(
        "HingeEmbeddingLoss",
        "hinge_embedding_loss",
        [t(3), SIGNS],
        {"margin": 2.0},
        attributes=["margin"],
    ),
    row(
        "CosineEmbeddingLoss",
        "cosine_embedding_loss",
        [t(3, 4), t(3, 4), SIGNS],
        {"margin": 0.5},
        attributes=["margin"],
    ),
    row(
        "TripletMarginLoss",
        "triplet_margin_loss",
        TRIPLET,
        {"margin": 2.0, "p": 1.0, "eps": 0.01, "swap": True},
        attributes=["margin", "p", "eps", "swap"],
        errors=[fails("margin above 0; got 0", 0.0)],
    ),
    row(
        "TripletMarginWithDistanceLoss",
        "triplet_margin_with_distance_loss",
        TRIPLET,
        {"margin": 2.0, "swap": True},
        attributes=["distance_function", "margin", "swap"],
        errors=[fails("margin above 0; got -1", margin=-1.0)],
    ),
]


def adaptive(module, inputs, targets):
    """Log-probabilities of all classes, of which the targets' are taken."""
    batch, row = inputs.reshape([-1, inputs.size(-1)]), targets.reshape([-1, 1])
    logs = module.log_prob(batch).gather(1, row).squeeze(1)
    return logs.reshape(targets.shape), -logs.mean()


ADAPTIVE = LayerCase(
    "AdaptiveLogSoftmaxWithLoss",
    [
        layer(6, 10, [2, 5], div_value=2.0, inputs=[t(5, 6), whole([0, 3, 9, 4, 1])]),
        layer(6, 10, [2, 5], head_bias=True, div_value=1.5, inputs=[t(2, 6), whole([1, 0])]),
        layer(6, 10, [4], div_value=2.0, inputs=[t(6), whole(7)]),
    ],
    ref=adaptive,
    errors=[
        fails("rising whole numbers", 6, 10, []),
        fails("rising whole numbers", 6, 10, [5, 2]),
        fails("rising whole numbers", 6, 10, [2, 10]),
        fails(r"\[0, 10\); got 10", 6, 10, [4], inputs=[t(1, 6), whole([10])], error=IndexError),
        fails("as many targets", 6, 10, [4], inputs=[t(2, 6), whole([1])]),
        fails("a target", 6, 10, [4], inputs=[t(2, 6), whole([[1]])]),
    ],
)

LAYERS = [*REGRESSION, *TWO_CLASSES, *CLASSES, *RANKING, ADAPTIVE]
