"""Scripts of docs/ and benchmarks/ as modules: they are run by their path, not installed."""

import importlib.util
import sys


def load_script(path):
    """Return the module of a script."""
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    spec.loader.exec_module(module)
    return module
