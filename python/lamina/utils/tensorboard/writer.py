"""SummaryWriter: what a training says of itself, step by step, into event files."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lamina.utils.tensorboard import pictures, summaries
from lamina.utils.tensorboard.event_file import EventFile, proto


class SummaryWriter:
    """Writes what TensorBoard shows to a folder, "runs/<time>_<host><comment>" unless named.

    Events reach the disk when `max_queue` of them wait, and when one comes `flush_secs` seconds
    after the last flush.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        if log_dir is None:
            now = time.strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._files: dict[str, EventFile] = {}
        file = self._file(self.log_dir)
        if purge_step is not None:  # TensorBoard forgets what an earlier run wrote from there on
            start = proto("event").SessionLog(status="START")
            file.add(purge_step, session_log=start)

    def _file(self, folder: str) -> EventFile:
        if folder not in self._files:
            self._files[folder] = EventFile(
                folder, self.max_queue, self.flush_secs, self.filename_suffix
            )
        return self._files[folder]

    def _add(self, summary: Any, step: Any, walltime: float | None) -> None:
        self._file(self.log_dir).add(step, walltime, summary=summary)

    def get_logdir(self) -> str:
        """Return the folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Add a number."""
        message = summaries.scalar(tag, scalar_value, new_style, double_precision)
        self._add(message, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add numbers for one diagram, each in a folder of its own below the writer's."""
        for tag, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{tag}")
            message = summaries.scalar(main_tag, value, False, False)
            self._file(folder).add(global_step, walltime, summary=message)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Add how values are spread; those that are not finite are left out."""
        message = summaries.histogram(tag, values, bins, max_bins)
        self._add(message, global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Add an image: bytes, or floating numbers from 0 to 1."""
        pixels = pictures.pixels(summaries.array(img_tensor), dataformats)
        self._add(summaries.picture(tag, pixels), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Add images in a grid, eight in a row."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Add matplotlib's figure, or a list of figures of one size, and close it."""
        pixels = pictures.drawn(figure, close)
        self._add(summaries.picture(tag, pixels), global_step, walltime)

    def add_text(
        self,
        tag: str,
        text_string: str,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a text."""
        self._add(summaries.text(tag, text_string), global_step, walltime)

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Sequence[Any]] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Add a run's hyper-parameters and results, in a folder of its own below the writer's."""
        folder = os.path.join(self.log_dir, run_name or str(time.time()))
        domains = hparam_domain_discrete or {}
        file = self._file(folder)
        for message in summaries.hyper_parameters(hparam_dict, list(metric_dict), domains):
            file.add(summary=message)
        for tag, value in metric_dict.items():
            file.add(global_step, summary=summaries.scalar(tag, value, False, False))
        file.flush()

    def flush(self) -> None:
        """Hand everything that was added to the system."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Write the rest; what is added later begins a new file."""
        while self._files:
            self._files.popitem()[1].close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()
