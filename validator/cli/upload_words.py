"""From what the uploader knows to what is said about it."""

from collections.abc import Iterable, Iterator
from itertools import islice

from validator.reporters.numbers import counted
from validator.reporters.upload_facts import Ending, FileProblem, PlanFacts, ReportFacts
from validator.reporters.upload_text import LISTED
from validator.upload.plan import Action, PlanItem
from validator.upload.sending import PRESENT, Outcome, State
from validator.upload.sweeping import Sweep
from validator.upload.tasks import Failure
from validator.workflows.admission import Admission
from validator.workflows.upload_result import Planned, UploadResult

REPLACE_HINT = "--replace 'GLOB' replaces the objects whose keys it names; without it they stay as they are"
ADVICE: dict[Failure | None, str] = {
    Failure.UNREADABLE: "see that you may read these files and that their disk is there, then run the same command again",
}
RUN_AGAIN = "run the same command again: it goes on where it stopped"


def report_facts(admission: Admission) -> ReportFacts:
    """Say which report decided."""
    return ReportFacts(
        admission.report.path, admission.held, admission.errors, admission.elsewhere, admission.warnings
    )


def plan_facts(planned: Planned) -> PlanFacts:
    """Put a plan into numbers."""
    return PlanFacts(
        files=len(planned.ledger),
        size=planned.ledger.files.size,
        send=planned.files(Action.SEND),
        send_size=planned.size(Action.SEND),
        resume=planned.files(Action.RESUME),
        resume_size=planned.size(Action.RESUME),
        resume_there=planned.bytes_there,
        unchanged=planned.files(Action.UNCHANGED),
        conflict=planned.files(Action.CONFLICT),
        conflicts=tuple(islice(_conflicts(planned), LISTED)),
        ignored=tuple((" ".join(entry.patterns), entry.files) for entry in planned.ignored),
        junk=planned.junk,
        fail=planned.failing,
        failed=_unsent(planned, fails=True),
        left=len(planned.unsent) - planned.failing,
        left_out=_unsent(planned, fails=False),
    )


def _conflicts(planned: Planned) -> Iterator[FileProblem]:
    for item in planned.items(Action.CONFLICT):
        if item.there is not None:
            yield FileProblem(
                item.entry.key,
                item.reason
                or f"other bytes lie there ({counted(item.there.size, 'byte')}, ETag {item.there.etag}, "
                f"of {item.there.modified:%Y-%m-%d %H:%M} UTC); here {_here(item)}",
                REPLACE_HINT,
            )


def _unsent(planned: Planned, *, fails: bool) -> tuple[FileProblem, ...]:
    things = (thing for thing in planned.unsent if thing.fails == fails)
    return tuple(
        FileProblem(thing.key, thing.reason, thing.mend if fails else "") for thing in islice(things, LISTED)
    )


def _here(item: PlanItem) -> str:
    size = counted(item.entry.size, "byte")
    return f"{size}, ETag {item.digest.etag}" if item.digest else size


def ending(result: UploadResult) -> Ending:
    """Put the end of an upload into words and numbers."""
    receipt, bucket = result.receipt, result.planned.destination.bucket if result.planned else ""
    states = result.states
    # Conflicts that the plan knew were told with the plan.
    conflicts = (o for o in result.outcomes(State.CONFLICT) if o.item.action is not Action.CONFLICT)
    planned_conflicts = result.planned.files(Action.CONFLICT) if result.planned else 0
    unsent = _unsent(result.planned, fails=True) if result.planned else ()
    failed = _problems(result.outcomes(State.FAILED), RUN_AGAIN)
    return Ending(
        files=(len(result.ledger) if result.ledger else 0) + result.failed - states[State.FAILED],
        verified=sum(states[state] for state in PRESENT),
        uploaded=states[State.UPLOADED],
        resumed=states[State.RESUMED],
        unchanged=states[State.UNCHANGED],
        bytes_sent=result.bytes_sent,
        bytes_copied=result.bytes_copied,
        by_checksum=result.by_checksum,
        seconds=result.seconds,
        conflict=states[State.CONFLICT] - planned_conflicts,
        conflicts=_problems(conflicts, REPLACE_HINT),
        fail=result.failed,
        failed=(*unsent, *failed)[:LISTED],
        left_behind=_left_behind(result.sweep),
        receipt=receipt.path if receipt else None,
        receipt_key=f"s3://{bucket}/{result.receipt_key}" if result.receipt_key else "",
        receipt_held=result.receipt_held,
        provenance=tuple(
            (f"s3://{bucket}/{written.key}", written.products, written.added, written.updated)
            for written in result.provenance
        ),
        receipts_of_batches=tuple(summary.path for summary in result.receipts_of_batches),
    )


def _problems(outcomes: Iterable[Outcome], mend: str) -> tuple[FileProblem, ...]:
    return tuple(
        FileProblem(outcome.item.entry.key, outcome.reason, outcome.mend or ADVICE.get(outcome.failure, mend))
        for outcome in islice(outcomes, LISTED)
    )


def _left_behind(sweep: Sweep | None) -> str:
    if sweep is None:
        return "unfinished uploads were not looked for"
    if not sweep.listed:
        return "nothing left behind as far as the journal knows (these credentials may not list uploads)"
    said = []
    if sweep.kept:
        said.append(f"{sweep.kept} unfinished, to be resumed")
    if sweep.foreign:
        said.append(f"{counted(sweep.foreign, 'unfinished upload')} of somebody else at these keys")
    return ", ".join(said) or "nothing left behind"
