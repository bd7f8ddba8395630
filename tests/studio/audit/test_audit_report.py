"""What an audit reports, of one run and of many; the command."""

import json
import pickle

import pytest
from manim import FadeIn, Rectangle, Square

from model import generate, run
from scenes.kit.charts.cumulative import CumulativeBar
from scenes.kit.ground.text import Label
from scenes.lesson import Options
from studio.audit import as_json, audit, audit_lesson, cases, command, show
from studio.audit.numbers import sources
from studio.audit.screen import fingerprint
from studio.cli.main import main
from tests.studio.audit.planted import BAD, Clean, Entry, Planted, Shipped, bad, found, shows


def test_a_finding_says_where_it_is():
    (finding,) = audit_lesson(BAD, Options(theme="day", aspect="1:1", text="The dog ran")).findings
    case, moment, defect = finding.case, finding.moment, finding.defect
    assert case.to_dict() == dict(lesson="planted", text="The dog ran", model="tiny", aspect="1:1", theme="day")
    assert finding.room == "provenance" and moment.step == "Only" and moment.play >= 1
    assert defect.where == pytest.approx((-2, 1), abs=0.1) and defect.shown == "0.42"


def test_a_defect_that_stays_is_found_once():
    def put(lesson):
        bad(lesson)
        for _ in range(3):
            lesson.play(FadeIn(Square(0.3, color="#FFFFFF")), run_time=0.2)

    assert len(found(put)) == 1


def test_a_text_that_the_lesson_cannot_show_is_skipped():
    report = audit_lesson(Entry(Planted), Options(text="word"))
    assert "2 to 24 tokens" in report.skipped and not report.findings and not report.plays


def test_cases_are_every_combination():
    todo = cases(
        [Entry(Planted), Entry(Clean, id="clean")], [None, "The dog ran"], ["16:9", "1:1"], ["night", "day"], [None]
    )
    assert len(todo) == len({(c.entry.id, c.options) for c in todo}) == 16
    assert {c.options.text for c in todo} == {"The cat sat on the mat", "The dog ran"}


def test_json_and_table(capsys):
    reports = audit(cases([BAD], [None], ["16:9"], ["night", "day"], [None]))
    about = json.loads(as_json(reports))
    assert about["runs"] == 2 and about["findings"] == 2 and about["numbers"] > 0
    assert (
        about["reports"][0]["findings"][0]["room"] == "provenance" and about["reports"][1]["options"]["theme"] == "day"
    )
    show(reports)
    text = capsys.readouterr().out
    assert "“0.42” in “0.42” has no source" in text and "2 findings: 2 × provenance: no source" in text


def test_the_command_says_with_its_exit_code_whether_something_was_found(tmp_path, capsys):
    file = tmp_path / "deep" / "audit.json"
    assert command([BAD], json_file=file, workers=1) == 1
    assert json.loads(file.read_text())["findings"] == 1
    assert command([Entry(Planted)], workers=1) == 0
    assert "no findings" in capsys.readouterr().out


@pytest.mark.slow
def test_several_processes_find_the_same():
    todo = cases([BAD, Entry(Planted)], [None], ["16:9", "1:1"], ["night"], [None])
    todo = [type(c)(Shipped(c.entry.id, bad=c.entry is BAD), c.options) for c in todo]
    alone, together = audit(todo), audit(todo, workers=2)
    assert [r.findings for r in alone] == [r.findings for r in together]
    assert sum(len(r.findings) for r in alone) == 2


def test_where_no_queues_can_be_made_one_process_does_it_all(monkeypatch):
    """As in containers without /dev/shm."""

    def refuse(*_, **__):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("multiprocessing.context.BaseContext.Lock", refuse)
    todo = cases([BAD], [None], ["16:9", "1:1"], ["night"], [None])
    assert [len(report.findings) for report in audit(todo, workers=2)] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["audit", "attentoin"], "did you mean “attention”?"),
        (["audit", "attention", "--theme", "dusk"], "dusk"),
        (["audit", "attention", "--model", "nothing"], "nothing"),
        (["audit", "attention", "--text", "one"], "2 to 24 tokens"),
        (["audit", "attention", "--aspect", "4:3"], "16:9"),
    ],
)
def test_wrong_requests(arguments, says, capsys):
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert says in printed.err and printed.err.count("\n") == 1 and printed.out == ""


class Halves(Planted):
    """A third of the stage is filled, all of it, half of it twice over, and only by something put aside."""

    def construct(self):
        left, middle, right = self.stage.columns(1, 1, 1, gap=0)
        with self.step("A third", "One."):
            self.play(FadeIn(block(left)), run_time=0.3)
        with self.step("All", "Two."):
            self.play(FadeIn(block(middle), block(right)), run_time=0.3)
        upper, _ = self.stage.rows(1, 1, gap=0)
        with self.step("A half", "Three.", keep=()):
            self.play(FadeIn(block(upper), block(upper)), run_time=0.3)
        with self.step("Nothing", "Four.", keep=()):
            self.play(FadeIn(Label("aside").move_to(self.stage.center).set_opacity(0.2)), run_time=0.3)


def block(box):
    return Rectangle(width=box.width, height=box.height, fill_opacity=1, stroke_width=0).move_to(box.center)


@pytest.mark.parametrize("aspect", ["16:9", "9:16"])
def test_how_full_the_stage_is(aspect, capsys):
    report = audit_lesson(Entry(Halves), Options(aspect=aspect))
    told = [(fill["step"], fill["fills"]) for fill in report.to_dict()["fills"]]
    assert told == [("A third", 0.333), ("All", 1.0), ("A half", 0.5), ("Nothing", 0.0)]
    show([report])
    assert "planted: stage filled 0–100 %, least in “Nothing”" in capsys.readouterr().out


def test_a_stage_that_is_not_full_is_no_finding():
    assert not found(shows(lambda lesson: Label("one word").move_to(lesson.stage.center)))


def test_what_is_remembered_of_a_mobject_is_not_the_run_that_it_shows():
    """It is kept for every play, and a run of a large model is half a gigabyte."""
    turn = next(generate("tiny", "The cat sat", 1, seed=0))
    line = CumulativeBar(turn, turn.trace.vocabulary, width=12)
    whole = sum(values.nbytes for values in turn.trace.arrays.values())
    assert len(pickle.dumps(fingerprint(line))) < whole / 20


def test_large_tables_that_only_a_claim_asked_for_are_let_go_of(monkeypatch):
    monkeypatch.setattr(sources, "LARGE", 1000)
    trace = run("tiny", "The cat sat")
    known = sources.Sources([trace])
    small, large = trace["probs"][-1, :1000], trace["W_E"]
    for tensor in (small, large):
        known.again(tensor)
    known.forget([small, large])
    assert [tensor for tensor, _ in known.known.values()] == [small] and len(known.memo) == 1
    assert known.recorded == {trace.run_id: {"probs", "W_E"}}, "its run is checked all the same"
