"""Which clients there are, and what of each is installed."""

from importlib.metadata import version

import pytest

from edgekit.spec.runtime import RUNTIMES
from edgekit.verifying.clients.table import CLIENTS, Client


def test_the_runtimes_that_are_used_without_being_named_are_clients():
    own = [name for name, client in CLIENTS.items() if client.adapter is None]
    assert own == [name for name, row in RUNTIMES.items() if not row.only_when_named]
    for name in own:
        row, client = RUNTIMES[name], CLIENTS[name]
        assert (client.package, client.import_name, client.formats, client.any_size) == (row.package, row.import_name, row.formats, True)


def test_a_version_is_that_of_the_package_that_the_module_comes_in():
    numpy = Client(name="numpy", package="of-another-name", import_name="numpy", formats=())
    assert (numpy.is_installed, numpy.version) == (True, version("numpy"))
    nothing = Client(name="nothing", package="not-there", import_name="not_there", formats=())
    assert (nothing.is_installed, nothing.version) == (False, "")


@pytest.mark.parametrize("name", CLIENTS)
def test_an_adapter_is_a_module_beside_the_table(name):
    adapter = CLIENTS[name].adapter
    assert adapter is None or adapter.startswith("edgekit.verifying.clients.")
    assert name in ("mnn", "tflite-micro") or CLIENTS[name].any_size
