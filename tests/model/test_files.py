"""Files are written whole or not at all."""

import json

import pytest

from model.files import replacing, write_json, write_text


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "a.txt"
    write_text(file, "old")
    with pytest.raises(KeyboardInterrupt), replacing(file) as partial:
        partial.write_text("half of the n")
        assert file.read_text() == "old" and partial.parent == tmp_path
        raise KeyboardInterrupt
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]
    write_text(file, "new ✓")
    assert file.read_text(encoding="utf-8") == "new ✓" and list(tmp_path.iterdir()) == [file]


def test_two_files_of_one_stem_do_not_meet(tmp_path):
    with replacing(tmp_path / "a.json") as one, replacing(tmp_path / "a.txt") as other:
        one.write_text("1")
        other.write_text("2")
    assert (tmp_path / "a.json").read_text() == "1" and (tmp_path / "a.txt").read_text() == "2"


def test_json_in_a_folder_that_is_not_there_yet(tmp_path):
    file = tmp_path / "new" / "folder" / "a.json"
    write_json(file, {"loss": [1.5], "word": "“é”"})
    assert json.loads(file.read_text(encoding="utf-8")) == {"loss": [1.5], "word": "“é”"}
    with pytest.raises(TypeError):
        write_json(file, {"not JSON": object()})
    assert json.loads(file.read_text(encoding="utf-8"))["loss"] == [1.5]


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        write_text(tmp_path / "file" / "a.txt", "")
