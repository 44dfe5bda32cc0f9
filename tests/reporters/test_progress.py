import io
import re
import threading

from validator.models.progress import SilentProgress
from validator.reporters.progress import BarProgress, LineProgress, make_progress


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_in_a_pipe_there_is_nothing_or_a_line_for_each_finished_step():
    assert isinstance(make_progress(io.StringIO()), SilentProgress)
    stream = io.StringIO()
    with make_progress(stream, verbose=True).step("listing") as step:
        step.advance(1234)
        assert stream.getvalue() == ""
    assert re.fullmatch(r"listing: 1,234 files in \d\.\d\d s\n", stream.getvalue())


def test_bytes_are_said_in_decimal_units():
    stream = io.StringIO()
    with LineProgress(stream).step("sending", total=2_000_000, unit="B") as step:
        step.advance(2_000_000)
    assert stream.getvalue().startswith("sending: 2.0 MB in ")


def test_quiet_shows_nothing_even_on_a_terminal():
    assert isinstance(make_progress(Terminal(), quiet=True, verbose=True), SilentProgress)


def test_a_bar_shows_numbers_and_disappears(monkeypatch):
    monkeypatch.setattr("validator.reporters.progress._SHOW_AFTER", 0)
    stream = Terminal()
    with BarProgress(stream).step("checking \x1b]0;images\x07", total=2000) as step:
        step.note("plate BR01 \x1b[2J")
        step.advance(1000)
        with_bar = stream
        step.advance(1000)
    shown = with_bar.getvalue()
    assert "of 2,000 files" in shown
    assert "\x1b]" not in shown
    assert shown.rstrip(" ").endswith("\r"), "the line is left empty"


def test_a_step_may_be_advanced_by_many_threads():
    stream = io.StringIO()
    with LineProgress(stream).step("x") as step:
        threads = [threading.Thread(target=lambda: [step.advance() for _ in range(1000)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert stream.getvalue().startswith("x: 8,000 files")
