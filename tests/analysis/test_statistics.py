import numpy as np

from edgekit.analysis.findings import Level, findings
from edgekit.analysis.statistics import latency


def test_a_percentile_needs_samples():
    few = latency([[10, 20, 30]])
    assert few.percentiles_ns == {50: None, 90: None, 95: None, 99: None}
    some = latency([list(range(100))])
    assert some.percentiles_ns[50] == 49.5
    assert np.isclose(some.percentiles_ns[90], 89.1)
    assert some.percentiles_ns[95] is None


def test_the_interval_knows_of_processes():
    rng = np.random.default_rng(0)
    alike = latency([(1000 + rng.normal(0, 10, 200)).tolist() for _ in range(5)])
    apart = latency([(level + rng.normal(0, 10, 200)).tolist() for level in (900, 950, 1000, 1050, 1100)])
    width = [high - low for low, high in (alike.p50_interval_ns, apart.p50_interval_ns)]
    assert alike.p50_interval_ns[0] < 1000 < alike.p50_interval_ns[1] + 2
    assert width[1] > 10 * width[0]


def codes(*arguments, **named):
    return {
        finding.code: finding.level for finding in findings(*arguments, **{"least_images": 10, "planned": len(arguments[0]), "failed": 0, **named})
    }


def test_quiet_samples_have_no_findings():
    assert codes([[100, 101, 100, 99, 100] * 10] * 5, [110] * 5) == {}


def test_what_disturbs_is_found():
    quiet = [100, 101, 99, 102, 98] * 10
    assert codes([quiet, [110] * 50], []) == {"processes-apart": Level.UNSTABLE}
    assert codes([quiet], [], least_images=99) == {"too-few-samples": Level.UNSTABLE}
    assert codes([[100] * 40 + [120] * 10], []) == {"throttling": Level.UNSTABLE}
    assert codes([quiet], [900]) == {"slow-first": Level.INFO}
    assert codes([[*quiet, 200]], []) == {"outliers": Level.INFO, "wide": Level.INFO}
    assert codes([quiet], [], failed=1) == {"failed-block": Level.UNSTABLE}
