"""`clearhead translate`, and what an encoder–decoder records."""

from studio.cli import main


def test_a_sentence_is_translated(capsys):
    assert main.main(["translate", "the animal did not cross the street because it was too wide ."]) == 0
    assert capsys.readouterr().out == "L'animal n'a pas traversé la rue parce qu'elle était trop large.\n"


def test_what_cannot_be_translated_is_said_in_a_line(capsys):
    for words, told in (
        (["the anmal sleeps"], "“anmal” (nearest: animal"),
        (["the cat", "-m", "tiny"], "does not translate"),
    ):
        assert main.main(["translate", *words]) == 2
        out, error = capsys.readouterr()
        assert not out and told in error and error.count("\n") == 1


def test_a_trace_of_both_stacks(capsys):
    assert main.main(["trace", "", "-m", "translator", "--source", "the cat sleeps"]) == 0
    out, error = capsys.readouterr()
    assert "encoder.blocks.1.attn.pattern" in out and "decoder.blocks.1.cross_attn.pattern" in out
    assert "of 1 token: <start>" in error
    assert main.main(["trace", "the cat", "-m", "translator"]) == 2
    assert "its encoder reads" in capsys.readouterr().err
