"""Networks. Their modules are not here yet; `nn.functional` holds the functions that the core has."""

from __future__ import annotations

from lamina.nn import functional as functional
