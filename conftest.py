"""Leave out the modules whose extra is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["lohe/torch"]
