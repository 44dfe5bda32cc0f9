"""What a file is by its first bytes, whatever its name says."""

HEAD_SIZE = 512
"""So many bytes from the beginning of a file are enough for `foreign_format`."""

GZIP = b"\x1f\x8b"

# The file formats' own specifications; a Git LFS pointer begins like this by git-lfs/docs/spec.md.
_MAGIC = (
    (b"version https://git-lfs.github.com/", "a Git LFS pointer (git left the real file on its server)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"II+\x00", "a TIFF image"),
    (b"MM\x00+", "a TIFF image"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    (GZIP, "a gzip file"),
)
# Two letters are a weak sign: a table may well begin with them (BMI, BZh1).
_WEAK = frozenset({b"BM", b"BZh"})


def foreign_format(head: bytes) -> str:
    """Say what a file is that is not what its name promises.

    Parameters
    ----------
    head
        Its first bytes, `HEAD_SIZE` are enough.

    Returns
    -------
    str
        Words with an article (``a PNG image``), or empty when nothing is recognised.
    """
    for magic, words in _MAGIC:
        if head.startswith(magic) and (magic not in _WEAK or b"\x00" in head):
            return words
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML), often what a failed download leaves"
    if start.startswith((b"<?xml", b"<error>")):
        return "an XML document" + (", the error answer of a server" if b"<error" in start else "")
    if head and not head.strip(b"\x00"):
        return "a run of zero bytes, as a failed copy to a network disk leaves"
    return ""
