"""Changes of images: against NumPy image by image, in training and in eval mode, by seed."""

import copy
import pickle

import numpy as np
import pytest

import lamina as lm
from lamina import nn, transforms
from lamina.autograd import gradcheck
from lamina.utils.data import DataLoader, TensorDataset

IMAGES = np.random.default_rng(0).random((40, 3, 6, 5), dtype=np.float32)
BYTES = (IMAGES * 256).astype(np.uint8)

RANDOM = {
    "horizontal": lambda: transforms.RandomHorizontalFlip(),
    "vertical": lambda: transforms.RandomVerticalFlip(0.3),
    "crop": lambda: transforms.RandomCrop(5, padding=2),
    "rotation": lambda: transforms.RandomRotation(90),
    "affine": lambda: transforms.RandomAffine(30, (0.3, 0.3), (0.5, 2)),
    "noise": lambda: transforms.GaussianNoise(),
}


@pytest.fixture(autouse=True)
def seed():
    lm.manual_seed(0)


def changed(transform, images):
    return transform(lm.tensor(images)).numpy()


def which(image, candidates):
    """The number of the candidate that the image equals."""
    (found,) = [i for i, other in enumerate(candidates) if np.array_equal(image, other)]
    return found


@pytest.mark.parametrize("images", [IMAGES, BYTES])
@pytest.mark.parametrize(
    ("kind", "axis"),
    [(transforms.RandomHorizontalFlip, -1), (transforms.RandomVerticalFlip, -2)],
)
def test_flips(images, kind, axis):
    made = changed(kind(), images)
    assert made.dtype == images.dtype
    seen = [which(a, (b, np.flip(b, axis))) for a, b in zip(made, images, strict=True)]
    assert 8 < sum(seen) < 32
    assert np.array_equal(changed(kind(1.0), images), np.flip(images, axis))
    assert np.array_equal(changed(kind(0.0), images), images)


@pytest.mark.parametrize("images", [IMAGES, BYTES])
@pytest.mark.parametrize(
    ("size", "padding", "pad"),
    [
        (4, None, ((0, 0), (0, 0))),
        ((6, 5), 2, ((2, 2), (2, 2))),
        ((3, 7), (1, 0), ((0, 0), (1, 1))),
        ((7, 4), (0, 1, 3, 2), ((1, 2), (0, 3))),
    ],
)
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
def test_crop(images, size, padding, pad, mode):
    options = {"fill": 7} if mode == "constant" and padding else {}
    crop = transforms.RandomCrop(size, padding, padding_mode=mode, **options)
    values = {"constant_values": 7} if options else {}
    wide = np.pad(images, ((0, 0), (0, 0), *pad), mode, **values)
    height, width = (size, size) if isinstance(size, int) else size
    rows, columns = wide.shape[2] - height + 1, wide.shape[3] - width + 1
    places = [(top, left) for top in range(rows) for left in range(columns)]
    made = changed(crop, images)
    seen = {
        which(a, [b[:, top : top + height, left : left + width] for top, left in places])
        for a, b in zip(made, wide, strict=True)
    }
    assert len(seen) > min(10, 0.7 * len(places))
    top, left = (rows - 1) // 2, (columns - 1) // 2
    middle = wide[:, :, top : top + height, left : left + width]
    assert np.array_equal(changed(crop.eval(), images), middle)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_quarter_turns(interpolation, quarter):
    square = IMAGES[:, :, :5]
    rotation = transforms.RandomRotation((90 * quarter, 90 * quarter), interpolation)
    expected = np.rot90(square, quarter, (2, 3))
    np.testing.assert_allclose(changed(rotation, square), expected, atol=1e-5)
    affine = transforms.RandomAffine((-90 * quarter, -90 * quarter), interpolation=interpolation)
    np.testing.assert_allclose(changed(affine, square), expected, atol=1e-5)
    bytes_ = BYTES[:, :, :5]
    assert np.array_equal(changed(rotation, bytes_), np.rot90(bytes_, quarter, (2, 3)))


def reference(image, angle, factor, x, y, fill):
    """One channel, turned counterclockwise, scaled and shifted; the nearest element, by loops."""
    height, width = image.shape
    result = np.full_like(image, fill)
    for row in range(height):
        for column in range(width):
            right = column - (width - 1) / 2 - x
            down = row - (height - 1) / 2 - y
            cos, sin = np.cos(angle) / factor, np.sin(angle) / factor
            source = (width - 1) / 2 + cos * right - sin * down
            line = (height - 1) / 2 + sin * right + cos * down
            if -0.5 <= source < width - 0.5 and -0.5 <= line < height - 0.5:
                result[row, column] = image[round(line), round(source)]
    return result


@pytest.mark.parametrize("images", [IMAGES, BYTES])
def test_affine_of_one_draw(images):
    """The angle, the factor and so on are fixed; images are not square."""
    degrees, factor = 33.0, 1.3
    affine = transforms.RandomAffine((degrees, degrees), None, (factor, factor), fill=1)
    expected = [
        [reference(c, -np.deg2rad(degrees), factor, 0, 0, 1) for c in image] for image in images
    ]
    np.testing.assert_allclose(changed(affine, images), expected, atol=1e-6)
    rotation = transforms.RandomRotation((degrees, degrees), fill=1)
    expected = [[reference(c, np.deg2rad(degrees), 1, 0, 0, 1) for c in im] for im in images]
    np.testing.assert_allclose(changed(rotation, images), expected, atol=1e-6)


def test_shifts():
    affine = transforms.RandomAffine(0, translate=(0.4, 0.2))
    shifts = [(x, y) for x in (-2, -1, 0, 1, 2) for y in (-1, 0, 1)]
    seen = {
        which(a, [[reference(c, 0, 1, x, y, 0) for c in b] for x, y in shifts])
        for a, b in zip(changed(affine, IMAGES), IMAGES, strict=True)
    }
    assert len(seen) > 10


@pytest.mark.parametrize("axis", [2, 3])
def test_a_shift_follows_the_turn(axis):
    square = IMAGES[:, :, :5]
    affine = transforms.RandomAffine((90, 90), (0.4, 0) if axis == 3 else (0, 0.4))
    pads = [(2, 2) if axis == i else (0, 0) for i in range(4)]
    expected = np.pad(np.rot90(square, -1, (2, 3)), pads)
    seen = {
        which(a, [b.take(range(place, place + 5), axis - 1) for place in range(5)])
        for a, b in zip(changed(affine, square), expected, strict=True)
    }
    assert seen == {0, 1, 2, 3, 4}


def test_angles_and_factors_are_spread():
    dot = np.zeros((300, 1, 41, 41), np.float32)
    dot[:, :, 19:22, 35:38] = 1
    made = changed(transforms.RandomAffine((0, 90), scale=(0.5, 1)), dot)
    rows, columns = np.arange(41)[:, None] - 20, np.arange(41) - 20
    mass = made.sum((1, 2, 3))
    x, y = (made[:, 0] * columns).sum((1, 2)) / mass, (made[:, 0] * rows).sum((1, 2)) / mass
    angle, radius = np.rad2deg(np.arctan2(y, x)), np.hypot(x, y) / 16
    assert angle.min() > -3
    assert angle.max() < 93
    np.testing.assert_allclose([angle.mean(), angle.std()], [45, 26], atol=5)
    np.testing.assert_allclose([radius.min(), radius.max()], [0.5, 1], atol=0.06)


def test_noise():
    noise = transforms.GaussianNoise(0.5, 2.0, clip=False)
    made = changed(noise, IMAGES) - IMAGES
    np.testing.assert_allclose([made.mean(), made.std()], [0.5, 2], rtol=0.1)
    clipped = changed(transforms.GaussianNoise(), IMAGES)
    assert (clipped.min(), clipped.max()) == (0, 1)
    assert 0.05 < np.abs(clipped - IMAGES).mean() < 0.1


def test_normalize():
    mean, std = [0.1, 0.2, 0.3], [1.0, 2.0, 4.0]
    layer = transforms.Normalize(mean, std)
    expected = (IMAGES - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    for mode in (layer.train(), layer.eval()):
        np.testing.assert_allclose(changed(mode, IMAGES), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(changed(transforms.Normalize(1, 2), IMAGES), (IMAGES - 1) / 2)
    assert layer(lm.zeros(3, 2, 2, dtype=lm.float64)).dtype is lm.float64
    assert layer.state_dict() == {}
    with pytest.raises(TypeError, match=r"\[Normalize\] expected floating images; got"):
        layer(lm.tensor(BYTES))


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_decides_and_eval_changes_nothing(name):
    transform = RANDOM[name]()
    images = lm.tensor(IMAGES[:, :, :5])
    first, second = transform(images), transform(images)
    assert not lm.equal(first, second)
    lm.manual_seed(0)
    for other in (pickle.loads(pickle.dumps(transform)), copy.deepcopy(transform)):
        lm.manual_seed(0)
        assert lm.equal(other(images), first)
    assert lm.equal(transform.eval()(images), images)
    assert repr(transform).startswith(type(transform).__name__ + "(")


@pytest.mark.parametrize("name", RANDOM)
def test_any_number_of_leading_dimensions(name):
    transform = RANDOM[name]()
    images = lm.tensor(IMAGES[:6, :, :5])
    made = transform(images)
    for shape in ((2, 3, 3, 5, 5), (1, 6, 3, 5, 5), (2, 3, 1, 3, 5, 5)):
        lm.manual_seed(0)
        assert lm.equal(transform(images.reshape(shape)), made.reshape(shape))
    lm.manual_seed(0)
    assert transform(images[0]).shape == (3, 5, 5)
    assert transform(images[:0]).shape == (0, 3, 5, 5)
    with pytest.raises(ValueError, match=r"\] expected images \(..., C, H, W\).*; got \(5, 5\)"):
        transform(images[0, 0])


@pytest.mark.parametrize("name", RANDOM)
def test_gradients_and_compiled_steps(name):
    transform = RANDOM[name]()
    transform.interpolation = "bilinear"

    def change(images):
        lm.manual_seed(3)
        return transform(images)

    images = lm.tensor(IMAGES[:2, :1, :5], dtype=lm.float64) / 4 + 0.375
    if name != "noise":
        assert gradcheck(change, (images.requires_grad_(),))
    step = lm.compile(transform)
    lm.manual_seed(1)
    eager = [transform(images.detach()) for _ in range(3)]
    lm.manual_seed(1)
    assert all(lm.equal(step(images.detach()), expected) for expected in eager)


def test_compose_and_networks():
    shift = transforms.RandomCrop(5, padding=1)
    compose = transforms.Compose([lambda x: x * 2, shift, transforms.Normalize(1, 2)])
    images = lm.tensor(IMAGES[:, :, :5])
    made = compose(images)
    lm.manual_seed(0)
    assert lm.equal(made, (shift(images * 2) - 1) / 2)
    assert not compose.eval().transforms[1].training
    assert lm.equal(compose(images), (images * 2 - 1) / 2)
    model = nn.Sequential(transforms.RandomHorizontalFlip(), nn.Flatten(), nn.Linear(75, 2))
    assert model.eval()(images).shape == (40, 2)
    assert list(model.state_dict()) == ["2.weight", "2.bias"]


@pytest.mark.parametrize("workers", [0, 1])
def test_in_the_batches_of_a_loader(workers):
    class Flipped(TensorDataset):
        def __getbatch__(self, indices):
            x, y = super().__getbatch__(indices)
            return transforms.RandomHorizontalFlip(1.0)(x), y

    data = Flipped(IMAGES, lm.arange(40))
    for x, i in DataLoader(data, 7, shuffle=True, num_workers=workers):
        assert np.array_equal(x.numpy(), np.flip(IMAGES[i.numpy()], -1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: transforms.RandomVerticalFlip(1.5), r"VerticalFlip\] .*p from 0 to 1; got 1.5"),
        (lambda: transforms.RandomCrop((2, 0)), r"a height and width of 1 or more; got \(2, 0\)"),
        (lambda: transforms.RandomCrop(2, (1, 2, 3)), "1, 2 or 4 sizes of padding"),
        (lambda: transforms.RandomCrop(2, padding_mode="wrap"), "a padding_mode of .*; got wrap"),
        (lambda: transforms.RandomCrop(7)(lm.zeros(1, 9, 6)), r"\(7, 7\) .*; got \(9, 6\)"),
        (lambda: transforms.RandomRotation(-5), "degrees of 0 or more, or their range; got -5"),
        (lambda: transforms.RandomRotation((5, 0)), r"or their range; got \(5, 0\)"),
        (lambda: transforms.RandomRotation(5, "cubic"), "an interpolation of .*; got cubic"),
        (lambda: transforms.RandomAffine(5, (0.1, 2)), "translate as two parts from 0 to 1"),
        (lambda: transforms.RandomAffine(5, scale=(0, 1)), "scale as a range above 0"),
        (lambda: transforms.GaussianNoise(sigma=-1), "a sigma of 0 or more; got -1"),
        (lambda: transforms.Normalize(0, [1, 0]), "deviations other than 0"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
