"""What strings stand for in a Trainer: losses, optimizers, metrics and activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lamina import metrics, nn, optim
from lamina._core import Tensor
from lamina.nn import functional

T = TypeVar("T")


def class_probabilities_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Cross-entropy of probabilities of classes, which are divided by their sum."""
    return functional.cross_entropy((input + 1e-7).log(), target, reduction=reduction)


# PyTorch's names mean what PyTorch means, which for classes are logits; Keras' mean Keras', which
# are probabilities.
LOSSES: dict[str, Callable[[], Any]] = {
    "cross_entropy": nn.CrossEntropyLoss,
    "nll": nn.NLLLoss,
    "bce": nn.BCELoss,
    "bce_with_logits": nn.BCEWithLogitsLoss,
    "focal": nn.FocalLoss,
    "l1": nn.L1Loss,
    "smooth_l1": nn.SmoothL1Loss,
    "soft_margin": nn.SoftMarginLoss,
    "multi_margin": nn.MultiMarginLoss,
    "exponential": nn.ExponentialLoss,
    "perceptron": nn.PerceptronLoss,
    "categorical_crossentropy": lambda: class_probabilities_loss,
    "sparse_categorical_crossentropy": lambda: class_probabilities_loss,
    "binary_crossentropy": nn.BCELoss,
    "mse": nn.MSELoss,
    "mean_squared_error": nn.MSELoss,
    "mae": nn.L1Loss,
    "mean_absolute_error": nn.L1Loss,
    "mape": nn.MAPELoss,
    "mean_absolute_percentage_error": nn.MAPELoss,
    "huber": nn.HuberLoss,
    "log_cosh": nn.LogCoshLoss,
    "hinge": nn.HingeLoss,
    "squared_hinge": nn.SquaredHingeLoss,
    "poisson": lambda: nn.PoissonNLLLoss(log_input=False),
}

OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    kind.__name__.lower(): kind
    for kind in vars(optim).values()
    if isinstance(kind, type) and kind is not optim.Optimizer
}

METRICS: dict[str, Callable[[], metrics.Metric]] = {
    "accuracy": metrics.Accuracy,
    "acc": lambda: metrics.Accuracy("acc"),
    "categorical_accuracy": lambda: metrics.Accuracy("categorical_accuracy"),
    "sparse_categorical_accuracy": lambda: metrics.Accuracy("sparse_categorical_accuracy"),
    "binary_accuracy": lambda: metrics.BinaryAccuracy(name="binary_accuracy"),
    "top_k_categorical_accuracy": lambda: metrics.TopKAccuracy(name="top_k_categorical_accuracy"),
    "top_5_accuracy": metrics.TopKAccuracy,
    "precision": metrics.Precision,
    "recall": metrics.Recall,
    "f1": metrics.F1,
    "auc": lambda: metrics.ROCAUC(name="auc"),
    "roc_auc": metrics.ROCAUC,
    "confusion_matrix": metrics.ConfusionMatrix,
    "mse": metrics.MeanSquaredError,
    "mean_squared_error": lambda: metrics.MeanSquaredError("mean_squared_error"),
    "rmse": metrics.RootMeanSquaredError,
    "mae": metrics.MeanAbsoluteError,
    "mean_absolute_error": lambda: metrics.MeanAbsoluteError("mean_absolute_error"),
    "r2": metrics.R2,
}

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "celu": nn.CELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "swish": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "sigmoid": nn.Sigmoid,
    "logistic": nn.Sigmoid,
    "hard_sigmoid": nn.Hardsigmoid,
    "tanh": nn.Tanh,
    "softmax": lambda: nn.Softmax(-1),
    "log_softmax": lambda: nn.LogSoftmax(-1),
}


def find(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return what a name stands for."""
    if name not in table:
        raise ValueError(f"[Trainer] expected {kind} among {', '.join(table)}; got {name!r}")
    return table[name]


def activation(name: str) -> nn.Module:
    """Return a new activation by Keras' name for it."""
    return find("an activation", name, ACTIVATIONS)()


def optimizer(given: Any, model: nn.Module) -> optim.Optimizer:
    """Return an optimizer: one that is made, or by a name or a function of the parameters."""
    if isinstance(given, optim.Optimizer):
        own = {id(p) for p in model.parameters()}
        if not any(id(p) in own for group in given.param_groups for p in group["params"]):
            kind = type(given).__name__
            raise ValueError(
                f"[Trainer] expected an optimizer of this model's parameters; got {kind} of others"
            )
        return given
    make = find("an optimizer", given, OPTIMIZERS) if isinstance(given, str) else given
    if not callable(make):
        raise TypeError(
            "[Trainer] expected an optimizer, its name or a function of the parameters; "
            f"got a {type(given).__name__}"
        )
    made = make(model.parameters())
    if not isinstance(made, optim.Optimizer):
        raise TypeError(f"[Trainer] expected {given!r} to make an optimizer; got {made!r}")
    return made
