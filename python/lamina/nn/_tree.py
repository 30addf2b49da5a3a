"""What a module holds, and changes to all of it; how it is called stands in module.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from lamina import _core
from lamina._core import Tensor, dtype
from lamina._device import device as Device
from lamina.autograd import no_grad
from lamina.nn._members import BUFFERS, MODULES, PARAMETERS, Members, members
from lamina.nn.parameter import Parameter, is_lazy

if TYPE_CHECKING:
    from lamina.nn.module import Module

Self = TypeVar("Self", bound="Tree")
Member = TypeVar("Member")


class Tree:
    """A node that holds parameters, buffers and further nodes."""

    training: bool
    _non_persistent_buffers_set: set[str]

    # ---- PyTorch's names of the tables ----

    @property
    def _parameters(self) -> Members[Parameter | None]:
        return Members(self, PARAMETERS)

    @_parameters.setter
    def _parameters(self, values: Mapping[str, Parameter | None]) -> None:
        self._parameters.replace(values)

    @property
    def _buffers(self) -> Members[Tensor | None]:
        return Members(self, BUFFERS)

    @_buffers.setter
    def _buffers(self, values: Mapping[str, Tensor | None]) -> None:
        self._buffers.replace(values)

    @property
    def _modules(self) -> Members[Module | None]:
        return Members(self, MODULES)

    @_modules.setter
    def _modules(self, values: Mapping[str, Module | None]) -> None:
        self._modules.replace(values)

    # ---- walking ----

    def named_modules(
        self,
        memo: set[Any] | None = None,
        prefix: str = "",
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Module]]:
        """Yield this module and all below it with their paths; `memo` holds those seen before."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self  # type: ignore[misc]
        for name, module in members(self, MODULES):
            if module is not None:
                yield from module.named_modules(memo, _joined(prefix, name), remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Yield this module and all below it, each once or wherever it stands."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly below, each once, with their names."""
        seen: set[Module] = set()
        for name, module in members(self, MODULES):
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield the modules directly below, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self,
        get_members_fn: Callable[[Module], Iterable[tuple[str, Member | None]]],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Member]]:
        """Yield with their paths what a function lists of every module."""
        seen: set[int] = set()
        here: Iterable[tuple[str, Any]] = [(prefix, self)]
        if recurse:
            here = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in here:
            for name, member in get_members_fn(module):
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield _joined(path, name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield parameters with their paths, of this module alone unless `recurse`."""
        return self._named_members(
            lambda module: members(module, PARAMETERS), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield each parameter once, of this module alone unless `recurse`."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield buffers with their paths, of this module alone unless `recurse`."""
        return self._named_members(
            lambda module: members(module, BUFFERS), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield each buffer once, of this module alone unless `recurse`."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # ---- finding by path ----

    def get_submodule(self, target: str) -> Module:
        """Return the module at a path such as "layers.2.linear"; "" is this module."""
        found: Any = self
        for name in target.split(".") if target else []:
            below = getattr(found, name, None)
            if not isinstance(below, Tree):
                raise AttributeError(_missing(found, name, "module", target))
            found = below
        module: Module = found
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path; with `strict`, only in place of another."""
        path, _, name = target.rpartition(".")
        if not name:
            raise ValueError("[set_submodule] expected the path of a module; got ''")
        if not isinstance(module, Tree):
            raise ValueError(f"[set_submodule] expected a Module; got {type(module).__name__}")
        parent = self.get_submodule(path)
        present = hasattr(parent, name)
        if (strict and not present) or (present and not isinstance(getattr(parent, name), Tree)):
            raise AttributeError(_missing(parent, name, "module", target))
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a path such as "linear.weight"."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = getattr(module, name, None)
        if not isinstance(found, Parameter):
            raise AttributeError(_missing(module, name, "parameter", target))
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a path such as "norm.running_mean"."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module._buffers.get(name) is None:
            raise AttributeError(_missing(module, name, "buffer", target))
        found: Tensor = getattr(module, name)
        return found

    # ---- changing all ----

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with every module below, then with this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)  # type: ignore[arg-type]
        return self

    def train(self: Self, mode: bool = True) -> Self:
        """Switch this module and all below to training, or else to evaluation."""
        if not isinstance(mode, bool):
            raise ValueError(f"[train] expected True or False; got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Switch this module and all below to evaluation."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Let all parameters be trained, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = parameter.grad.detach().zero_()

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the memory of every parameter, gradient and buffer by what `fn` makes of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        with no_grad():
            for _, parameter in members(self, PARAMETERS):
                if parameter is not None:
                    _convert(parameter, fn)
            for name, buffer in members(self, BUFFERS):
                if is_lazy(buffer):
                    buffer.data = fn(buffer)
                elif buffer is not None:
                    self.__dict__[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Convert parameters and buffers of floating types, as `Tensor.to` does: `to(float64)`."""
        target = _core.empty(0).to(*args, **kwargs).dtype  # also checks the device
        if not target.is_floating_point:
            raise TypeError(f"[to] expected a floating dtype for a module; got {target}")
        return self._apply(lambda x: x.to(*args, **kwargs) if x.is_floating_point() else x)

    def type(self: Self, dst_type: dtype | str) -> Self:
        """Convert all parameters and buffers, integers too."""
        return self._apply(lambda x: x.type(dst_type))

    def float(self: Self) -> Self:
        """Convert parameters and buffers of floating types to float32."""
        return self.to(_core.float32)

    def double(self: Self) -> Self:
        """Convert parameters and buffers of floating types to float64."""
        return self.to(_core.float64)

    def cpu(self: Self) -> Self:
        """Return the module: it is on the CPU."""
        return self

    def cuda(self: Self, device: Any = "cuda") -> Self:
        """Raise: the CPU is the one device."""
        return self.to(Device("cuda" if device is None else device))

    def to_empty(self: Self, *, device: Any, recurse: bool = True) -> Self:
        """Give all parameters and buffers new memory with any values."""
        Device(device)
        return self._apply(lambda x: _core.empty_like(x), recurse)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _missing(module: Any, name: str, kind: str, target: str) -> str:
    return f"{type(module).__name__} has no {kind} {name!r} (looking for {target!r})"


def _convert(parameter: Parameter, fn: Callable[[Tensor], Tensor]) -> None:
    converted = fn(parameter)
    gradient = parameter.grad
    if converted is not parameter:
        parameter.grad = None
        parameter.data = converted
    if gradient is not None:
        parameter.grad = fn(gradient)
