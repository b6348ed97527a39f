"""Files on disk: whole or not at all, and under names that nobody else has."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from planner.plan.files import numbered, whole_file, write_whole

WRITERS = """
import sys
from pathlib import Path
from planner.plan.files import new_file, numbered
for number in range(25):
    with new_file(numbered(Path(sys.argv[1]), "dog", ".txt")) as (temporary, written):
        temporary.write_text(f"{sys.argv[2]} {number}")
    print(written[0].name)
"""


def test_names_are_numbered() -> None:
    assert [path.name for path in islice(numbered(Path("a"), "dog", ".png"), 3)] == [
        "dog.png",
        "dog-2.png",
        "dog-3.png",
    ]


@pytest.mark.parametrize("links", [True, False])
def test_four_processes_lose_nothing(tmp_path: Path, links: bool) -> None:
    patch = "" if links else "import os, errno\ndef no(*a, **k): raise OSError(errno.EPERM, 'no links')\nos.link = no\n"
    writers = [
        subprocess.Popen([sys.executable, "-c", patch + WRITERS, str(tmp_path), str(one)], stdout=subprocess.PIPE)
        for one in range(4)
    ]
    names = [line for writer in writers for line in writer.communicate()[0].decode().split()]
    assert len(set(names)) == len(names) == 100
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    texts = {path.read_text() for path in tmp_path.iterdir()}
    assert texts == {f"{one} {number}" for one in range(4) for number in range(25)}


def test_a_failed_write_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")

    def write_half() -> None:
        with whole_file(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_a_full_disk_is_told_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")

    def fill() -> None:
        with whole_file(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left") as caught:
        fill()
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    write_whole(link, "{ä}")
    assert link.is_symlink()
    assert (tmp_path / "there" / "real.json").read_bytes() == "{ä}".encode()


def test_new_files_have_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "ours", b"x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_missing_folder_is_told_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "gone" / "a.json", "{}")
    assert caught.value.filename == str(tmp_path / "gone" / "a.json")
