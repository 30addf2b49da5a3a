"""An approximate softmax over very many classes: frequent ones first, rare ones in clusters."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from lamina import _core
from lamina._core import Tensor
from lamina.nn.containers import ModuleList, Sequential
from lamina.nn.linear import Linear
from lamina.nn.module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _Result(NamedTuple):
    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of targets and their loss, by an input (N, in_features) or (in_features).

    Classes below cutoffs[0] stand in the head, with one entry for each cluster of the others; a
    cluster's classes are scored by way of in_features / div_value^k features. The loss is the mean
    over the inputs.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        ends = [*cutoffs, n_classes]
        rising = all(a < b for a, b in itertools.pairwise([0, *ends]))
        if not cutoffs or not rising or any(int(c) != c for c in ends):
            raise ValueError(
                "[AdaptiveLogSoftmaxWithLoss] expected cutoffs as rising whole numbers between 0 "
                f"and n_classes={n_classes}; got {[*cutoffs]}"
            )
        if not div_value > 0:
            raise ValueError(
                f"[AdaptiveLogSoftmaxWithLoss] expected a div_value above 0; got {div_value}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = ends
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(itertools.pairwise(ends)):
            hidden = int(in_features // div_value ** (i + 1))
            self.tail.append(
                Sequential(
                    Linear(in_features, hidden, bias=False, **place),
                    Linear(hidden, high - low, bias=False, **place),
                )
            )

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        for module in (self.head, *itertools.chain(*self.tail)):
            module.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _Result:
        """Return the log-probability of each target, and the loss."""
        if target_.ndim > 1 or input_.ndim != target_.ndim + 1:
            raise ValueError(
                "[AdaptiveLogSoftmaxWithLoss] expected an input (N, in_features) and a target (N), "
                "or (in_features) and a number; "
                f"got shapes {tuple(input_.shape)} and {tuple(target_.shape)}"
            )
        input, target = input_.reshape([-1, self.in_features]), target_.reshape([-1])
        if input.size(0) != target.size(0):
            raise ValueError(
                "[AdaptiveLogSoftmaxWithLoss] expected as many targets as inputs; "
                f"got {target.size(0)} and {input.size(0)}"
            )
        outside = target[(target < 0) | (target >= self.n_classes)]
        if outside.numel():
            raise IndexError(
                "[AdaptiveLogSoftmaxWithLoss] expected targets in "
                f"[0, {self.n_classes}); got {outside[0].item()}"
            )
        in_head = target.clone()
        within = input.new_zeros([input.size(0)])
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if not rows.numel():
                continue
            in_head = in_head.index_fill(0, rows, self.shortlist_size + i)
            scores = self.tail[i](input.index_select(0, rows))
            own = (target.index_select(0, rows) - low).unsqueeze(1)
            local = _core.log_softmax(scores, 1).gather(1, own).squeeze(1)
            within = within.index_copy(0, rows, local)
        of_head = _core.log_softmax(self.head(input), 1).gather(1, in_head.unsqueeze(1)).squeeze(1)
        output = within + of_head
        return _Result(output.reshape(target_.shape), -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes, (N, n_classes)."""
        return self._log_prob(input, self.head(input))

    def _log_prob(self, input: Tensor, scores: Tensor) -> Tensor:
        head = _core.log_softmax(scores, 1)
        clusters = [
            _core.log_softmax(cluster(input), 1) + head[:, self.shortlist_size + i].unsqueeze(1)
            for i, cluster in enumerate(self.tail)
        ]
        return _core.cat([head[:, : self.shortlist_size], *clusters], 1)

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each input, (N)."""
        scores: Tensor = self.head(input)
        best = scores.argmax(1)
        rare = (best >= self.shortlist_size).nonzero().squeeze(1)
        if not rare.numel():
            return best
        log_prob = self._log_prob(input.index_select(0, rare), scores.index_select(0, rare))
        return best.index_copy(0, rare, log_prob.argmax(1))
