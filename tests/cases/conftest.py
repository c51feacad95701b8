"""What the tests of cases share with those of the desk."""

from tests.desk.conftest import quick_hashes, scene

__all__ = ["quick_hashes", "scene"]
