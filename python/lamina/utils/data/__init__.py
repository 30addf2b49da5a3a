"""Datasets, samplers and the loader that makes batches of them, under PyTorch's names."""

from __future__ import annotations

from lamina.utils.data.collate import default_collate as default_collate
from lamina.utils.data.collate import default_convert as default_convert
from lamina.utils.data.combined import ChainDataset as ChainDataset
from lamina.utils.data.combined import ConcatDataset as ConcatDataset
from lamina.utils.data.combined import StackDataset as StackDataset
from lamina.utils.data.dataset import Dataset as Dataset
from lamina.utils.data.dataset import IterableDataset as IterableDataset
from lamina.utils.data.dataset import Subset as Subset
from lamina.utils.data.dataset import TensorDataset as TensorDataset
from lamina.utils.data.loader import DataLoader as DataLoader
from lamina.utils.data.prefetch import get_worker_info as get_worker_info
from lamina.utils.data.sampler import BatchSampler as BatchSampler
from lamina.utils.data.sampler import RandomSampler as RandomSampler
from lamina.utils.data.sampler import Sampler as Sampler
from lamina.utils.data.sampler import SequentialSampler as SequentialSampler
from lamina.utils.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from lamina.utils.data.sampler import WeightedRandomSampler as WeightedRandomSampler
from lamina.utils.data.split import random_split as random_split
