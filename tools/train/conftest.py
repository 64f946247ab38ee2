"""Owns what pytest collects here: the examples in modules that import torch run only where it is installed."""

from importlib.util import find_spec

_WITH_TORCH = "batches checkpoint device layer loss network projection rounding run session trainer"

collect_ignore = (
    [] if find_spec("torch") else [f"edge_train/training/{module}.py" for module in _WITH_TORCH.split()]
)
