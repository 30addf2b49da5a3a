"""Settings that every test shares; fixtures and cases stand beside the tests that use them."""

from hypothesis import settings

# The same examples in every run: a failure in CI is a failure here. `--hypothesis-profile=thorough`
# looks further.
settings.register_profile("default", deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, database=None, max_examples=2000)
settings.load_profile("default")
