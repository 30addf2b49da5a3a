"""Losses, drawn: what an error of a regression costs, and what a margin of a classification."""

from __future__ import annotations

from figures import panels, show

import lamina as lm
from lamina import nn

F = nn.functional


def main() -> None:
    error = lm.linspace(-3, 3, 301)
    zero = lm.zeros_like(error)
    of_errors = {
        "squared (MSE)": F.mse_loss(error, zero, reduction="none"),
        "absolute (L1)": F.l1_loss(error, zero, reduction="none"),
        "Huber": F.huber_loss(error, zero, reduction="none"),
        "log-cosh": F.log_cosh_loss(error, zero, reduction="none"),
        "quantile 0.9": F.quantile_loss(error, zero, 0.9, reduction="none"),
    }
    margin = lm.linspace(-3, 3, 301)  # the score, times the class -1 or 1
    one = lm.ones_like(margin)
    of_margins = {
        "wrong or right": (margin <= 0).float(),
        "perceptron": F.perceptron_loss(margin, one, reduction="none"),
        "hinge": F.hinge_loss(margin, one, reduction="none"),
        "squared hinge": F.squared_hinge_loss(margin, one, reduction="none"),
        "cross-entropy": F.binary_cross_entropy_with_logits(margin, one, reduction="none"),
        "focal": F.focal_loss(margin, one, reduction="none"),
        "exponential": F.exponential_loss(margin, one, reduction="none"),
    }
    left, right = panels("cost of an error", "cost of a margin", width=5)
    for ax, x, losses in ((left, error, of_errors), (right, margin, of_margins)):
        for name, loss in losses.items():
            ax.plot(x.numpy(), loss.numpy(), label=name)
        ax.set_ylim(-0.1, 4.5)
        ax.legend()
    left.set_xlabel("prediction - target")
    right.set_xlabel("margin")

    outlier, target = lm.tensor([100.0]), lm.zeros(1)
    squared, huber = F.mse_loss(outlier, target).item(), F.huber_loss(outlier, target).item()
    assert squared > 100 * huber
    surrogates = [loss for name, loss in of_margins.items() if name in ("hinge", "exponential")]
    assert all((loss >= of_margins["wrong or right"]).all() for loss in surrogates)
    show(
        f"an error of 100 costs {squared:,.0f} squared and {huber:.1f} by Huber's loss; hinge and "
        "exponential loss lie above the number of mistakes everywhere",
        left,
    )


if __name__ == "__main__":
    main()
