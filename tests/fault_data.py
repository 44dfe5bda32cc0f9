"""What the tests of faults send: two files in parts among many small ones."""

from pathlib import Path

AMBIENCE = Path(__file__).parent / "faults" / "ambience"
"""In PYTHONPATH it changes what CPGATE_TEST_CLOCK and CPGATE_TEST_PATIENCE say."""
MIB = 1024 * 1024
PLATE = "workspace/backend/2024_03_05_Run1"
FIRST_BIG = f"{PLATE}/BR00123401/BR00123401.csv"
SECOND_BIG = f"{PLATE}/BR00123402/BR00123402.csv"
