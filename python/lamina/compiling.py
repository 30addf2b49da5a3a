"""lamina.compile: functions that are recorded once and replayed without Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from lamina import _core, _programs
from lamina._python_state import is_ours, names
from lamina._recorded import Recorded


class CompiledFunction(_core._CompiledFunction):
    """A function that is recorded once per kind of call."""

    def __init__(self, fn: Callable[..., Any], inference: bool = False) -> None:
        plain = _innermost(fn)
        code = getattr(plain, "__code__", None)
        read = tuple(dict.fromkeys(names(code))) if code else ()
        cells = getattr(plain, "__closure__", None) or ()
        owner = getattr(fn, "__self__", None if plain is fn else fn)
        variables = {} if is_ours(plain) else getattr(plain, "__globals__", {})
        super().__init__(Recorded(fn, plain).run, variables, read, cells, owner, inference)
        functools.update_wrapper(self, fn, updated=())
        self._made_of = fn, inference

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __reduce__(self) -> Any:
        return CompiledFunction, self._made_of

    def explain(self) -> str:
        """Return a text on what was recorded: the launches of each program and its memory."""
        return _programs.explain(self.programs())

    def profile(self, *args: Any, repeat: int = 20, **kwargs: Any) -> str:
        """Return a text on where the time of such a call goes, the longest launch first.

        `limit` is the share of what the machine can do that a launch reaches, in arithmetic or in
        memory, whichever is nearer; out of a cache it may be beyond 100%. The calls are calls as
        any: weights that the function changes are changed so many times.
        """
        limits = _programs.limits(_core.get_num_threads())
        runs = self._profile(repeat, *args, **kwargs)
        return _programs.profile(self.programs()[0], runs, limits)


class CompiledModule:
    """A module whose calls are recorded once a kind and replayed: results have no history.

    While it trains and gradients are recorded, its calls are the module's own, so that programs
    that compile a model and then train it do so. Everything else is the module's too, in both
    directions.
    """

    _module: Any
    _call: CompiledFunction

    def __init__(self, module: Any) -> None:
        self.__dict__["_module"] = module
        self.__dict__["_call"] = CompiledFunction(module.__call__, inference=True)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute what the module computes."""
        if self._module.training and _core.is_grad_enabled():
            return self._module(*args, **kwargs)
        return self._call(*args, **kwargs)

    def train(self, mode: bool = True) -> CompiledModule:
        """Switch the module to training, or else to evaluation."""
        self._module.train(mode)
        return self

    def eval(self) -> CompiledModule:
        """Switch the module to evaluation."""
        return self.train(False)

    def programs(self) -> list[Any]:
        """Return what was recorded."""
        return list(self._call.programs())

    def explain(self) -> str:
        """Return a text on what was recorded: the launches of each program and its memory."""
        return str(self._call.explain())

    def profile(self, *args: Any, repeat: int = 20, **kwargs: Any) -> str:
        """Return a text on where the time of such a call goes, the longest launch first."""
        return str(self._call.profile(*args, repeat=repeat, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)

    def __reduce__(self) -> Any:
        return CompiledModule, (self._module,)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._module)})

    def __repr__(self) -> str:
        return f"compile({self._module!r})"


def compile(
    fn: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = True,
    dynamic: bool | None = None,
    backend: Any = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """Return `fn` as a function that records its work on tensors and replays it on later calls.

    `fn` may hold a whole training step: forward, loss, `backward()` and the optimizer. A call with
    new shapes, types or other arguments is recorded anew, and so is one after a change of what the
    step took for granted: the modules that it called (their modes, hooks, attributes, parameters),
    the variables and attributes that `fn` names, whether gradients are recorded. Eight recordings
    are kept. Weights that change in place are seen. A replay repeats the tensor work only: what
    else Python did is that of the recorded call, results have no history, and a value read on the
    way (`item()`, `if tensor:`) is an error.

    A module becomes one for inference: it is called as before, without a graph, and by several
    threads at once if need be; its attributes and methods are the module's. In training its calls
    are as if it were not compiled: compile the step.

    Of PyTorch's options `disable` returns `fn` as it is; the others change nothing. Without `fn`
    this is a decorator.
    """
    if fn is None:
        return functools.partial(compile, disable=disable)
    if disable:
        return fn
    if not callable(fn):
        raise TypeError(f"[compile] expected a function or a module; got {type(fn).__name__}")
    if getattr(_innermost(fn), "__code__", compile.__code__).co_flags & _SUSPENDS:
        raise TypeError(
            "[compile] expected a function that returns its results; got one that yields or awaits"
        )
    is_module = hasattr(fn, "forward") and hasattr(fn, "training")
    return CompiledModule(fn) if is_module else CompiledFunction(fn)


def capturing() -> bool:
    """Return whether a step is being captured on this thread."""
    return _core._is_capturing()


def before_replay(check: Callable[[], bool]) -> None:
    """Have `check` called before each replay of the step that is captured now.

    It may refresh what the step reads, such as a learning rate. If it returns False, the step no
    longer holds and is captured anew. Without a capture this does nothing.
    """
    _core._before_replay(check)


def watch(entries: dict[Any, Any]) -> None:
    """Replay the step that is captured now only while this dictionary is as it is at present."""
    _core._watch(entries)


# A context manager: what happens in it belongs to no capture, such as making an optimizer's state.
uncaptured = _core._Uncaptured


# Of the code of generators and coroutines.
_SUSPENDS = 0x20 | 0x80 | 0x200


def _innermost(fn: Any) -> Any:
    """Return the plain function behind a method, a partial call, a decorator or an object."""
    while True:
        for name in ("__func__", "func", "__wrapped__"):
            if (inner := getattr(fn, name, None)) is not None:
                fn = inner
                break
        else:
            call = type(fn).__call__
            return call if isinstance(call, FunctionType) else fn
