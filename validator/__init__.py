"""cpgate: the gate of the Cell Painting Gallery.

Check a contribution of cell images, upload it so that nothing is lost, and keep a receipt that anyone can
verify. Every command is also a Python call::

    from validator.workflows.check import check
    from validator.workflows.upload import upload
    from validator.workflows.verify import verify_local, verify_remote
"""

__version__ = "0.1.0"
