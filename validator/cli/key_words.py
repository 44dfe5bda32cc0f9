"""What is said while an upload waits for new keys."""

import math

from validator.reporters.escape import shown
from validator.reporters.numbers import duration
from validator.upload.key_wait import KeyNews, KeysAwaited


def key_news(news: KeyNews, *, beside_a_bar: bool) -> str:
    """Say that an upload stands still, and what ends that; or that it goes on.

    Parameters
    ----------
    news
        What happened.
    beside_a_bar
        Whether a bar of progress is in the line that the terminal shows last.
    """
    begin = "\n" if beside_a_bar else ""
    if not isinstance(news, KeysAwaited):
        return f"{begin}resumed  new AWS credentials are accepted, after {duration(news.seconds)}\n"
    where = (
        f"put new ones into {shown(' or '.join(news.files))}"
        if news.files
        else "log in again (aws sso login)"
    )
    end = (
        "Ctrl-C stops and loses nothing"
        if math.isinf(news.seconds)
        else f"it waits {duration(news.seconds)}, then it stops and loses nothing (--credential-wait)"
    )
    return f"{begin}paused   {shown(news.what)}\n         {where}: the upload goes on by itself; {end}\n"
