"""What the tests of faults send: two files in parts among many small ones."""

from pathlib import Path

AMBIENCE = Path(__file__).parent / "faults" / "ambience"
"""In PYTHONPATH it changes what CPGATE_TEST_CLOCK and CPGATE_TEST_PATIENCE say."""
MIB = 1024 * 1024
PLATES = "workspace/analysis/2024_03_05_Run1"
FIRST_BIG = f"{PLATES}/BR00123401/analysis/BR00123401-A01-1/outlines/A01_s1--cell_outlines.png"
SECOND_BIG = f"{PLATES}/BR00123402/analysis/BR00123402-A01-1/outlines/A01_s1--cell_outlines.png"
