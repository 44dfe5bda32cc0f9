import io
import re
import threading
import time

from validator.models.progress import SilentProgress
from validator.reporters.progress import BarProgress, make_progress
from validator.reporters.progress_lines import LineProgress, LineStep


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_in_a_pipe_there_is_nothing_or_a_line_for_each_finished_step():
    stream = io.StringIO()
    with make_progress(stream).step("listing") as step:
        step.advance(1234)
    assert stream.getvalue() == ""
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


def test_a_long_step_in_a_log_says_how_far_it_is():
    now = 0.0
    step = LineStep("uploading", 210_400_000_000, "B", lambda: now)
    step.note("51,200 of 84,122 files")
    step.advance(100_000_000_000)
    now = 60.0
    step.line()
    step.advance(28_400_000_000)
    now = 120.0
    assert step.line() == (
        "uploading: 61% · 128.4 GB of 210.4 GB · 51,200 of 84,122 files · 473.3 MB/s · 2 min 53 s left"
    )
    now = 180.0
    assert step.line().endswith("nothing moved in 1 min 0 s")
    assert step.last_line() == "uploading: 128.4 GB in 3 min 0 s"


def test_lines_come_while_a_step_lasts_and_not_from_quick_ones():
    stream = io.StringIO()
    progress = LineProgress(stream, every_step=False, seconds=0.02)
    with LineProgress(stream, every_step=False).step("quick"):
        pass
    assert stream.getvalue() == ""
    with progress.step("checking", total=10) as step:
        step.advance(5)
        until = time.monotonic() + 20
        while stream.getvalue().count("\n") < 2:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert stream.getvalue().startswith("checking: 50% · 5 of 10 files")
    assert re.search(r"checking: 5 files in [\d.]+ s\n$", stream.getvalue())


def test_large_files_have_bars_of_their_own(monkeypatch):
    monkeypatch.setattr("validator.reporters.progress._SHOW_AFTER", 0)
    stream = Terminal()
    with BarProgress(stream).step("uploading", total=10_000_000_000, unit="B") as step:
        for number in range(6):  # more than there is room for
            step.large(f"a/plate{number}.sqlite", 1_000_000_000, 2_000_000_000)
        step.large("a/plate0.sqlite", 2_000_000_000, 2_000_000_000)
        step.large("a/plate5.sqlite", 1_500_000_000, 2_000_000_000)
    shown = stream.getvalue()
    assert "plate0.sqlite  50%" in shown
    assert "plate4.sqlite" not in shown
    assert "plate5.sqlite  75%" in shown, "a row that became free is used again"
