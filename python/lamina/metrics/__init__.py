"""Metrics: small objects that count in tensors, over batches, inside compiled steps too."""

from __future__ import annotations

from lamina.metrics.base import Mean as Mean
from lamina.metrics.base import MeanLoss as MeanLoss
from lamina.metrics.base import Metric as Metric
from lamina.metrics.classification import Accuracy as Accuracy
from lamina.metrics.classification import BinaryAccuracy as BinaryAccuracy
from lamina.metrics.classification import TopKAccuracy as TopKAccuracy
from lamina.metrics.confusion import F1 as F1
from lamina.metrics.confusion import ConfusionMatrix as ConfusionMatrix
from lamina.metrics.confusion import Precision as Precision
from lamina.metrics.confusion import Recall as Recall
from lamina.metrics.ranking import ROCAUC as ROCAUC
from lamina.metrics.regression import R2 as R2
from lamina.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from lamina.metrics.regression import MeanSquaredError as MeanSquaredError
from lamina.metrics.regression import RootMeanSquaredError as RootMeanSquaredError
