from validator.index.placed import PlacedFolder
from validator.models.listing import UNKNOWN_SIZE, Folder
from validator.models.place import Place


def test_a_size_that_the_source_does_not_tell_counts_nothing():
    folder = Folder("p/s/images/", "/data")
    folder.add("a.tiff", 100, 0)
    assert folder.size == 100
    folder.add("b.tiff", UNKNOWN_SIZE, 0)
    folder.add("c.tiff", 0, 0)
    assert folder.size == 100
    assert PlacedFolder.of(folder, Place("images")).size == 100
    assert Folder("p/s/", "/data").size == 0


def test_some_files_of_a_folder_in_another_order():
    folder = Folder("p/s/images/", "/data")
    for name, size in (("b.tiff", 2), ("a.tiff", 1), ("c.tiff", 3)):
        folder.add(name, size, size * 10, mark=size * 7)
    some = folder.only([2, 0])
    assert [some.entry(position) for position in range(2)] == [folder.entry(2), folder.entry(0)]
    assert folder.only([]).names == []
