"""Optimizers under PyTorch's names, a module each; beside them schedules and averages."""

from __future__ import annotations

from lamina.optim import lr_scheduler as lr_scheduler
from lamina.optim import swa_utils as swa_utils
from lamina.optim.adadelta import Adadelta as Adadelta
from lamina.optim.adafactor import Adafactor as Adafactor
from lamina.optim.adagrad import Adagrad as Adagrad
from lamina.optim.adam import Adam as Adam
from lamina.optim.adam import AdamW as AdamW
from lamina.optim.adamax import Adamax as Adamax
from lamina.optim.asgd import ASGD as ASGD
from lamina.optim.lbfgs import LBFGS as LBFGS
from lamina.optim.lion import Lion as Lion
from lamina.optim.muon import Muon as Muon
from lamina.optim.nadam import NAdam as NAdam
from lamina.optim.optimizer import Optimizer as Optimizer
from lamina.optim.radam import RAdam as RAdam
from lamina.optim.rmsprop import RMSprop as RMSprop
from lamina.optim.rprop import Rprop as Rprop
from lamina.optim.sgd import SGD as SGD
