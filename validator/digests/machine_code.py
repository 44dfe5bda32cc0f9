"""Machine code as LLVM makes it: for which processor, and how it gets into memory."""

import llvmlite.binding as llvm


def target_machine() -> llvm.TargetMachine:
    """Return this machine, with all that its processor can do.

    Raises
    ------
    RuntimeError
        If LLVM does not know it.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = processor()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=features, opt=3, jit=True
    )


def processor() -> tuple[str, str]:
    """What LLVM calls this processor, and what it can do."""
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def translator() -> str:
    """Which LLVM this is."""
    return ".".join(map(str, llvm.llvm_version_info))


def load_machine_code(code: bytes, name: str) -> tuple[llvm.ExecutionEngine, int]:
    """Load an object file.

    Parameters
    ----------
    code
        An object file that LLVM made: of other bytes it does not always notice that they are none.
    name
        Of a function in it.

    Returns
    -------
    tuple
        What owns the machine code, and the address of the function, 0 if there is none.

    Raises
    ------
    RuntimeError
        If it is no object file, or LLVM does not know this machine.
    """
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, engine.get_function_address(name)
