"""MD5 of sixteen strands of bytes at once: each step of RFC 1321 is one instruction (or a few) on vectors of sixteen words.

A single MD5 cannot use more than a fraction of a core, because each of its steps waits for the one before; sixteen that have
nothing to do with each other can. The steps are written down for LLVM, which translates them for the processor of this machine
in a tenth of a second, whatever the width of its registers.
"""

import math
from collections.abc import Callable, Sequence

import llvmlite.binding as llvm
from llvmlite import ir

from validator.digests.machine_code import target_machine
from validator.digests.strands import BLOCK, STRANDS

WORD = ir.IntType(32)
VECTOR = ir.VectorType(WORD, STRANDS)
COUNT = ir.IntType(64)
ADDRESS = ir.IntType(8).as_pointer()
SINES = [int(abs(math.sin(step + 1)) * 2**32) for step in range(64)]
TURNS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
WORD_OF_STEP: Sequence[Callable[[int], int]] = (
    lambda step: step,
    lambda step: (5 * step + 1) % 16,
    lambda step: (3 * step + 5) % 16,
    lambda step: (7 * step) % 16,
)
NAME = "advance"
"""The function in the machine code."""


def translate() -> bytes:
    """Translate the kernel for this processor.

    Returns
    -------
    bytes
        An object file with a C function ``advance(sources, first, count, state)``: takes ``count`` (at least one) blocks from
        number ``first`` on of each strand. ``sources`` is an array of sixteen addresses of bytes, ``state`` one of 64 words: A
        of each strand, then B, C and D.

    Raises
    ------
    RuntimeError
        If LLVM does not know this machine.
    """
    module = llvm.parse_assembly(str(_module()))
    module.verify()
    code: bytes = target_machine().emit_object(module)
    return code


def _module() -> ir.Module:
    module = ir.Module(NAME)
    kind = ir.FunctionType(ir.VoidType(), [ADDRESS.as_pointer(), COUNT, COUNT, VECTOR.as_pointer()])
    function = ir.Function(module, kind, NAME)
    turn = ir.Function(module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fshl.v{STRANDS}i32")
    sources, first, count, state = function.args
    entry, loop, end = (function.append_basic_block(name) for name in ("entry", "loop", "end"))

    begin = ir.IRBuilder(entry)
    strands = [begin.load(begin.gep(sources, [COUNT(number)])) for number in range(STRANDS)]
    places = [begin.gep(state, [COUNT(number)]) for number in range(4)]
    before = [_load(begin, place) for place in places]
    after_last = begin.add(first, count)
    begin.branch(loop)

    build = ir.IRBuilder(loop)
    block = build.phi(COUNT)
    block.add_incoming(first, entry)
    abcd = [build.phi(VECTOR) for _ in range(4)]
    for value, incoming in zip(abcd, before, strict=True):
        value.add_incoming(incoming, entry)
    changed = _steps(build, turn, abcd, _words(build, strands, build.mul(block, COUNT(BLOCK))))
    after = [build.add(old, new) for old, new in zip(abcd, changed, strict=True)]
    for value, incoming in zip(abcd, after, strict=True):
        value.add_incoming(incoming, loop)
    following = build.add(block, COUNT(1))
    block.add_incoming(following, loop)
    build.cbranch(build.icmp_unsigned("<", following, after_last), loop, end)

    finish = ir.IRBuilder(end)
    for place, value in zip(places, after, strict=True):
        finish.store(value, place).align = 4
    finish.ret_void()
    return module


def _load(build: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """A vector from anywhere in memory."""
    value = build.load(place)
    value.align = 1
    return value


def _words(build: ir.IRBuilder, strands: Sequence[ir.Value], offset: ir.Value) -> list[ir.Value]:
    """The sixteen words of a block, each as a vector over the strands: a matrix that is turned over by four shuffles."""
    rows = [
        _load(build, build.bitcast(build.gep(strand, [offset]), VECTOR.as_pointer())) for strand in strands
    ]
    half = STRANDS // 2
    lower = _constant([place for number in range(half) for place in (number, number + STRANDS)])
    upper = _constant([place for number in range(half, STRANDS) for place in (number, number + STRANDS)])
    for _ in range(4):
        pairs = [(rows[number], rows[number + half]) for number in range(half)]
        rows = [build.shuffle_vector(*pair, places) for pair in pairs for places in (lower, upper)]
    return rows


def _steps(
    build: ir.IRBuilder, turn: ir.Function, abcd: Sequence[ir.Value], words: Sequence[ir.Value]
) -> tuple[ir.Value, ...]:
    """The 64 steps of RFC 1321, section 3.4."""
    a, b, c, d = abcd
    for step, sine in enumerate(SINES):
        turns = TURNS[step // 16]
        word = words[WORD_OF_STEP[step // 16](step)]
        mixed = build.add(
            build.add(a, build.add(word, _constant([sine] * STRANDS))), _mixed(build, step // 16, b, c, d)
        )
        turned = build.call(turn, [mixed, mixed, _constant([turns[step % 4]] * STRANDS)])
        a, b, c, d = d, build.add(b, turned), b, c
    return a, b, c, d


def _mixed(build: ir.IRBuilder, number: int, b: ir.Value, c: ir.Value, d: ir.Value) -> ir.Value:
    """F, G, H or I."""
    match number:
        case 0:
            return build.xor(d, build.and_(b, build.xor(c, d)))
        case 1:
            return build.xor(c, build.and_(d, build.xor(b, c)))
        case 2:
            return build.xor(build.xor(b, c), d)
        case _:
            return build.xor(c, build.or_(b, build.not_(d)))


def _constant(values: Sequence[int]) -> ir.Constant:
    return ir.Constant(VECTOR, list(values))
