"""Small data sets that a seed makes, readers of files on disk, and downloads of known ones.

Each function returns tensors: what goes in, then what should come out.
"""

from __future__ import annotations

from lamina.datasets.downloads import download as download
from lamina.datasets.homes import cifar10 as cifar10
from lamina.datasets.homes import cifar100 as cifar100
from lamina.datasets.homes import fashion_mnist as fashion_mnist
from lamina.datasets.homes import mnist as mnist
from lamina.datasets.points import blobs as blobs
from lamina.datasets.points import eleven_points as eleven_points
from lamina.datasets.points import moons as moons
from lamina.datasets.points import rings as rings
from lamina.datasets.points import spirals as spirals
from lamina.datasets.points import xor as xor
from lamina.datasets.readers import cifar as cifar
from lamina.datasets.readers import csv as csv
from lamina.datasets.readers import idx as idx
from lamina.datasets.sequences import characters as characters
from lamina.datasets.sequences import sines as sines
