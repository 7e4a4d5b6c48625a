"""What machines are called: as little as tells them apart."""

from edgekit.report.machines import short_names

LAPTOP, SERVER, OTHER = "AMD EPYC, 2 cores, avx2", "Intel(R) Xeon(R) CPU @ 2.20GHz, 2 cores, avx2", "AMD EPYC, 2 cores, avx2 avx512_vnni"


def test_one_machine_is_its_cpu():
    assert short_names([SERVER]) == {SERVER: "Intel Xeon"}
    assert short_names([LAPTOP, SERVER]) == {LAPTOP: "AMD EPYC", SERVER: "Intel Xeon"}


def test_a_clock_is_told_where_nothing_else_differs():
    faster = SERVER.replace("2.20", "2.80")
    assert short_names([SERVER, faster]) == {SERVER: "Intel(R) Xeon(R) CPU @ 2.20GHz", faster: "Intel(R) Xeon(R) CPU @ 2.80GHz"}


def test_what_differs_is_told():
    assert short_names([LAPTOP, OTHER, SERVER]) == {LAPTOP: LAPTOP, OTHER: OTHER, SERVER: "Intel Xeon"}
    assert short_names(["AMD EPYC, 2 cores", "AMD EPYC, 4 cores"]) == {
        "AMD EPYC, 2 cores": "AMD EPYC, 2 cores",
        "AMD EPYC, 4 cores": "AMD EPYC, 4 cores",
    }
