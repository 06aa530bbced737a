"""Every test of Hub unpacks into a cache of its module's own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="module")
def cache_dir(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
