"""Every format, read and judged by its own library, in an environment of its own below ``build/``."""

import functools
import http.server
import json
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from format_libraries import judge
from made_receipts import FILES, HOME, header, records_of_files

from validator.manifests.receipt import write_receipt
from validator.workflows.manifest_convert import convert_receipt

pytestmark = pytest.mark.full

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
NOTES = {"license": CC0, "contact": "me@lab.org"}


@pytest.fixture
def receipt(tmp_path):
    path = tmp_path / "receipt.jsonl"
    write_receipt(path, header(notes=NOTES), records_of_files(sha256=True))
    for key, content in FILES.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(content)
    return path


def test_quilt(format_python, receipt):
    folder = receipt.parent
    convert_receipt(receipt, "quilt", folder / "manifest.jsonl")
    said = judge(
        format_python,
        folder,
        "import json, quilt3\n"
        "from quilt3.packages import Package\n"
        "package = Package.load(open('manifest.jsonl', encoding='utf-8'))\n"
        "entries = {key: entry for key, entry in package.walk()}\n"
        "print(json.dumps({key: [e.physical_key.path, e.physical_key.version_id, e.size] for key, e in entries.items()}))\n"
        "local = Package()\n"
        f"local.set_dir('.', {str(folder / HOME)!r})\n"
        "local.build('lab/local', registry='file://' + __import__('os').getcwd() + '/registry')\n"
        f"hashes = {{{HOME!r} + '/' + key: entry.hash for key, entry in local.walk()}}\n"
        "assert hashes == {key: entry.hash for key, entry in entries.items()}, hashes\n"
        "print(len(package.top_hash))\n",
    )
    entries = json.loads(said.splitlines()[0])
    assert entries == {key: [key, f"v{n}", len(FILES[key])] for n, key in enumerate(sorted(FILES))}


def test_frictionless(format_python, receipt):
    convert_receipt(receipt, "frictionless", receipt.parent / "datapackage.json")
    judge(
        format_python,
        receipt.parent,
        "from frictionless import Package\n"
        "package = Package('datapackage.json')\n"
        "errors = list(Package.metadata_validate(package.to_descriptor()))\n"
        "assert errors == [], errors\n"
        "for resource in package.resources:\n"
        "    kind, _, value = resource.hash.partition(':')\n"
        "    data = open(resource.path, 'rb').read()\n"
        "    assert __import__('hashlib').new(kind, data).hexdigest() == value\n"
        "    assert (resource.bytes or 0) == len(data)\n"
        "assert len(package.resources) == 3\n",
    )


def test_ro_crate(format_python, receipt):
    convert_receipt(receipt, "ro-crate", receipt.parent / "ro-crate-metadata.json")
    said = judge(
        format_python,
        receipt.parent,
        "import json\n"
        "from rocrate.rocrate import ROCrate\n"
        "crate = ROCrate('.')\n"
        "print(json.dumps(sorted(entity['name'] for entity in crate.data_entities if entity.type == 'File')))\n"
        "root = crate.root_dataset\n"
        "assert root['license'] and root['datePublished'] and len(root['hasPart']) == 3\n",
    )
    assert json.loads(said.splitlines()[-1]) == sorted(FILES)


def test_croissant(format_python, receipt):
    convert_receipt(receipt, "croissant", receipt.parent / "croissant.json")
    said = judge(
        format_python,
        receipt.parent,
        "import json, mlcroissant\n"
        "metadata = mlcroissant.Dataset(jsonld='croissant.json').metadata\n"
        "assert metadata.issues.errors == set(), metadata.issues.errors\n"
        "print(json.dumps([[f.content_url, f.content_size, f.sha256] for f in metadata.distribution]))\n",
    )
    assert len(json.loads(said.splitlines()[-1])) == 3


class _Objects(http.server.SimpleHTTPRequestHandler):
    """Serves ``/staging/<key>`` from a folder, as a store does."""

    def translate_path(self, path):
        return str(Path(self.directory) / unquote(path).removeprefix("/staging/"))

    def log_message(self, *_):
        pass


def test_bagit_fetches_and_validates(format_python, receipt):
    folder = receipt.parent
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Objects, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        other = folder / "there.jsonl"
        endpoint = f"http://127.0.0.1:{server.server_port}"
        write_receipt(other, header(notes=NOTES, endpoint=endpoint), records_of_files(sha256=True))
        convert_receipt(other, "bagit", folder / "bag")
        judge(
            format_python,
            folder,
            "import bagit, os, urllib.request\n"
            "bag = bagit.Bag('bag')\n"
            "for url, size, name in bag.fetch_entries():\n"
            "    path = os.path.join('bag', name)\n"
            "    os.makedirs(os.path.dirname(path), exist_ok=True)\n"
            "    data = urllib.request.urlopen(url).read()\n"
            "    assert len(data) == int(size)\n"
            "    open(path, 'wb').write(data)\n"
            "bag = bagit.Bag('bag')\n"
            "bag.validate()\n"
            "assert bag.info['contact'] == 'me@lab.org'\n",
        )
    finally:
        server.shutdown()
        server.server_close()
