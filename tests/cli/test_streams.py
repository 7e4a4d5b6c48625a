"""A command whose standard streams were closed, or refuse: real processes, since the numbers 0 to 2 are a process' own."""

import itertools
import subprocess
import sys

import pytest

CLOSED = [streams for count in (1, 2, 3) for streams in itertools.combinations(("<&-", ">&-", "2>&-"), count)]
EDGEKIT = f"{sys.executable} -m edgekit"


def shell(command, folder):
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, cwd=folder, check=False, timeout=300)


@pytest.mark.parametrize("closed", CLOSED, ids=" ".join)
def test_a_closed_stream_is_as_one_that_leads_nowhere(tmp_path, closed):
    done = shell(f"{EDGEKIT} networks --json {' '.join(closed)}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("[") == (">&-" not in closed)
    done = shell(f"{EDGEKIT} predict nothing.tflite nothing.jpg {' '.join(closed)}", tmp_path)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") == ("2>&-" not in closed)
    assert "Traceback" not in done.stderr


def test_what_is_written_goes_into_its_file_though_its_number_is_that_of_a_closed_stream(exported, tmp_path):
    """Descriptor 1 would be the next that is opened: a model, or the table, into which what is printed would go too."""
    done = shell(f"{EDGEKIT} predict {exported.folder} {exported.folder}/golden/00.png --csv answers.csv <&- >&- 2>&-", tmp_path)
    assert done.returncode == 0
    header, row = (tmp_path / "answers.csv").read_text().splitlines()
    assert header == "image,class,score,probability"
    assert "00.png" in row


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_an_output_that_refuses_is_one_line(tmp_path):
    done = shell(f"{EDGEKIT} networks >/dev/full", tmp_path)
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert "No space left" in done.stderr
    done = shell(f"{EDGEKIT} networks --json 2>/dev/full", tmp_path)
    assert (done.returncode, done.stdout[0]) == (0, "[")
    assert shell(f"{EDGEKIT} predict nothing.tflite nothing.jpg 2>/dev/full", tmp_path).returncode in (1, 2)


def test_a_reader_that_goes_is_no_defect(tmp_path):
    done = shell(f"({EDGEKIT} networks --json; echo $? >&2) | true", tmp_path)
    assert done.stderr.strip() in ("0", "1")
