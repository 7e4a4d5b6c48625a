from __future__ import annotations

from pathlib import Path


def pytest_addoption(parser):
    parser.addoption("--bundles", type=Path, default=Path("exported"), help="Bundles to measure, below this folder.")
