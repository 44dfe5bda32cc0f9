import json

from hypothesis import given
from hypothesis import strategies as st

from validator.upload.tasks import Answer, Do, Failure, Task, answers_line, answers_of, tasks_line, tasks_of

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # paths may hold lone surrogates
NUMBERS = st.integers(0, 2**63)


TASKS = st.lists(
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
    ).filter(lambda task: not any("\ud800" <= c <= "\udfff" for c in task.key)),
    max_size=3,
)
ANSWERS = st.lists(
    st.builds(
        Answer,
        id=st.integers(-1, 10**6),
        failure=st.none() | st.sampled_from(Failure),
        what=st.text(),
        mend=st.text(),
        values=st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.integers())),
    ),
    max_size=3,
)


@given(TASKS)
def test_tasks_come_out_as_they_went_in(tasks):
    line = tasks_line(tasks)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert tasks_of(json.loads(line)) == tasks


@given(ANSWERS)
def test_answers_come_out_as_they_went_in(answers):
    line = answers_line(answers)
    assert line.count(b"\n") == 1
    assert answers_of(line) == answers


def test_kinds_are_kinds_again():
    [task] = tasks_of(json.loads(tasks_line([Task(1, Do.PART, "k")])))
    assert task.do is Do.PART
    gone, fine = answers_of(answers_line([Answer(1, Failure.GONE), Answer(2)]))
    assert gone.failure is Failure.GONE
    assert fine.failure is None
