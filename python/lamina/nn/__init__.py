"""Networks: so far the functions that the core has; modules come in a later version."""

from __future__ import annotations

from lamina.nn import functional as functional
