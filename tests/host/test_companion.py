"""A child that is asked again and again: real processes that answer, die, hang and want too much memory."""

import sys

import pytest

from edgekit.host.companion import Companion, CompanionError, Limits

CHILD = """
import os, time
from edgekit.host.companion import serve

def answer(question):
    match question:
        case b"die":
            os.abort()
        case b"hang":
            time.sleep(600)
        case b"end":
            print("no more", flush=True)
            os._exit(3)
        case b"grow":
            try:
                return str(len(bytearray(2_000_000_000))).encode()
            except MemoryError:
                return b"no memory"
    print("noise")
    return question * 2

serve(answer)
"""
ROOM = Limits(60, 1_000_000_000)


@pytest.fixture
def child():
    opened = Companion([sys.executable, "-c", CHILD], ROOM)
    yield opened
    opened.close()
    opened.close()  # as often as one likes
    assert not opened.is_open


def test_each_question_has_its_answer(child):
    large = bytes(1_000_000)
    assert [child.ask(b"a"), child.ask(b""), child.ask(large), child.ask(b"b")] == [b"aa", b"", large * 2, b"bb"]


@pytest.mark.parametrize(("question", "words"), [(b"die", r"killed by signal 6 \(SIGABRT\)"), (b"end", "ended with status 3 no more")])
def test_how_it_died_is_told(child, question, words):
    with pytest.raises(CompanionError, match=words):
        child.ask(question)
    with pytest.raises(CompanionError, match="closed"):
        child.ask(b"a")


def test_one_that_takes_too_long_is_ended():
    child = Companion([sys.executable, "-c", CHILD], Limits(20, 1_000_000_000))
    process = child._child
    child.ask(b"a")
    child._limits = Limits(0.2, 0)
    with pytest.raises(CompanionError, match=r"no answer within 0\.2 s: stopped"):
        child.ask(b"hang")
    assert process.returncode == -9


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_one_that_wants_more_memory_than_it_may_have_gets_none(child):
    assert child.ask(b"grow") == b"no memory"


def test_a_command_that_there_is_not_is_told():
    with pytest.raises(CompanionError, match="cannot be started"):
        Companion(["/nowhere/python"], ROOM)
