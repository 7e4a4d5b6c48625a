import numpy as np
import pytest

from edgekit.benchmarking.loop import Plan, Samples, answer_rest, measure, measure_invoke
from edgekit.runtimes.base import Session as BaseSession


class Clock:
    """Counts nanoseconds; the session moves it."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now


class Session(BaseSession):
    """A tenth of the cost each is copying in and copying out."""

    title, failures = "a session", ()

    def __init__(self, clock, cost_ns):
        self.clock, self.cost_ns = clock, cost_ns

    def put(self, image):
        self.clock.now += self.cost_ns // 10
        self.image = image

    def invoke(self):
        self.clock.now += self.cost_ns - 2 * (self.cost_ns // 10)

    def take(self):
        self.clock.now += self.cost_ns // 10
        return np.full((1, 3), self.image.mean(), np.float32)


IMAGES = [np.full((1, 2, 2, 3), value, np.uint8) for value in range(8)]
PLAN = Plan(least_images=20, least_s=1e-6, most_s=1.0, warmup_images=5, warmup_s=0.0, seed=1)


def run(plan, cost_ns=1000):
    clock = Clock()
    return measure(Session(clock, cost_ns), IMAGES, plan, clock)


def test_every_sample_is_kept_and_exact():
    samples = run(PLAN)
    assert samples.timed_ns == [1000] * 20
    assert samples.warmup_ns == [1000] * 5
    assert samples.first_ns == 1000


def test_images_are_visited_in_whole_seeded_rounds():
    first, second = run(PLAN), run(PLAN)
    assert first.visited == second.visited
    assert sorted(first.visited[:8]) == sorted(first.visited[8:16]) == list(range(8))
    assert first.visited[:8] != first.visited[8:16]
    assert {index: scores[0] for index, scores in first.scores.items()} == {index: index for index in range(8)}


def test_the_least_seconds_are_reached():
    assert len(run(Plan(20, 1e-4, 1.0, 5, 0.0, 1)).timed_ns) == 100


def test_the_most_seconds_win():
    assert len(run(Plan(1000, 1e-6, 1e-4, 5, 0.0, 1)).timed_ns) == 100


def test_warm_up_lasts_its_time():
    assert len(run(Plan(20, 1e-6, 1.0, 5, 1e-4, 1)).warmup_ns) == 100


def test_the_call_alone_leaves_out_the_copies():
    clock = Clock()
    assert measure_invoke(Session(clock, 1000), IMAGES, clock) == [800] * len(IMAGES)


def paced(rate_hz, cost_ns, least_images=20):
    clock, slept = Clock(), []

    def sleep_s(seconds):
        slept.append(seconds)
        clock.now += round(seconds * 1e9)

    samples = measure(Session(clock, cost_ns), IMAGES, Plan(least_images, 1e-6, 10.0, 5, 0.0, 1, rate_hz), clock, sleep_s)
    return samples, slept


def test_a_rate_is_kept_by_sleeping_the_rest_of_each_period():
    samples, slept = paced(100, 2_000_000)
    assert samples.timed_ns == [2_000_000] * 20
    assert samples.late == 0
    assert slept == pytest.approx([0.010] + [0.008] * 19)


def test_images_that_begin_late_are_counted_and_none_is_dropped():
    samples, slept = paced(1000, 2_000_000)
    assert samples.late == 19
    assert len(samples.timed_ns) == 20
    assert slept == pytest.approx([0.001])


def test_what_did_not_fit_into_the_time_is_answered_untimed():
    clock = Clock()
    samples = Samples(scores={2: np.zeros(3, np.float32)})
    answer_rest(Session(clock, 1000), IMAGES, samples, range(0, 8, 2), 1.0, clock)
    assert {index: float(scores[0]) for index, scores in samples.scores.items()} == {0: 0.0, 2: 0.0, 4: 4.0, 6: 6.0}
    assert (clock.now, samples.timed_ns, samples.visited) == (3000, [], [])


def test_a_slow_model_answers_as_many_as_fit_into_as_long_again():
    clock, samples = Clock(), Samples()
    answer_rest(Session(clock, 1000), IMAGES, samples, range(8), 2.5e-6, clock)
    assert list(samples.scores) == [0, 1, 2]


def test_after_a_late_image_the_pace_begins_anew():
    """Due every 10 ms; the second image takes 35 ms, so that the third is late, begins at once, and the next is due 10 ms later."""
    clock, begun = Clock(), []

    class Uneven(Session):
        def put(self, image):
            begun.append(clock.now // 1_000_000)
            clock.now += 35_000_000 if len(begun) == 2 else 2_000_000

        def invoke(self):
            pass

        def take(self):
            return np.zeros((1, 3), np.float32)

    def sleep_s(seconds):
        clock.now += round(seconds * 1e9)

    samples = measure(Uneven(clock, 0), IMAGES, Plan(6, 1e-6, 10.0, 0, 0.0, 1, 100), clock, sleep_s)
    assert (begun, samples.late) == ([10, 20, 55, 65, 75, 85], 1)
