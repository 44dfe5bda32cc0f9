import json

from hypothesis import given
from hypothesis import strategies as st

from validator.upload.tasks import Answer, Do, Failure, Task

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # paths may hold lone surrogates
NUMBERS = st.integers(0, 2**63)


@given(
    st.builds(
        Task,
        id=NUMBERS,
        do=st.sampled_from(Do),
        key=ANY_TEXT,
        path=ANY_TEXT.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
        | st.just("/d/\udc80"),
        size=NUMBERS,
        mtime_ns=st.integers(-(2**63), 2**63),
        part_size=st.none() | NUMBERS,
        replaces=st.none() | st.text("0123456789abcdef-"),
        etags=st.lists(st.text("0123456789abcdef")).map(tuple),
        conditional=st.booleans(),
        recover=st.booleans(),
    ).filter(lambda task: not any("\ud800" <= c <= "\udfff" for c in task.key))
)
def test_a_task_comes_out_as_it_went_in(task):
    line = task.to_line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert Task.from_message(json.loads(line)) == task


@given(
    st.builds(
        Answer,
        id=st.integers(-1, 10**6),
        failure=st.none() | st.sampled_from(Failure),
        what=st.text(),
        mend=st.text(),
        values=st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.integers())),
    )
)
def test_an_answer_comes_out_as_it_went_in(answer):
    line = answer.to_line()
    assert line.count(b"\n") == 1
    assert Answer.from_line(line) == answer


def test_kinds_are_kinds_again():
    task = Task.from_message(json.loads(Task(1, Do.PART, "k").to_line()))
    assert task.do is Do.PART
    answer = Answer.from_line(Answer(1, Failure.GONE).to_line())
    assert answer.failure is Failure.GONE
    assert Answer.from_line(Answer(1).to_line()).failure is None
