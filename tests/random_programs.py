"""Random programs on tensors, with and without training: a seed decides what they do, no value."""

import random

import lamina as lm
from lamina.nn import functional as F

WIDEST = 48
ROWS = (1, 2, 5, 16, 33, 33, 700, 2100)  # the last two for several threads
COLUMNS = (1, 3, 8, 17, 32, WIDEST)


class Writer:
    """What a program has at hand while it runs: its choices, its values, its weights."""

    def __init__(self, seed, kinds, values, weights):
        self.random = random.Random(seed)
        self.choice = self.random.choice
        self.kinds = kinds
        self.values = values
        self.weights = weights

    def beside(self, x):
        """Return a value that broadcasts to `x`, if there is one."""
        fitting = [y for y in self.values if broadcasts(y.shape, x.shape)]
        return self.choice(fitting) if fitting else x

    def weight(self, *sizes):
        """Return a part of a weight; of more than it has, repeated."""
        flat = self.choice(self.weights).reshape(-1)
        count = 1
        for size in sizes:
            count *= size
        return flat.repeat(count // len(flat) + 1)[:count].reshape(sizes)

    def dim(self, x):
        return self.random.randrange(-x.ndim, x.ndim)

    def part(self, x):
        """Return a view of a part of `x`."""
        dim = self.dim(x)
        start = self.random.randrange(x.shape[dim])
        return x.narrow(dim, start, self.random.randint(1, x.shape[dim] - start))


def broadcasts(shape, to):
    sizes = zip(reversed(shape), reversed(to), strict=False)
    return len(shape) <= len(to) and all(size in (1, other) for size, other in sizes)


UNARY = [
    *(lm.relu, lm.tanh, lm.sigmoid, lm.sin, lm.cos, lm.neg, lm.abs, lm.square, lm.sign, lm.floor),
    *(lm.erf, lm.exp, lm.expm1, lm.log1p, lm.sqrt, lm.rsqrt, lm.reciprocal, lm.clone),
    *(F.gelu, F.silu, F.softplus, F.elu, F.leaky_relu, F.hardswish, F.mish),
    *(lambda x: x * 0.5, lambda x: x + 1, lambda x: 2 - x, lambda x: x / 3, lambda x: x**2),
    *(lambda x: x.clamp(-1, 1), lambda x: x.double().float(), lambda x: (x > 0).float()),
]
BINARY = [
    *(lm.add, lm.sub, lm.mul, lm.maximum, lm.minimum, lm.atan2, lm.logaddexp),
    *(lambda x, y: x / (y.abs() + 1), lambda x, y: lm.where(x > y, x, y * 2)),
    *(lambda x, y: lm.lerp(x, y.expand(x.shape), 0.3), lambda x, y: x.masked_fill(y > 0, 0.5)),
    *(lambda x, y: lm.addcmul(x, y, y, value=0.5), lambda x, y: lm.add(x, y, alpha=2)),
]
REDUCTIONS = [
    *(lm.sum, lm.mean, lm.amax, lm.amin, lm.logsumexp),
    lambda x, dim, keepdim: x.prod(dim, keepdim),
    lambda x, dim, keepdim: x.norm(2, dim, keepdim),
    lambda x, dim, keepdim: x.max(dim, keepdim)[0],
    lambda x, dim, keepdim: x.argmax(dim, keepdim).float(),
    lambda x, dim, keepdim: x.var(dim, False, keepdim),
]
ALONG = [
    *(lm.softmax, lm.log_softmax, lm.cumsum, lm.flip, lambda x, dim: x.sort(dim)[0]),
    *(lambda x, dim: F.normalize(x, dim=dim), lambda x, dim: x.roll(1, dim)),
    lambda x, dim: x.index_select(dim, lm.tensor([0, 0])),
]
VIEWS = [
    *(lambda x: x.transpose(0, -1), lambda x: x.reshape(-1), lambda x: x.unsqueeze(0)),
    *(lambda x: x[..., ::2], lambda x: x[0], lambda x: x.squeeze(), lambda x: x.detach()),
    *(lambda x: x.reshape(x.shape[-1], -1), lambda x: x.expand(2, *x.shape)),
]
IN_PLACE = [
    *(lambda x, y: x.add_(y), lambda x, y: x.mul_(y), lambda x, y: x.copy_(y)),
    *(lambda x, y: x.relu_(), lambda x, y: x.tanh_(), lambda x, y: x.zero_()),
    *(lambda x, y: x.clamp_(-1, 1), lambda x, y: x.sub_(y, alpha=0.5), lambda x, y: x.fill_(0.25)),
]


def product(w, x):
    if x.ndim < 2:
        return x.outer(w.weight(3)) if x.ndim else x * w.weight(4)
    width, outputs = x.shape[-1], w.choice((1, 5, 16, 32))
    return w.choice(
        [
            lambda: x @ w.weight(width, outputs),
            lambda: F.linear(x, w.weight(outputs, width), w.weight(outputs)),
            lambda: F.relu(F.linear(x, w.weight(outputs, width), w.weight(outputs))),
            lambda: F.linear(x, w.weight(outputs, width)),
            lambda: x.transpose(-1, -2) @ x,
            lambda: x @ x.transpose(-1, -2) if x.shape[-2] < 100 else x,
        ]
    )()


def network(w, x):
    """Apply a layer's function."""
    if x.ndim < 2 or x.shape[0] < 2:
        return x * 0.75
    width = x.shape[-1]
    x = x.reshape(-1, width)
    image = x[:, None, None, :].expand(-1, 2, 4, -1)
    return w.choice(
        [
            lambda: F.layer_norm(x, (width,), w.weight(width), w.weight(width)),
            lambda: F.batch_norm(x, None, None, w.weight(width), w.weight(width), True),
            lambda: F.dropout(x, 0.3),
            lambda: x + lm.rand(width),
            lambda: F.conv2d(image, w.weight(3, 2, 3, 3), w.weight(3), padding=1),
            lambda: F.max_pool2d(image, 2, 1, 1),
            lambda: F.avg_pool2d(image, 2, 1, 1),
            lambda: F.embedding(x.argmax(0) % 7, w.weight(7, 5)),
            lambda: x.gather(0, x.argmax(0, keepdim=True)),
            lambda: lm.cat([x, x[:2] * 2]),
            lambda: lm.stack([x, x.tanh()]).sum(0),
            lambda: F.cross_entropy(x, lm.arange(len(x)) % width),
            lambda: F.mse_loss(x, w.beside(x).expand(x.shape)),
            lambda: F.pad(x, (1, 2)),
        ]
    )()


def change(w, x):
    """Change a copy, a part of it or the value itself, in place."""
    x = w.choice([x.clone, x.clone, lambda: x * 1, lambda: x])()
    target = w.choice([x, w.part(x)]) if x.ndim else x
    other = w.beside(target)
    w.choice(IN_PLACE)(target, other.clone() if w.random.random() < 0.3 else other)
    return x


def along(w, x):
    return w.choice(ALONG)(x, w.dim(x)) if x.ndim else x.exp()


def reduction(w, x):
    if not x.ndim:
        return x.tanh()
    return w.choice(REDUCTIONS)(x, dim=w.dim(x), keepdim=w.choice([True, False]))


def view(w, x):
    if not x.ndim:
        return x.reshape(1, 1)
    return w.choice([*VIEWS, w.part])(x)


KINDS = {
    lambda w, x: w.choice(UNARY)(x): 8,
    lambda w, x: w.choice(BINARY)(x, w.beside(x)): 8,
    lambda w, x: x + w.weight(*x.shape[-1:]): 2,
    product: 4,
    network: 5,
    reduction: 2,
    along: 1,
    view: 3,
    change: 3,
}


def bounded(x):
    """Keep sizes in bounds."""
    while x.ndim > 3:
        x = x.flatten(0, 1)
    if x.numel() > 80000:
        x = x.reshape(-1)[:1000].reshape(10, 100)
    return x


def grow(w, length):
    """Add values; now and then without their infinities, or programs would end in NaN alone."""
    for _ in range(length):
        x = w.choice(w.values[-6:])
        result = bounded(w.choice(w.kinds)(w, x))
        w.values.append(lm.nan_to_num(result, 0.5, 2, -2) if w.random.random() < 0.2 else result)


class Program:
    """Some weights and a step on them that takes two tensors."""

    def __init__(self, seed):
        self.seed = seed
        choose = random.Random(seed)
        self.shapes = [(choose.choice(ROWS), choose.choice(COLUMNS)) for _ in range(2)]
        self.kinds = choose.choices(list(KINDS), list(KINDS.values()), k=60)
        self.length = choose.randint(4, 45)
        self.trains = choose.random() < 0.6
        self.clips = choose.random() < 0.3
        lm.manual_seed(seed)
        self.weights = [lm.nn.Parameter(lm.randn(WIDEST) * 0.5) for _ in range(3)]
        self.buffer = lm.zeros(3)
        make = choose.choice([lm.optim.SGD, lm.optim.Adam, lm.optim.RMSprop])
        self.optimizer = make(self.weights, lr=0.01)

    def inputs(self, number):
        lm.manual_seed(1000 * self.seed + number)
        return [lm.randn(*shape) for shape in self.shapes]

    def __call__(self, x, y):
        writer = Writer(self.seed, self.kinds, [x, y], self.weights)
        writer.values += [x * writer.weight(x.shape[-1]), y + writer.weight(y.shape[-1])]
        if not self.trains:
            with lm.no_grad():
                return self.compute(writer)
        self.optimizer.zero_grad()
        results = self.compute(writer)
        tracked = [value.mean() for value in writer.values[-8:] if value.requires_grad]
        if tracked:
            sum(tracked).backward()
            if self.clips:
                lm.nn.utils.clip_grad_norm_(self.weights, 0.5)
            self.optimizer.step()
        return results

    def compute(self, writer):
        grow(writer, self.length)
        self.buffer += writer.values[-1].detach().mean()
        return writer.random.sample(writer.values, 3)

    def state(self):
        """Return all tensors that calls change."""
        states = [value for w in self.weights for value in self.optimizer.state.get(w, {}).values()]
        gradients = [w.grad for w in self.weights if w.grad is not None]
        return [*self.weights, *gradients, *states, self.buffer, lm.get_rng_state()]
