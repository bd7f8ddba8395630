"""The launcher where it has set up before; what the tests need; how the files lie in git."""

import shutil
import statistics
import subprocess
import sys
import time

import pytest

from tests.launcher.machine import ROOT

# ---- later starts ----------------------------------------------------------------------------


def test_a_later_start_does_nothing_but_start(ready):
    for tool in list(ready.path.iterdir()):
        if tool.name not in ("bash", "env"):
            tool.unlink()
    run = ready.start("list")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("|list|")
    assert ready.log == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed(ready, name):
    with (ready.root / name).open("a") as file:
        file.write("# changed\n")
    assert ready.start().returncode == 0
    assert [line.split()[0] for line in ready.log] == ["pip", "pip"]
    ready.start()
    assert len(ready.log) == 2


def test_a_moved_checkout_is_installed_anew(ready):
    ready.root = ready.root.rename(ready.folder / "elsewhere")
    assert ready.start("list").stdout.endswith("|list|")
    assert f"--editable {ready.root}[" in ready.log[-1]


def test_a_venv_whose_python_is_gone_is_made_anew(ready):
    python = ready.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert ready.start("list").stdout.endswith("|list|")
    assert ready.log[0] == "venv"


def test_exit_code_and_folder_are_the_programs_and_the_callers(ready, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    run = ready.start("list", cwd=elsewhere, FAKE_EXIT="7")
    assert run.returncode == 7
    assert run.stdout == f"{elsewhere}|list|"


def test_it_works_through_symlinks(ready):
    absolute, relative = ready.folder / "absolute", ready.folder / "relative"
    absolute.symlink_to(ready.root / "clearhead")
    relative.symlink_to("absolute")
    assert ready.start("list", launcher=relative).stdout.endswith("|list|")
    assert ready.log == []


def test_a_later_start_costs_less_than_300_ms(ready):
    def seconds(command):
        begin = time.perf_counter()
        subprocess.run(command, env=ready.environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin

    program = str(ready.root / ".venv" / "bin" / "clearhead")
    own = statistics.median(seconds(ready.command()) - seconds([program]) for _ in range(7))
    assert own < 0.3


# ---- test and its extra packages -------------------------------------------------------------


def test_the_test_command_installs_what_only_tests_need(ready):
    ready.without("ffprobe", "chromium", "gifsicle", "firefox-esr")
    assert ready.start("list").returncode == 0
    assert ready.log == []
    assert ready.start("test", "fast").stdout.endswith("|test|fast|")
    assert "apt-get install -y --no-install-recommends ffmpeg chromium gifsicle noninteractive" in ready.log
    assert "apt-get install -y --no-install-recommends firefox-esr noninteractive" in ready.log


def test_another_firefox_will_do(ready):
    ready.without("firefox-esr")
    ready.says("firefox", "")
    ready.start("test", "fast")
    assert ready.log == []


def test_the_test_command_goes_on_where_it_may_not_install(ready):
    ready.without("chromium")
    ready.says("id", "1000")
    run = ready.start("test")
    assert "apt-get install -y chromium" in run.stderr
    assert run.stdout.endswith("|test|")


# ---- the files themselves ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["clearhead", "constraints.txt", "pyproject.toml", ".ci/run"])
def test_no_package_index_is_named(name):
    assert "://" not in (ROOT / name).read_text()


def test_continuous_integration_runs_the_launcher_without_stdin(ready):
    (ready.root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", ready.root / ".ci" / "run")
    ready.says("sleep", "")
    (ready.path / "dirname").symlink_to(shutil.which("dirname"))
    run = ready.start(launcher=ready.root / ".ci" / "run", FAKE_EXIT="0")
    assert run.stdout == f"{ready.root}|--version|{ready.root}|test|"
    assert ready.start(launcher=ready.root / ".ci" / "run", FAKE_EXIT="1").returncode == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="bash 3.2 prints other words")
@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_checkout_with_line_ends_of_windows_has_ours(tmp_path):
    """Git for Windows turns them, and WSL then finds no “bash\\r”."""
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    for name in ("clearhead", ".gitattributes"):
        shutil.copy(ROOT / name, tmp_path)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    (tmp_path / "clearhead").unlink()
    subprocess.run([*git, "checkout", "-q", "--", "clearhead"], check=True)
    assert (tmp_path / "clearhead").read_bytes() == (ROOT / "clearhead").read_bytes()


def test_bash_finds_no_fault():
    assert subprocess.run(["bash", "-n", str(ROOT / "clearhead")], capture_output=True, text=True).stderr == ""
