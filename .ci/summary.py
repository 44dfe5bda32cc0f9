"""Say how many tests ran, and count and name every one that was skipped, with its reason."""

import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET


def main(report: Path) -> None:
    """Print the summary of a JUnit file that pytest wrote."""
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314  our own file
    reasons: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        skipped = case.find("skipped")
        if skipped is not None:
            reasons[skipped.get("message", "no reason given")].append(
                f"{case.get('classname')}::{case.get('name')}"
            )
    count = sum(map(len, reasons.values()))
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    passed = len(cases) - count - failed
    print(f"\n{passed} tests passed, {failed} failed, {count} skipped{':' if count else ''}")
    for reason, tests in sorted(reasons.items()):
        print(f"  {len(tests)} x {reason}")
        for test in tests:
            print(f"      {test}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
