"""Settings of all tests."""

import os

from hypothesis import settings

# No deadline: a loaded machine is not a defect. In continuous integration the examples are the
# same every time, so that a red run can be repeated.
settings.register_profile("lohe", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("lohe")
