"""The entry point: one place that turns errors into a line, a hint and an exit status."""

from __future__ import annotations

import gc
import io
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import edgekit
from edgekit.cli import bench, compare, data, doctor, export, networks, predict, report, select, train, verify
from edgekit.cli.interrupts import hear_signals, ignore_signals
from edgekit.cli.memory import HINT, check_room, is_out_of_memory
from edgekit.cli.native import native_noise_hidden
from edgekit.cli.options import EXPORTED, RESULTS, RUNS
from edgekit.cli.output import print_error, print_line, print_text
from edgekit.cli.refusals import refusal
from edgekit.cli.streams import open_closed_streams, stop_output
from edgekit.errors import EdgekitError, ExitStatus
from edgekit.store.scratch import scratch, sweep_below

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where commands write by default, and how many levels down: a run has its checkpoints below it, a bundle its golden images.
_PLACES = {RUNS: 2, EXPORTED: 2, RESULTS: 0}

app = typer.Typer(
    name="edgekit",
    help="From a folder of photographs to a verified image classifier in a device app, with a latency to be trusted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, module in {
    "networks": networks,
    "train": train,
    "export": export,
    "verify": verify,
    "bench": bench,
    "compare": compare,
    "report": report,
    "select": select,
    "predict": predict,
    "doctor": doctor,
}.items():
    app.command(name)(module.command)
app.add_typer(data.app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"edgekit {edgekit.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and what native libraries log.")] = False,
) -> None:
    """From a folder of photographs to a verified image classifier in a device app, with a latency to be trusted.

    Example: edgekit train photos --recipe quick, then edgekit export, edgekit bench, edgekit report
    """
    del version, debug
    check_room()
    for folder, levels in _PLACES.items():
        sweep_below(folder, levels)


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a dash or a multiplication sign shows "?"
    hear_signals()
    status = run(sys.argv[1:])
    ignore_signals()
    if "tensorflow" in sys.modules:
        gc.freeze()  # its objects need not be looked through as Python ends, which takes more than a second; every file is closed by now
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    if "--debug" in arguments:
        return _run(["--debug", *(argument for argument in arguments if argument != "--debug")], debug=True)
    with native_noise_hidden():
        return _run(list(arguments), debug=False)


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        with scratch():
            status: Any = app(args=arguments, standalone_mode=False, prog_name="edgekit", obj=tuple(arguments))
        sys.stdout.flush()
        if status == ExitStatus.INTERRUPTED:
            raise KeyboardInterrupt
        return int(status or 0)
    except EdgekitError as error:
        _trace(debug)
        print_error(error.message, error.hint)
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        print_error(
            "interrupted: nothing half written is left",
            "what was finished is kept; --resume goes on with a measurement, or a training",
        )
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        stop_output()
        return ExitStatus.FAILED
    except Exception as error:
        _trace(debug)
        return _refused(error)


def _refused(error: Exception) -> int:
    """Tell an error that is none of edgekit's own, and return the exit status."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print_text(f"{error}\n")
        return ExitStatus.USAGE
    # The command line parser's own errors carry their text and status.
    if hasattr(error, "format_message"):
        print_error(*refusal(error))
        return int(getattr(error, "exit_code", ExitStatus.USAGE))
    if is_out_of_memory(error):
        print_error(f"there is too little memory for that ({type(error).__name__})", HINT)
        return ExitStatus.FAILED
    if isinstance(error, OSError):
        stop_output()
        print_error(f"the operating system refused: {error}", "check the path, its rights and the free space")
        return ExitStatus.FAILED
    print_error(f"a defect in edgekit: {type(error).__name__}: {error}", "please report it with the output of the same command with --debug")
    return ExitStatus.DEFECT


def _trace(debug: bool) -> None:
    if debug:
        traceback.print_exc()
