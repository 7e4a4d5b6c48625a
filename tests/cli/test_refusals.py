"""What the parser refuses: in this project's words, with what was received and the nearest that there is."""

import pytest

from edgekit.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["train", "--augment", "lite"], "--augment has no such value. Received: lite", "did you mean light?"),
        (["bench", "--budget", "smok"], "--budget has no such value. Received: smok", "did you mean smoke?"),
        (["export", "--precision", "fp16"], "--precision has no such value. Received: fp16", "float16"),
        (["train", "--epochs", "many"], "--epochs takes a whole number. Received: many", "--help"),
        (["bench", "--rate", "fast"], "--rate takes a number. Received: fast", "--help"),
        (["bench", "--threads", "0"], "--threads takes 1 or more. Received: 0", "--help"),
        (["select", "--max-drop", "101"], "--max-drop takes 100 or less. Received: 101", "--help"),
        (["train", "--epoch", "3"], "--epoch", "--help"),
    ],
)
def test_a_refusal_names_what_was_received_and_what_there_is(capfd, arguments, message, hint):
    assert run(arguments) == 2
    error, hinted = capfd.readouterr().err.splitlines()
    assert message in error
    assert hint in hinted
    assert "Input should" not in error
