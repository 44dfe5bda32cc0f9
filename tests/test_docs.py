"""The site: every rule has its page, nothing is fetched from elsewhere, what pages say about commands is true."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from validator.checks.registry import all_rules
from validator.cli.main import cli

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=True,
        capture_output=True,
    )
    return folder


class Fetched(HTMLParser):
    """Collects what a browser would fetch from elsewhere by itself."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        address = {"link": values.get("href"), "a": None}.get(tag, values.get("src"))
        if address and re.match(r"(https?:)?//", address) and values.get("rel") != "canonical":
            self.addresses.append(address)


def test_every_rule_has_its_page(site):
    for rule in all_rules().values():
        page = (site / f"rules/{rule.id}.html").read_text()
        assert rule.slug in page
        assert f"rules/{rule.id}.html" in (site / "index.html").read_text()


def test_the_layout_has_its_page(site):
    page = (site / "layout.html").read_text()
    assert 'href="layout.html"' in (site / "index.html").read_text()
    assert "images.pooled_barcoding" in page
    assert 'id="versions"' in page


def test_nothing_is_fetched_from_elsewhere(site):
    for page in site.rglob("*.html"):
        reader = Fetched()
        reader.feed(page.read_text())
        assert reader.addresses == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import", style.read_text()), style


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_on_pages_have_options_that_exist(page):
    for line in commands_of(page.read_text()):
        words = line.split()
        if len(words) < 2 or words[1] not in cli.list_commands(None):
            continue
        group = cli.get_command(None, words[1])
        below = [word for word in words[2:3] if isinstance(group, click.Group) and word in group.commands]
        help_text = CliRunner().invoke(cli, [words[1], *below, "--help"]).output
        for option in re.findall(r"(?<=\s)(--?[a-z][a-z0-9-]*)", line):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", help_text), f"{option} in: {line}"


def commands_of(text):
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    lines = blocks.splitlines() + re.findall(r"`(cpgate [^`]*)`", text)
    return [line.split("#")[0].strip() for line in lines if line.strip().startswith("cpgate ")]


def test_commands_are_found_on_pages():
    found = [line for page in PAGES for line in commands_of(page.read_text())]
    assert len(found) > 10
    unknown = {line.split()[1] for line in found if line.split()[1:]} - set(cli.list_commands(None))
    assert {word for word in unknown if not word.startswith("-")} == set()


def test_rules_named_on_pages_exist():
    slugs = {rule.slug for rule in all_rules().values()} | set(all_rules())
    for page in PAGES:
        named = re.findall(r"cpgate explain ([a-zA-Z0-9-]+)", page.read_text())
        assert set(named) <= slugs, page.name


@pytest.mark.full
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("size", ["1280,900", "390,844"])
def test_pages_are_drawn_by_a_browser(site, tmp_path, size):
    for page in ("index.html", "quickstart.html", "rules/index.html"):
        picture = tmp_path / f"{Path(page).stem}.png"
        drawn = subprocess.run(
            [CHROMIUM, *CHROMIUM_FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}",
             f"--screenshot={picture}", "--enable-logging=stderr", f"file://{site / page}"],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert picture.stat().st_size > 20_000
        assert "CONSOLE" not in drawn.stderr
