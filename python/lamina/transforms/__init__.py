"""Changes of images that a network should not mind, on whole batches, under torchvision's names.

Each is a module: in training every image (C, H, W) of a batch draws its own change; in eval mode
none is changed.
"""

from __future__ import annotations

from lamina.transforms.compose import Compose as Compose
from lamina.transforms.crop import RandomCrop as RandomCrop
from lamina.transforms.flip import RandomHorizontalFlip as RandomHorizontalFlip
from lamina.transforms.flip import RandomVerticalFlip as RandomVerticalFlip
from lamina.transforms.values import GaussianNoise as GaussianNoise
from lamina.transforms.values import Normalize as Normalize
from lamina.transforms.warp import RandomAffine as RandomAffine
from lamina.transforms.warp import RandomRotation as RandomRotation
