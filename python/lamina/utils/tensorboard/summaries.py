"""What events hold: numbers, histograms, pictures, texts and hyper-parameters, as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lamina._core import Tensor
from lamina.utils.tensorboard.event_file import proto, tensorboard
from lamina.utils.tensorboard.pictures import png

Array = np.ndarray[Any, Any]


def array(value: Any) -> Array:
    """Return a tensor, a number or a list as an array."""
    return np.asarray(value.detach().numpy() if isinstance(value, Tensor) else value)


def scalar(tag: str, value: Any, new_style: bool, double_precision: bool) -> Any:
    """Return a number in the old form, or as a tensor."""
    numbers = array(value)
    if numbers.size != 1:
        raise ValueError(f"[add_scalar] expected one number; got shape {numbers.shape}")
    number = float(numbers.reshape(-1)[0])
    if not new_style:
        return _summary(tag, simple_value=number)
    double = {"dtype": "DT_DOUBLE", "double_val": [number]}
    single = {"dtype": "DT_FLOAT", "float_val": [number]}
    content = _tensor(double if double_precision else single)
    return _summary(tag, tensor=content, metadata=_metadata("scalars"))


def histogram(tag: str, values: Any, bins: Any, max_bins: int | None) -> Any:
    """Return how many of the finite values lie between limits, which `bins` says as in NumPy."""
    numbers = array(values).astype(np.float64).reshape(-1)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        raise ValueError("[add_histogram] expected at least one finite value; got none")
    limits = _limits() if isinstance(bins, str) and bins == "tensorflow" else bins
    counts, limits = np.histogram(numbers, limits)
    if max_bins is not None and len(counts) > max_bins:
        joined = -(-len(counts) // max_bins)
        starts = np.arange(0, len(counts), joined)
        counts, limits = np.add.reduceat(counts, starts), np.append(limits[starts], limits[-1])
    filled = np.flatnonzero(counts)
    if filled.size:  # the empty ends say nothing
        first, last = filled[0], filled[-1] + 1
        counts, limits = counts[first:last], limits[first : last + 1]
    message = proto("summary").HistogramProto(
        min=numbers.min(),
        max=numbers.max(),
        num=numbers.size,
        sum=numbers.sum(),
        sum_squares=numbers.dot(numbers),
        bucket_limit=limits.tolist(),
        bucket=[0, *counts.tolist()],  # one below each limit
    )
    return _summary(tag, histo=message)


def _limits() -> Array:
    """Return limits that grow by a tenth each, on both sides of 0."""
    growing = 1e-12 * 1.1 ** np.arange(775)  # up to 1e20
    return np.concatenate([-growing[::-1], [0], growing])


def picture(tag: str, pixels: Array) -> Any:
    """Return a picture of bytes (height, width, channels)."""
    height, width, channels = pixels.shape
    image = proto("summary").Summary.Image(
        height=height, width=width, colorspace=channels, encoded_image_string=png(pixels)
    )
    return _summary(tag, image=image)


def text(tag: str, words: str) -> Any:
    """Return a text, which TensorBoard reads as Markdown."""
    content = _tensor({"dtype": "DT_STRING", "string_val": [words.encode()]}, [1])
    return _summary(f"{tag}/text_summary", tensor=content, metadata=_metadata("text"))


def hyper_parameters(
    values: Mapping[str, Any], metrics: Sequence[str], domains: Mapping[str, Sequence[Any]]
) -> list[Any]:
    """Return what experiment this is, and the beginning and the end of a run of it."""
    api = tensorboard("plugins.hparams.api_pb2")
    data = tensorboard("plugins.hparams.plugin_data_pb2")
    names = tensorboard("plugins.hparams.metadata")
    experiment = api.Experiment(
        hparam_infos=[_described(api, name, values[name], domains.get(name)) for name in values],
        metric_infos=[api.MetricInfo(name=api.MetricName(tag=tag)) for tag in metrics],
    )
    start = data.SessionStartInfo()
    for name, value in values.items():
        _put(start.hparams[name], _plain(name, value))
    end = data.SessionEndInfo(status=api.Status.Value("STATUS_SUCCESS"))
    contents = [
        (names.EXPERIMENT_TAG, {"experiment": experiment}),
        (names.SESSION_START_INFO_TAG, {"session_start_info": start}),
        (names.SESSION_END_INFO_TAG, {"session_end_info": end}),
    ]
    return [
        _summary(tag, metadata=names.create_summary_metadata(data.HParamsPluginData(**content)))
        for tag, content in contents
    ]


def _described(api: Any, name: str, value: Any, domain: Sequence[Any] | None) -> Any:
    kinds = {bool: "DATA_TYPE_BOOL", float: "DATA_TYPE_FLOAT64", str: "DATA_TYPE_STRING"}
    info = api.HParamInfo(name=name, type=api.DataType.Value(kinds[type(_plain(name, value))]))
    for choice in domain or ():
        _put(info.domain_discrete.values.add(), _plain(name, choice))
    return info


def _plain(name: str, value: Any) -> bool | float | str:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(
            f"[add_hparams] expected numbers, truth values and strings; got a {kind} for {name}"
        ) from None


def _put(message: Any, value: bool | float | str) -> None:
    kinds = {bool: "bool_value", float: "number_value", str: "string_value"}
    setattr(message, kinds[type(value)], value)


def _summary(tag: str, **content: Any) -> Any:
    summary = proto("summary").Summary
    return summary(value=[summary.Value(tag=tag, **content)])


def _metadata(plugin: str) -> Any:
    metadata = proto("summary").SummaryMetadata
    return metadata(plugin_data=metadata.PluginData(plugin_name=plugin))


def _tensor(content: Mapping[str, Any], sizes: Sequence[int] = ()) -> Any:
    shape = proto("tensor_shape").TensorShapeProto
    dims = [shape.Dim(size=size) for size in sizes]
    return proto("tensor").TensorProto(tensor_shape=shape(dim=dims), **content)
