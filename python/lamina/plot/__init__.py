"""Pictures of data, networks and trainings, drawn by matplotlib on axes of yours or new ones.

Nothing is shown: that is `plt.show()`'s, or `ax.figure.savefig`'s. Nothing is computed here that a
person wants without the picture, but for the values of a loss surface.
"""

from __future__ import annotations

from lamina.plot._axes import COLORS as COLORS
from lamina.plot.confusion import confusion_matrix as confusion_matrix
from lamina.plot.pictures import feature_maps as feature_maps
from lamina.plot.pictures import filters as filters
from lamina.plot.pictures import images as images
from lamina.plot.points import decision_boundary as decision_boundary
from lamina.plot.surface import loss_surface as loss_surface
from lamina.plot.surface import loss_values as loss_values
from lamina.plot.training import health as health
from lamina.plot.training import history as history
from lamina.plot.training import learning_rates as learning_rates
from lamina.plot.training import rate_sweep as rate_sweep
