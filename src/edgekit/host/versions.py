"""Which packages are installed, without importing them."""

from __future__ import annotations

from importlib import metadata


def package_version(name: str) -> str | None:
    """Return the installed version of a distribution, or ``None``."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def package_versions(*names: str) -> dict[str, str]:
    """Return the versions of those that are installed."""
    return {name: version for name in names if (version := package_version(name)) is not None}
