"""SQLite databases are known by a few of their pages."""

import io
import random
import sqlite3
from contextlib import closing

import pytest

from validator.errors import UnreadableFile
from validator.readers.database import read_database


def made(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
        return database.serialize()


def facts(data: bytes):
    return read_database(io.BytesIO(data), len(data))


def test_tables_and_whether_they_have_rows():
    columns = ", ".join(f"Cells_AreaShape_Feature_{number} real" for number in range(1_500))
    data = made(
        f"create table Cells ({columns})",  # its statement is longer than a page
        "create table Image (ImageNumber integer primary key)",
        "insert into Cells (Cells_AreaShape_Feature_0) values (0.5)",
        "create index by_number on Cells (Cells_AreaShape_Feature_0)",
        "create view Everything as select * from Image",
    )
    assert facts(data).tables == {"Cells": True, "Image": False}


def test_list_of_tables_over_many_pages():
    data = made(*(f"create table T{number} (a text)" for number in range(300)))
    assert facts(data).tables == {f"T{number}": False for number in range(300)}


@pytest.mark.parametrize("size", [512, 1024, 65_536])
def test_other_page_sizes(size):
    data = made(f"pragma page_size = {size}", "create table Image (a)", "insert into Image values (1)")
    assert facts(data).tables == {"Image": True}


def test_text_in_utf_16():
    data = made('pragma encoding = "UTF-16"', "create table Zellkörper (a)")
    assert facts(data).tables == {"Zellkörper": False}


def test_what_is_missing_is_counted():
    data = made("create table Image (a)", *["insert into Image values (randomblob(4000))"] * 10)
    assert facts(data[:-5_000]).missing == 5_000


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"<html>", "web page"),
        (b"SQLite format 3\0" + bytes(20), "cut off"),
        (b"SQLite format 3\0" + bytes(500), "damaged"),
        (b"nothing known", "not an SQLite database"),
    ],
)
def test_what_is_none(data, says):
    with pytest.raises(UnreadableFile) as caught:
        facts(data)
    assert says in caught.value.what


def test_no_damage_is_more_than_an_unreadable_file():
    whole = made(*(f"create table T{number} (a text)" for number in range(100)))
    chance = random.Random(7)
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(16, 9_000)] = chance.randrange(256)
        try:
            facts(bytes(damaged))
        except UnreadableFile as error:
            assert error.mend  # noqa: PT017  either outcome is right
