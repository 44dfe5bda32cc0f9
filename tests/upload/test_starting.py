"""Workers that are started before they are needed."""

from validator.upload.starting import WorkersAhead, process_count


def test_those_that_nobody_takes_are_ended(tmp_path):
    with WorkersAhead(tmp_path, 1) as ahead:
        ahead.start()
        ahead.start()
        [handle] = ahead._handles
        assert handle.poll() is None
    assert handle.returncode is not None
    assert (tmp_path / "w001.log").read_text() == ""


def test_those_that_are_taken_live_on_and_end_with_their_input(tmp_path):
    with WorkersAhead(tmp_path, 8) as ahead:
        ahead.start()
        handles = ahead.take()
    assert len(handles) == process_count(8)
    for handle in handles:
        assert handle.poll() is None
        handle.stdin.close()
        assert handle.wait(30) == 0
        assert handle.stdout.read() == b""
        handle.stdout.close()


def test_nobody_is_started_who_was_not_asked_for(tmp_path):
    with WorkersAhead(tmp_path, None) as ahead:
        assert ahead.take() == []
    assert not list(tmp_path.iterdir())
