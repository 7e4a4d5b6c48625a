"""Tables on terminals: what is short stays in one piece."""

import io
import json
import os
import subprocess
import sys

import pytest

from edgekit.cli.output import Listener, _at_hyphens, _layout, print_error, print_json, print_line, print_table
from handmade import block, written

BENCH = [
    ["file", "mobilenet-float32.tflite", "mobilenet-int8.onnx"],
    ["runtime", "litert", "onnxruntime"],
    ["p50", "3.88 ms", "10.1 ms"],
    ["95 % interval", "3.85–3.91", "9.7–10.8"],
    ["p90", "4.42 ms", "12.0 ms"],
    ["top-1", "97.5 %", "77.5 %"],
    ["size", "18.5 MB", "4.9 MB"],
]
VERIFY = [
    ["artifact", "mobilenet-float32.tflite"],
    ["checked", "onnxruntime 1.32.0"],
    ["", "ok"],
    ["detail", "56 images, largest difference 0.0e+00 of the range"],
]


def total(gap, widths):
    return sum(widths) + gap * (len(widths) - 1)


@pytest.mark.parametrize("columns", [BENCH, VERIFY])
def test_what_fits_is_as_wide_as_it_is(columns):
    assert _layout(columns, 200) == (2, [max(map(len, column)) for column in columns])


def test_on_80_columns_only_the_header_of_a_figure_is_broken():
    gap, widths = _layout(BENCH, 80)
    assert total(gap, widths) <= 80
    assert [width >= max(map(len, cells)) for width, (_, *cells) in zip(widths, BENCH, strict=True)] == [True] * len(BENCH)


def test_on_80_columns_a_sentence_is_broken_and_names_are_not():
    gap, widths = _layout(VERIFY, 80)
    assert gap == 2
    assert total(gap, widths) <= 80
    assert widths[:3] == [24, 18, 2]
    assert widths[3] >= len("difference")


def test_a_table_without_rows_and_one_of_wide_letters():
    assert _layout([["file"], [""]], 80) == (2, [4, 0])
    assert _layout([["class", "猫"], ["", " " * 20]], 80) == (2, [5, 20])
    assert _layout([["class", "大" * 20]], 80) == (2, [40])


EXPORT = [
    ["file", "mobilenet-float32.tflite"],
    ["size", "18.5 MB"],
    ["runtime", "onnxruntime"],
    ["against", "mobilenet-float32.tflite"],
    ["difference", "9.7e-07"],
    ["agrees", "100.0 %"],
    ["top-1", "90.8 %"],
]


def test_where_words_are_too_wide_names_are_broken_at_hyphens():
    gap, widths = _layout(EXPORT, 80)
    assert gap == 1
    assert total(gap, widths) <= 80
    assert widths[0] >= len("float32.tflite")
    assert _at_hyphens("mobilenet-float32.tflite", 14) == "mobilenet-\nfloat32.tflite"
    assert _at_hyphens("mobilenet-float32.tflite", 24) == "mobilenet-float32.tflite"


def test_where_words_are_too_wide_figures_are_broken_at_brackets():
    gap, widths = _layout([*BENCH, ["of the limit", "11.8 % (memory)"]], 80)
    assert gap == 1
    assert total(gap, widths) <= 80
    assert widths[0] >= len("float32.tflite")
    assert widths[-1] == len("(memory)")


def test_a_figure_with_its_interval_stays_in_one_piece():
    _, widths = _layout([["why", "takes as long as one would think, and longer"], ["drop in points", "0.0 (−0.7 to 0.7)"]], 40)
    assert widths[1] == len("0.0 (−0.7 to 0.7)")


def test_where_there_is_no_room_rich_has_its_way():
    assert _layout(BENCH, 40) == (1, [None] * len(BENCH))


def test_a_terminal_that_lacks_a_character_shows_another(tmp_path):
    result = written(tmp_path / "r.jsonl", *(block("exported/a", process, [2_000_000 + process] * 40) for process in range(3)))
    command = [sys.executable, "-m", "edgekit", "report", str(result), "--format", "csv"]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode("latin-1")) == (0, "")
    assert b"2.00?2.00" in done.stdout


def test_a_script_gets_every_character_whatever_the_encoding(monkeypatch):
    said = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(said, encoding="cp1252"))
    print_json({"label": "ألف"})
    sys.stdout.flush()
    assert json.loads(said.getvalue()) == {"label": "ألف"}


def test_text_from_outside_is_shown_as_text(capsys):
    hostile = "a\x1b[31m\u202e[bold]b[/] :dog:\nerror: c"
    shown = r"a\x1b[31m\u202e[bold]b[/] :dog:\nerror: c"
    print_line(hostile)
    print_table(["name"], [[hostile]])
    print_error(hostile, hostile)
    Listener().say(hostile)
    out, err = capsys.readouterr()
    assert [line.strip() for line in out.splitlines()] == [shown, "name", shown]
    assert err.splitlines() == [f"error: {shown}", f"hint: {shown}", shown]


def test_a_long_error_is_a_line_that_can_be_read(capsys):
    print_error("a damaged file. " + "x" * 100_000 + " at its end")
    err = capsys.readouterr().err
    assert err.startswith("error: a damaged file. x")
    assert err.endswith("x at its end\n")
    assert len(err) < 1_100


def test_json_is_escaped_where_a_terminal_would_obey(capsys):
    value = {"label": "\x9b31m\u202e\udcff é 猫"}
    print_json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert not {"\x9b", "\u202e", "\udcff"} & set(out)
    assert "é 猫" in out
